//! AWS as a test wants it, on a loopback port: the real protocols, scripted answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use deployer_core::Settings;
use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;
use tokio::task::JoinHandle;

use crate::{Clients, samples};

/// One request, in the words of its service.
#[derive(Debug, Clone)]
pub struct Call {
    /// `DescribeStacks`, `GetItem`, or `GET /gateways` where the service speaks REST.
    pub name: String,
    /// Of the query protocol.
    pub parameters: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone)]
pub struct Answer {
    status: u16,
    error: Option<&'static str>,
    body: String,
}

impl Answer {
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, error: None, body: body.into() }
    }

    /// An error of a service that speaks JSON.
    pub fn refused(status: u16, error: &'static str, message: &str) -> Self {
        let body = serde_json::json!({"__type": error, "message": message}).to_string();
        Self { status, error: Some(error), body }
    }

    /// An error of a service that speaks XML (the query protocol).
    pub fn refused_query(code: &'static str, message: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Self { status: 400, error: None, body: format!("<ErrorResponse>{error}</ErrorResponse>") }
    }

    pub fn with_body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }
}

type Script = dyn Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync;

struct Served {
    script: Box<Script>,
    calls: Mutex<Vec<Call>>,
}

pub struct FakeAws {
    address: String,
    served: Arc<Served>,
    task: JoinHandle<()>,
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeAws {
    /// Answers each call at once; `answer` keeps its own state.
    pub async fn serve(answer: impl FnMut(&Call) -> Answer + Send + 'static) -> Self {
        let answer = Arc::new(Mutex::new(answer));
        Self::serve_slowly(move |call| {
            let answer = answer.clone();
            Box::pin(async move { (answer.lock().unwrap())(&call) })
        })
        .await
    }

    /// Answers a call by the beginning of its name; any other one is not found.
    pub async fn answering<const N: usize>(answers: [(&'static str, Answer); N]) -> Self {
        Self::serve(move |call| {
            let found = answers.iter().find(|(begins, _)| call.name.starts_with(begins));
            found.map_or_else(|| Answer { status: 404, ..Answer::ok("") }, |(_, answer)| answer.clone())
        })
        .await
    }

    /// Answers in its own time, or never.
    pub async fn serve_slowly(script: impl Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(Served { script: Box::new(script), calls: Mutex::default() });
        let router = axum::Router::new().fallback(answer).with_state(served.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, served, task }
    }

    /// Settings for it, with deadlines that a test can wait for.
    pub fn settings(&self) -> Settings {
        let mut settings = samples::settings().on_local_platform(&self.address);
        settings.deadlines.iam_seconds = 4;
        settings
    }

    pub async fn clients(&self) -> Clients {
        self.clients_of("arn:aws:iam::111122223333:user/deployer").await
    }

    /// Clients of this caller.
    pub async fn clients_of(&self, principal: &str) -> Clients {
        Clients::of_test(&self.settings(), principal).await
    }

    pub fn calls(&self) -> Vec<Call> {
        self.served.calls.lock().unwrap().clone()
    }

    /// Names of the calls that change something, in order.
    pub fn writes(&self) -> Vec<String> {
        let reads = ["Describe", "Get", "List", "Query", "GET "];
        let calls = self.calls().into_iter().map(|call| call.name);
        calls.filter(|name| !reads.iter().any(|read| name.starts_with(read))).collect()
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let call = call(&parts.method, &parts.uri, &parts.headers, String::from_utf8_lossy(&body).into_owned());
    served.calls.lock().unwrap().push(call.clone());
    let answer = (served.script)(call).await;
    let mut response = (StatusCode::from_u16(answer.status).unwrap(), answer.body).into_response();
    if let Some(error) = answer.error {
        response.headers_mut().insert("x-amzn-errortype", error.parse().unwrap());
    }
    response
}

fn call(method: &Method, uri: &Uri, headers: &HeaderMap, body: String) -> Call {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.rsplit('.').next());
    let parameters: BTreeMap<String, String> = match target {
        None => body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (decoded(key), decoded(value)))
            .collect(),
        Some(_) => BTreeMap::new(),
    };
    let name = match (target, parameters.get("Action")) {
        (Some(target), _) => target.to_string(),
        (None, Some(action)) => action.clone(),
        (None, None) => format!("{method} {}", uri.path().trim_end_matches('/')),
    };
    Call { name, parameters, headers: headers.clone(), body }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
