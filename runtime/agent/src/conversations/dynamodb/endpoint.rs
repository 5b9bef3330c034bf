//! A DynamoDB endpoint that follows a script, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use futures::stream;
use serde_json::{Value, json};

use super::DynamoDbStore;
use crate::clients;

pub const TABLE: &str = "conversations";

/// What the endpoint does with one call.
#[derive(Clone)]
pub enum Reply {
    Answer(Value),
    Error(u16, Value),
    /// The connection ends in the middle of the answer.
    Lost,
}

/// A call as it came: operation and document.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    pub operation: String,
    pub document: Value,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<(&'static str, Reply)>,
    calls: Vec<Called>,
}

pub struct Endpoint {
    script: Arc<Mutex<Script>>,
    pub store: DynamoDbStore,
}

impl Endpoint {
    /// Answers the calls of each operation in this order; one that is not in the script gets a validation error.
    pub async fn start(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let script = Arc::new(Mutex::new(Script { replies: replies.into_iter().collect(), calls: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let shared = script.clone();
        let answer = move |headers: HeaderMap, body: Bytes| std::future::ready(answer(&shared, &headers, &body));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { script, store: DynamoDbStore::new(client(&format!("http://{address}")), TABLE.into()) }
    }

    pub fn calls(&self) -> Vec<Called> {
        self.script.lock().unwrap().calls.clone()
    }

    /// Calls of one operation.
    pub fn called(&self, operation: &str) -> Vec<Value> {
        let calls = self.calls().into_iter().filter(|call| call.operation == operation);
        calls.map(|call| call.document).collect()
    }

    pub fn assert_script_is_done(&self) {
        let left: Vec<&str> = self.script.lock().unwrap().replies.iter().map(|(operation, _)| *operation).collect();
        assert_eq!(left, Vec::<&str>::new());
    }
}

/// A client with the function's own limits.
pub fn client(endpoint: &str) -> Client {
    clients::install_tls_provider();
    let configuration = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(clients::http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint);
    Client::from_conf(clients::with_table_limits(configuration).build())
}

/// DynamoDB's form of an error.
pub fn error(code: &str) -> Reply {
    Reply::Error(400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "scripted"}))
}

/// A cancelled transaction with these reasons, one for each item.
pub fn cancelled(reasons: [&str; 2]) -> Reply {
    let reasons = reasons.map(|code| json!({"Code": code}));
    Reply::Error(
        400,
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": reasons,
        }),
    )
}

fn answer(script: &Mutex<Script>, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let mut script = script.lock().unwrap();
    let next = script.replies.iter().position(|(expected, _)| *expected == operation);
    let reply = next.and_then(|index| script.replies.remove(index)).map(|(_, reply)| reply);
    script.calls.push(Called { operation, document: serde_json::from_slice(body).unwrap_or_default() });
    match reply.unwrap_or_else(|| error("ValidationException")) {
        Reply::Answer(document) => response(StatusCode::OK, Body::from(document.to_string())),
        Reply::Error(status, document) => {
            response(StatusCode::from_u16(status).expect("a status"), Body::from(document.to_string()))
        }
        Reply::Lost => {
            let broken = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("the connection ends"))];
            response(StatusCode::OK, Body::from_stream(stream::iter(broken)))
        }
    }
}

fn response(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
