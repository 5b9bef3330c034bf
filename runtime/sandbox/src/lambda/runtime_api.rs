//! The Lambda Runtime API of one function instance, on a loopback port of its own.
//!
//! A function polls `/next`, posts its answer in one piece or chunked with
//! trailers, or posts an error. Rules: Lambda developer guide, "Using the Lambda
//! runtime API" and "Building a custom runtime". The Extensions API answers on
//! the same port.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::{
    exchange::{Exchange, FunctionFailure, Part},
    extensions::Extensions,
};

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
const OCTETS: &str = "application/octet-stream";
/// Largest error document that is read from a function.
const ERROR_LIMIT: usize = 1024 * 1024;

/// One event on its way to the function.
pub struct Job {
    pub request_id: String,
    pub payload: Bytes,
    /// Milliseconds since the epoch are sent to the function.
    pub deadline: SystemTime,
    pub function_arn: String,
    /// JSON, ASCII only.
    pub client_context: Option<String>,
    pub exchange: Arc<Exchange>,
}

/// Where an instance stands before its first event.
#[derive(Debug, Clone, PartialEq)]
pub enum Initialization {
    Running,
    Ready,
    Failed(FunctionFailure),
}

/// A listening Runtime API; ends when dropped.
pub struct RuntimeApi {
    pub address: SocketAddr,
    pub initialization: watch::Receiver<Initialization>,
    pub extensions: Extensions,
    jobs: mpsc::Sender<Job>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    pub async fn listen() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (jobs, queue) = mpsc::channel(1);
        let (initialized, initialization) = watch::channel(Initialization::Running);
        let shared = Arc::new(Shared { queue: tokio::sync::Mutex::new(queue), current: Mutex::default(), initialized });
        let extensions = Extensions::default();
        let router = router(shared).merge(extensions.router());
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { address, initialization, extensions, jobs, server })
    }

    /// Hands an event to the function's next poll.
    pub async fn send(&self, job: Job) {
        self.extensions.invoked(&job.request_id, &job.function_arn, job.deadline);
        self.jobs.send(job).await.ok();
    }

    /// Waits until the function has taken the event.
    pub async fn taken(&self) {
        self.jobs.reserve().await.ok();
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Shared {
    queue: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    current: Mutex<Option<(String, Arc<Exchange>)>>,
    initialized: watch::Sender<Initialization>,
}

impl Shared {
    /// The exchange of a running invocation; a function may only answer for it.
    fn exchange(&self, request_id: &str) -> Option<Arc<Exchange>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|(id, _)| id == request_id).map(|(_, exchange)| exchange.clone())
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(invocation_error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(shared)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.initialized.send_replace(Initialization::Ready);
    let Some(job) = shared.queue.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    *shared.current.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((job.request_id.clone(), job.exchange.clone()));
    event_response(job).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn event_response(job: Job) -> http::Result<Response> {
    let deadline = job.deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &job.request_id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header("lambda-runtime-invoked-function-arn", &job.function_arn)
        .header("lambda-runtime-trace-id", trace_id());
    if let Some(context) = &job.client_context {
        response = response.header("lambda-runtime-client-context", context);
    }
    response.body(Body::from(job.payload))
}

/// A new, unsampled trace in X-Ray's form.
fn trace_id() -> String {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &random[..24], &random[16..])
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(exchange) = shared.exchange(&id) else { return unknown_request() };
    let content_type = text(&headers, "content-type").unwrap_or_else(|| OCTETS.to_owned());
    let Some(parts) = exchange.answer(content_type) else { return unknown_request() };
    match relay(body, &parts).await {
        Ok(None) => exchange.finish(),
        Ok(Some(failure)) => exchange.fail(failure),
        Err(cause) => {
            let message = format!("RequestId: {id} Error: the answer broke off: {cause}");
            exchange.fail(FunctionFailure::new("Runtime.TruncatedResponse", message));
        }
    }
    accepted()
}

/// Passes a body on as it arrives, to its end even when nobody listens any
/// more. The failure is the one that its trailers announce.
async fn relay(mut body: Body, parts: &mpsc::Sender<Part>) -> Result<Option<FunctionFailure>, axum::Error> {
    let mut failure = None;
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(chunk) => {
                parts.send(Part::Chunk(chunk)).await.ok();
            }
            Err(frame) => failure = frame.trailers_ref().and_then(trailer_failure),
        }
    }
    Ok(failure)
}

