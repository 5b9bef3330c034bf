//! The tool function's own program, run as Lambda runs it: a process that asks
//! a Runtime API for its next event (Lambda developer guide, "Using the Lambda
//! runtime API").

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, mpsc};

/// How long after Lambda's end of an invocation its answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One instance of the function. Events are answered one after the other.
pub struct ToolProcess {
    child: Child,
    runtime: Runtime,
    events: mpsc::UnboundedSender<Event>,
    answers: Mutex<mpsc::UnboundedReceiver<Value>>,
    log: tempfile::NamedTempFile,
}

struct Event {
    body: Value,
    client_context: Value,
    seconds: u64,
}

struct Api {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: mpsc::UnboundedSender<Value>,
}

impl ToolProcess {
    /// Starts `program` with exactly these variables, and the ones that Lambda sets.
    pub fn start(program: &Path, variables: &BTreeMap<String, String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let (events, pending) = mpsc::unbounded_channel();
        let (given, answers) = mpsc::unbounded_channel();
        let api = Arc::new(Api { events: Mutex::new(pending), answers: given });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        runtime.spawn(async move { axum::serve(listener, routes(api)).await });
        let log = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        let written: File = log.reopen().expect("the file was just made");
        let child = Command::new(program)
            .env_clear()
            .envs(variables)
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "tools"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ])
            .stdin(Stdio::null())
            .stdout(written.try_clone().expect("a file can be shared"))
            .stderr(written)
            .spawn()
            .expect("the program starts");
        Self { child, runtime, events, answers: Mutex::new(answers), log }
    }

    /// Calls a tool as the gateway does, and gives its answer.
    #[track_caller]
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        self.call_within(tool, arguments, 60)
    }

    /// As [`Self::call`], for an invocation that Lambda would end after so many seconds.
    #[track_caller]
    pub fn call_within(&self, tool: &str, arguments: Value, seconds: u64) -> Value {
        let client_context = json!({"custom": {"bedrockAgentCoreToolName": format!("tools___{tool}")}});
        let sent = self.events.send(Event { body: arguments, client_context, seconds });
        sent.expect("the Runtime API runs");
        self.runtime.block_on(async {
            let mut answers = self.answers.lock().await;
            let answer = tokio::time::timeout(Duration::from_secs(seconds) + PATIENCE, answers.recv())
                .await
                .expect("the function answers in time");
            answer.expect("the Runtime API runs")
        })
    }

    /// Everything that the function has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).expect("the log is text")
    }

    /// The process's number, for reading its memory and time.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ToolProcess {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
        .route("/2018-06-01/runtime/init/error", post(failed_start))
        .with_state(api)
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let Some(event) = api.events.lock().await.recv().await else {
        return (StatusCode::GONE, HeaderMap::new(), String::new());
    };
    let deadline = SystemTime::now() + Duration::from_secs(event.seconds);
    let deadline = deadline.duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_millis();
    let mut headers = HeaderMap::new();
    let entries = [
        ("lambda-runtime-aws-request-id", "3f0c2f4e-0000-4000-8000-000000000001".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:tools".to_owned()),
        ("lambda-runtime-client-context", event.client_context.to_string()),
    ];
    for (name, value) in entries {
        headers.insert(name, value.parse().expect("the value is plain ASCII"));
    }
    (StatusCode::OK, headers, event.body.to_string())
}

async fn response(State(api): State<Arc<Api>>, UrlPath(_): UrlPath<String>, body: Bytes) -> StatusCode {
    let answer = serde_json::from_slice(&body).unwrap_or_else(|error| json!({"not_json": error.to_string()}));
    let _ = api.answers.send(answer);
    StatusCode::ACCEPTED
}

async fn failure(State(api): State<Arc<Api>>, UrlPath(_): UrlPath<String>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(json!({"invocation_failed": String::from_utf8_lossy(&body)}));
    StatusCode::ACCEPTED
}

async fn failed_start(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(json!({"start_failed": String::from_utf8_lossy(&body)}));
    StatusCode::ACCEPTED
}
