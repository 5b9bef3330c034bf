//! A server that answers from a list, remembers what it was asked, and can break
//! off, be silent or wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_read::{Answer, Budget, Call, Client, ClientSettings, ReadError};
use aws_types::SdkConfig;
use aws_types::region::Region;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What the server saw of a request.
#[derive(Debug, Clone)]
pub struct Seen {
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Region and service of the signature: `eu-west-1/ec2`.
    pub fn scope(&self) -> String {
        let scope = self.header("authorization").split(['=', ',']).nth(1).unwrap_or_default();
        let parts: Vec<_> = scope.split('/').collect();
        parts.get(2..4).map(|parts| parts.join("/")).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    },
    /// Half an answer, then the end of the connection.
    Broken,
    Silent,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::new(200, body)
    }

    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.into()));
                Self::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

#[derive(Clone)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Each answer takes a permit before it is sent.
    gate: Arc<Semaphore>,
}

pub struct Server {
    pub client: Client,
    script: Script,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Gives these answers, then none any more.
    pub async fn start(replies: Vec<Reply>) -> Self {
        Self::with_settings(replies, ClientSettings::default()).await
    }

    pub async fn with_settings(replies: Vec<Reply>, settings: ClientSettings) -> Self {
        let server = Self::gated(replies, settings).await;
        server.open_gate(Semaphore::MAX_PERMITS);
        server
    }

    /// Gives no answer before the gate is opened for it.
    pub async fn gated(replies: Vec<Reply>, settings: ClientSettings) -> Self {
        let replies = Arc::new(Mutex::new(replies.into()));
        let script = Script { replies, seen: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let app = axum::Router::new().fallback(reply).with_state(script.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { client: client(&format!("http://{address}"), settings), script, task }
    }

    pub fn open_gate(&self, answers: usize) {
        self.script.gate.add_permits(answers);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().expect("unpoisoned").clone()
    }

    pub fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for(&self, requests: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.seen().len() < requests {
            assert!(Instant::now() < deadline, "{} of {requests} requests came", self.seen().len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Makes a call, `s3:ListBuckets`.
    pub async fn call(&self, operation: &str, parameters: Value) -> Result<Answer, ReadError> {
        self.client.call(call(operation, parameters)).await
    }
}

pub fn call(operation: &str, parameters: Value) -> Call {
    let (service, operation) = operation.split_once(':').expect("service:Operation");
    Call::new(service, operation, parameters, Budget::until(Instant::now() + Duration::from_secs(30)))
}

pub fn client(endpoint: &str, settings: ClientSettings) -> Client {
    // Other tests of this process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrEXAMPLEKEY", Some("FwoGEXAMPLETOKEN".into()), None, "test");
    let config = SdkConfig::builder()
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Client::new(&config, settings).expect("a client")
}

async fn reply(State(script): State<Script>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let body = String::from_utf8_lossy(&body).into_owned();
    let next = {
        script.seen.lock().expect("unpoisoned").push(Seen {
            target: head.uri.to_string(),
            headers: head.headers,
            body,
        });
        script.replies.lock().expect("unpoisoned").pop_front()
    };
    script.gate.acquire().await.expect("an open semaphore").forget();
    match next {
        Some(Reply::Answer { status, headers, body }) => answer(status, &headers, body),
        Some(Reply::Broken) => {
            let end = std::io::Error::other("the connection ends here");
            let parts = [Ok(Bytes::from_static(b"<half")), Err(end)];
            Body::from_stream(futures::stream::iter(parts)).into_response()
        }
        Some(Reply::Silent) | None => std::future::pending().await,
    }
}

fn answer(status: u16, headers: &[(&'static str, String)], body: Bytes) -> Response {
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().expect("a header value"));
    }
    response
}
