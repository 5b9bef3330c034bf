//! A small Bedrock on a loopback port for tests. The model's name decides how it answers.

use std::sync::{Arc, Mutex};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::{Value, json};

pub type Asked = Arc<Mutex<Vec<(String, Value)>>>;

pub struct Served {
    pub address: String,
    pub asked: Asked,
    pub task: tokio::task::JoinHandle<()>,
}

impl Served {
    pub fn models(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(model, _)| model.clone()).collect()
    }

    pub fn last_body(&self) -> Value {
        self.asked.lock().unwrap().last().unwrap().1.clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub async fn serve() -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let router = axum::Router::new()
        .route("/model/{id}/converse-stream", axum::routing::post(converse))
        .with_state(asked.clone());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { address, asked, task }
}

/// The model's name decides how it answers; one that ends in `-once` does so once, and then answers well.
async fn converse(State(asked): State<Asked>, Path(model): Path<String>, Json(body): Json<Value>) -> Response {
    let before = asked.lock().unwrap().iter().filter(|(earlier, _)| *earlier == model).count();
    asked.lock().unwrap().push((model.clone(), body.clone()));
    match model.strip_suffix("-once") {
        Some(_) if before > 0 => stream_of(&whole_answer("tool_use")),
        Some(kind) => answer(kind, &body),
        None => answer(&model, &body),
    }
}

fn answer(kind: &str, body: &Value) -> Response {
    match kind {
        "denied" => refuse(StatusCode::FORBIDDEN, "AccessDeniedException", "no access to the model"),
        "unknown" => {
            refuse(StatusCode::BAD_REQUEST, "ValidationException", "The provided model identifier is invalid.")
        }
        "ended" => refuse(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            "This model version has reached the end of its life.",
        ),
        "too-long" => refuse(StatusCode::BAD_REQUEST, "ValidationException", "Input is too long for requested model."),
        "throttled" => refuse(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", "slow down"),
        "unavailable" => refuse(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException", "later"),
        "not-ready" => refuse(StatusCode::TOO_MANY_REQUESTS, "ModelNotReadyException", "later"),
        "failing" => refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", "oh"),
        "no-caching" if body.to_string().contains("cachePoint") => {
            refuse(StatusCode::FORBIDDEN, "AccessDeniedException", "your request did not allow prompt caching")
        }
        "throttled-at-the-start" => stream_of(&[started(), exception("throttlingException", "slow down")]),
        "lost-at-the-start" => cut_off(&[started()]),
        "breaks" => stream_of(&[text_delta("It is"), exception("throttlingException", "slow down")]),
        "overflows" => stream_of(&[text_delta("It is"), exception("validationException", "prompt is too long: 9 > 8")]),
        "errs" => stream_of(&[text_delta("It is"), exception("modelStreamErrorException", "oh")]),
        "lost" => cut_off(&[text_delta("It is")]),
        "garbled" => stream_of(&[text_delta("It is"), event("contentBlockDelta", json!("top secret"))]),
        "thinks" => stream_of(&thoughts()),
        _ => stream_of(&whole_answer(kind.strip_prefix("stops-").unwrap_or("tool_use"))),
    }
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, [("x-amzn-errortype", code)], Json(json!({"message": message}))).into_response()
}

fn stream_of(frames: &[Frame]) -> Response {
    ([("content-type", "application/vnd.amazon.eventstream")], bytes_of(frames)).into_response()
}

/// An answer whose connection breaks when these frames are on their way.
fn cut_off(frames: &[Frame]) -> Response {
    let broken = async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    let whole = futures::future::ready(Ok(bytes_of(frames)));
    let body = Body::from_stream(futures::stream::once(whole).chain(futures::stream::once(broken)));
    ([("content-type", "application/vnd.amazon.eventstream")], body).into_response()
}

fn bytes_of(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        write_message_to(frame, &mut bytes).unwrap();
    }
    bytes
}

fn whole_answer(stop_reason: &str) -> Vec<Frame> {
    let tool = json!({"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "aws___get_time"}}});
    let usage = json!({
        "inputTokens": 7, "outputTokens": 3, "totalTokens": 10, "cacheReadInputTokens": 5, "cacheWriteInputTokens": 2,
    });
    vec![
        started(),
        text_delta("Let me look."),
        stopped(0),
        event("contentBlockStart", tool),
        delta(1, json!({"toolUse": {"input": "{}"}})),
        stopped(1),
        event("messageStop", json!({"stopReason": stop_reason})),
        event("metadata", json!({"usage": usage, "metrics": {"latencyMs": 1}})),
    ]
}

/// One signed in two pieces, one redacted in two pieces, one that the model did not sign.
fn thoughts() -> Vec<Frame> {
    let thought = |block, content: Value| delta(block, json!({"reasoningContent": content}));
    vec![
        started(),
        thought(0, json!({"text": "hm"})),
        thought(0, json!({"signature": "sig"})),
        thought(0, json!({"signature": "ned"})),
        stopped(0),
        thought(1, json!({"redactedContent": "AP8="})),
        thought(1, json!({"redactedContent": "AQ=="})),
        stopped(1),
        thought(2, json!({"text": "so"})),
        stopped(2),
        event("messageStop", json!({"stopReason": "end_turn"})),
    ]
}

fn started() -> Frame {
    event("messageStart", json!({"role": "assistant"}))
}

fn stopped(block: i32) -> Frame {
    event("contentBlockStop", json!({"contentBlockIndex": block}))
}

fn delta(block: i32, content: Value) -> Frame {
    event("contentBlockDelta", json!({"contentBlockIndex": block, "delta": content}))
}

fn text_delta(text: &str) -> Frame {
    delta(0, json!({"text": text}))
}

fn event(kind: &str, payload: Value) -> Frame {
    frame("event", ":event-type", kind, payload)
}

fn exception(kind: &str, message: &str) -> Frame {
    frame("exception", ":exception-type", kind, json!({"message": message}))
}

fn frame(message_type: &str, kind_header: &str, kind: &str, payload: Value) -> Frame {
    let header = |name: &str, value: &str| Header::new(name.to_owned(), HeaderValue::String(value.to_owned().into()));
    Frame::new(payload.to_string())
        .add_header(header(":message-type", message_type))
        .add_header(header(kind_header, kind))
        .add_header(header(":content-type", "application/json"))
}