fn trailer_failure(trailers: &HeaderMap) -> Option<FunctionFailure> {
    let error_type = text(trailers, ERROR_TYPE)?;
    let body = text(trailers, ERROR_BODY).and_then(|encoded| STANDARD.decode(encoded).ok());
    Some(match body {
        Some(payload) => FunctionFailure { error_type, payload: payload.into() },
        None => FunctionFailure::new(&error_type, "the function failed while it streamed its answer"),
    })
}

async fn invocation_error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(exchange) = shared.exchange(&id) else { return unknown_request() };
    exchange.fail(reported(&headers, body).await);
    accepted()
}

async fn init_error(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Response {
    let failure = reported(&headers, body).await;
    shared.initialized.send_replace(Initialization::Failed(failure));
    accepted()
}

async fn reported(headers: &HeaderMap, body: Body) -> FunctionFailure {
    let payload = axum::body::to_bytes(body, ERROR_LIMIT).await.unwrap_or_default();
    let document: Value = serde_json::from_slice(&payload).unwrap_or_default();
    let named = document["errorType"].as_str().map(str::to_owned);
    let error_type = named.or_else(|| text(headers, ERROR_TYPE)).unwrap_or_else(|| "Runtime.Unknown".into());
    match document.is_object() {
        true => FunctionFailure { error_type, payload },
        false => FunctionFailure::new(&error_type, String::from_utf8_lossy(&payload)),
    }
}

fn unknown_request() -> Response {
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::exchange::Reply;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn job(exchange: Exchange) -> Job {
        Job {
            request_id: "r1".into(),
            payload: "{}".into(),
            deadline: SystemTime::now(),
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".into(),
            client_context: Some(r#"{"custom":{}}"#.into()),
            exchange: Arc::new(exchange),
        }
    }

    async fn exchange_raw(address: SocketAddr, request: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_event_carries_id_and_client_context_and_trailers_become_a_failure() {
        let api = RuntimeApi::listen().await.unwrap();
        let (exchange, reply) = Exchange::new();
        api.send(job(exchange)).await;
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let event = exchange_raw(api.address, next).await;
        assert!(event.contains("lambda-runtime-aws-request-id: r1"), "{event}");
        assert!(event.contains(r#"lambda-runtime-client-context: {"custom":{}}"#), "{event}");

        let body = "1\r\na\r\n0\r\nLambda-Runtime-Function-Error-Type: Boom\r\n\r\n";
        let post = format!(
            "POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             trailer: Lambda-Runtime-Function-Error-Type\r\ntransfer-encoding: chunked\r\n\r\n{body}"
        );
        assert!(exchange_raw(api.address, &post).await.starts_with("HTTP/1.1 202"));
        let Reply::Answer(mut answer) = reply.await.unwrap() else { panic!("no answer") };
        assert_eq!(answer.parts.recv().await, Some(Part::Chunk("a".into())));
        assert!(matches!(answer.parts.recv().await, Some(Part::Failed(f)) if f.error_type == "Boom"));
    }

    #[tokio::test]
    async fn an_answer_to_another_invocation_is_refused() {
        let api = RuntimeApi::listen().await.unwrap();
        let post = "POST /2018-06-01/runtime/invocation/other/response HTTP/1.1\r\nhost: x\r\n\
                    connection: close\r\ncontent-length: 0\r\n\r\n";
        assert!(exchange_raw(api.address, post).await.starts_with("HTTP/1.1 400"));
    }
}
