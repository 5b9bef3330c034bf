//! The model port against a small Bedrock on a loopback port, which answers
//! with ConverseStream's event stream or with errors.

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::*;
use crate::message::Message;
use crate::model::ToolDefinition;

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

struct Served {
    address: String,
    asked: Asked,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve() -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let router = axum::Router::new()
        .route("/model/{id}/converse-stream", axum::routing::post(converse))
        .with_state(asked.clone());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { address, asked, task }
}

/// The model's name decides how it answers.
async fn converse(State(asked): State<Asked>, Path(model): Path<String>, Json(body): Json<Value>) -> Response {
    asked.lock().unwrap().push((model.clone(), body));
    match model.as_str() {
        "denied" => refuse(StatusCode::FORBIDDEN, "AccessDeniedException", "no access to the model"),
        "unknown" => {
            refuse(StatusCode::BAD_REQUEST, "ValidationException", "The provided model identifier is invalid.")
        }
        "throttled" => refuse(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", "slow down"),
        "breaks" => stream_of(&[text_delta("It is"), exception("throttlingException", "slow down")]),
        "garbled" => stream_of(&[event("contentBlockDelta", json!("top secret"))]),
        _ => stream_of(&whole_answer()),
    }
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, [("x-amzn-errortype", code)], Json(json!({"message": message}))).into_response()
}

fn stream_of(frames: &[Frame]) -> Response {
    let mut bytes = Vec::new();
    for frame in frames {
        write_message_to(frame, &mut bytes).unwrap();
    }
    ([("content-type", "application/vnd.amazon.eventstream")], bytes).into_response()
}

fn whole_answer() -> Vec<Frame> {
    let tool = json!({"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "aws___get_time"}}});
    vec![
        event("messageStart", json!({"role": "assistant"})),
        text_delta("Let me look."),
        event("contentBlockStop", json!({"contentBlockIndex": 0})),
        event("contentBlockStart", tool),
        event("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}})),
        event("contentBlockStop", json!({"contentBlockIndex": 1})),
        event("messageStop", json!({"stopReason": "tool_use"})),
        event(
            "metadata",
            json!({"usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}, "metrics": {"latencyMs": 1}}),
        ),
    ]
}

fn text_delta(text: &str) -> Frame {
    event("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": text}}))
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

async fn ask(served: &Served, model: &str, fallbacks: &[&str]) -> Result<Vec<Result<ModelEvent, Failure>>, Failure> {
    let configuration = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(crate::clients::http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&served.address)
        .build();
    let fallbacks = fallbacks.iter().map(|model| (*model).to_owned()).collect();
    let model = BedrockModel::new(Client::from_conf(configuration), model.to_owned(), fallbacks);
    Ok(model.converse(request()).await?.collect().await)
}

fn request() -> ModelRequest {
    ModelRequest {
        system: "be brief".into(),
        messages: vec![Message::user("what time is it?")],
        tools: vec![ToolDefinition {
            name: "aws___get_time".into(),
            description: "The time.".into(),
            input_schema: json!({"type": "object", "properties": {}}),
        }],
        temperature: 0.5,
        max_tokens: 100,
    }
}

#[tokio::test]
async fn an_event_stream_becomes_our_events() {
    let served = serve().await;
    let events: Vec<_> = ask(&served, "good", &[]).await.unwrap().into_iter().map(Result::unwrap).collect();
    let expected = [
        ModelEvent::Text { block: 0, text: "Let me look.".into() },
        ModelEvent::ToolStarted { block: 1, id: "t1".into(), name: "aws___get_time".into() },
        ModelEvent::ToolInput { block: 1, fragment: "{}".into() },
        ModelEvent::Stopped(StopReason::ToolUse),
        ModelEvent::Usage { input_tokens: 7, output_tokens: 3 },
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn the_request_holds_prompt_messages_and_tools() {
    let served = serve().await;
    ask(&served, "good", &[]).await.unwrap();
    let (_, body) = served.asked.lock().unwrap()[0].clone();
    assert_eq!(body["system"], json!([{"text": "be brief"}]));
    assert_eq!(body["messages"], json!([{"role": "user", "content": [{"text": "what time is it?"}]}]));
    let tool = &body["toolConfig"]["tools"][0]["toolSpec"];
    assert_eq!(tool["name"], "aws___get_time");
    assert_eq!(tool["inputSchema"]["json"], json!({"type": "object", "properties": {}}));
    assert_eq!(body["inferenceConfig"]["maxTokens"], 100);
}

#[tokio::test]
async fn fallbacks_are_asked_in_order_until_a_model_is_available() {
    let served = serve().await;
    let events = ask(&served, "denied", &["unknown", "good", "never"]).await.unwrap();
    assert!(events.iter().all(Result::is_ok));
    let asked: Vec<_> = served.asked.lock().unwrap().iter().map(|(model, _)| model.clone()).collect();
    assert_eq!(asked, ["denied", "unknown", "good"]);
}

#[tokio::test]
async fn without_an_available_model_the_first_refusal_is_told() {
    let served = serve().await;
    let failure = ask(&served, "denied", &["unknown"]).await.unwrap_err();
    assert_eq!(failure.code, Code::ModelDenied);
}

#[tokio::test]
async fn a_throttle_asks_no_fallback() {
    let served = serve().await;
    assert_eq!(ask(&served, "throttled", &["good"]).await.unwrap_err().code, Code::ModelThrottled);
    assert_eq!(served.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_exception_in_mid_stream_ends_the_events() {
    let served = serve().await;
    let events = ask(&served, "breaks", &[]).await.unwrap();
    assert_eq!(events[0], Ok(ModelEvent::Text { block: 0, text: "It is".into() }));
    assert_eq!(events[1].as_ref().unwrap_err().code, Code::ModelThrottled);
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_not_quoted() {
    let served = serve().await;
    let events = ask(&served, "garbled", &[]).await.unwrap();
    let failure = events[0].as_ref().unwrap_err();
    assert_eq!(failure.code, Code::ModelBroken);
    assert!(!failure.message.contains("top secret"), "{failure}");
}
