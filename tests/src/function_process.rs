//! A function's own program, run as Lambda runs it: a process that asks a
//! Runtime API for its next event (Lambda developer guide, "Using the Lambda
//! runtime API").

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, mpsc, watch};

/// How long after Lambda's end of an invocation its answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One instance of a function. Events are answered one after the other.
pub(crate) struct FunctionProcess {
    child: Child,
    started: Instant,
    runtime: Runtime,
    events: mpsc::UnboundedSender<Event>,
    answers: Mutex<mpsc::UnboundedReceiver<Reply>>,
    ready: watch::Receiver<Option<Instant>>,
    log: tempfile::NamedTempFile,
}

/// What a function is invoked with.
pub(crate) struct Event {
    pub body: Value,
    pub client_context: Option<Value>,
    /// Until Lambda would end the invocation.
    pub seconds: u64,
}

/// How a function ended an invocation, or its start.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The whole answer, however it was sent.
    Answered(Bytes),
    Failed(String),
    FailedStart(String),
}

struct Api {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: mpsc::UnboundedSender<Reply>,
    ready: watch::Sender<Option<Instant>>,
}

impl FunctionProcess {
    /// Starts `program` with exactly these variables, and the ones that Lambda sets.
    pub(crate) fn start(program: &Path, name: &str, variables: &BTreeMap<String, String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let (events, pending) = mpsc::unbounded_channel();
        let (given, answers) = mpsc::unbounded_channel();
        let (first, ready) = watch::channel(None);
        let api = Arc::new(Api { events: Mutex::new(pending), answers: given, ready: first });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        runtime.spawn(async move { axum::serve(listener, routes(api)).await });
        let log = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        let mut command = Command::new(program);
        command.env_clear().envs(variables).envs([
            ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ]);
        let started = Instant::now();
        let child = spawn(command, &log);
        Self { child, started, runtime, events, answers: Mutex::new(answers), ready, log }
    }

    /// From starting the process until it asked for its first event, which is waited for.
    pub(crate) fn ready_after(&self) -> Duration {
        let mut ready = self.ready.clone();
        let asked =
            async { tokio::time::timeout(PATIENCE, ready.wait_for(Option::is_some)).await.map(|it| it.map(|at| *at)) };
        let first = self.runtime.block_on(asked).expect("the function starts in time");
        first.expect("the Runtime API runs").expect("it was waited for") - self.started
    }

    /// Invokes the function and gives its answer.
    #[track_caller]
    pub(crate) fn invoke(&self, event: Event) -> Reply {
        let seconds = event.seconds;
        self.events.send(event).expect("the Runtime API runs");
        self.runtime.block_on(async {
            let mut answers = self.answers.lock().await;
            let answer = tokio::time::timeout(Duration::from_secs(seconds) + PATIENCE, answers.recv())
                .await
                .expect("the function answers in time");
            answer.expect("the Runtime API runs")
        })
    }

    /// Everything that the function has written.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).expect("the log is text")
    }

    /// The process's number, for reading its memory and time.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

fn spawn(mut command: Command, log: &tempfile::NamedTempFile) -> Child {
    let written: File = log.reopen().expect("the file was just made");
    let shared = written.try_clone().expect("a file can be shared");
    command.stdin(Stdio::null()).stdout(shared).stderr(written).spawn().expect("the program starts")
}

impl Drop for FunctionProcess {
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
    api.ready.send_if_modified(|ready| ready.is_none() && ready.replace(Instant::now()).is_none());
    let Some(event) = api.events.lock().await.recv().await else {
        return (StatusCode::GONE, HeaderMap::new(), String::new());
    };
    let deadline = SystemTime::now() + Duration::from_secs(event.seconds);
    let deadline = deadline.duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_millis();
    let mut headers = HeaderMap::new();
    let entries = [
        ("lambda-runtime-aws-request-id", Some("3f0c2f4e-0000-4000-8000-000000000001".to_owned())),
        ("lambda-runtime-deadline-ms", Some(deadline.to_string())),
        ("lambda-runtime-invoked-function-arn", Some("arn:aws:lambda:us-east-1:123456789012:function:it".to_owned())),
        ("lambda-runtime-client-context", event.client_context.map(|context| context.to_string())),
    ];
    for (name, value) in entries.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        headers.insert(name, value.parse().expect("the value is plain ASCII"));
    }
    (StatusCode::OK, headers, event.body.to_string())
}

async fn response(State(api): State<Arc<Api>>, UrlPath(_): UrlPath<String>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(Reply::Answered(body));
    StatusCode::ACCEPTED
}

async fn failure(State(api): State<Arc<Api>>, UrlPath(_): UrlPath<String>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(Reply::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}

async fn failed_start(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(Reply::FailedStart(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
