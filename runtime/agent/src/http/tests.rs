//! The HTTP API as a client sees it: the real router over a store in memory, a
//! scripted model and a fixed gateway.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::agent::{Agent, Ports};
use crate::configuration::Configuration;
use crate::conversations::MemoryStore;
use crate::failure::{Code, Failure};
use crate::model::{ModelEvent, StopReason};
use crate::scripted::{FixedGateway, Scripted, ScriptedModel, TOKEN, calls, request_context, says, spoken};

const ADA: &str = "arn:aws:iam::000000000000:user/ada";
const BOB: &str = "arn:aws:sts::000000000000:assumed-role/sso/bob";

struct Api {
    router: Router,
    model: Arc<ScriptedModel>,
}

struct Reply {
    status: StatusCode,
    headers: HashMap<String, String>,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.json()["error"]["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
    }
}

fn api(answers: impl IntoIterator<Item = Scripted>) -> Api {
    let model = ScriptedModel::new(answers);
    let pairs = [
        ("BEDROCK_MODEL_ID", "scripted"),
        ("BEDROCK_REGION", "us-east-1"),
        ("DYNAMODB_TABLE_NAME", "conversations"),
        ("PROJECT_NAME", "aws-operations-agent"),
        ("ENVIRONMENT", "test"),
        ("CONVERSATION_TTL_MINUTES", "15"),
        ("GATEWAY_URL", "https://gateway.example/mcp"),
        ("LOG_LEVEL", "info"),
    ];
    let variables = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        model: model.clone(),
        gateway: Arc::new(FixedGateway::default()),
    };
    Api { router: super::router(Agent::new(ports, Configuration::from_variables(&variables).unwrap())), model }
}

impl Api {
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        Reply {
            status: parts.status,
            headers: parts.headers.iter().map(header).collect(),
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(request(ADA, "POST", path, &[], body.to_string())).await
    }

    async fn call(&self, caller: &str, method: &str, path: &str) -> Reply {
        self.send(request(caller, method, path, &[], String::new())).await
    }
}

fn request(caller: &str, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path).extension(request_context(caller));
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body)).unwrap()
}

fn event_names(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
}

#[tokio::test]
async fn a_streamed_answer_that_used_a_tool_has_every_event() {
    let api = api([calls(&["aws___get_time"]), says("It is noon.")]);
    let headers = [("x-okta-token", TOKEN), ("accept", "text/event-stream")];
    let body = json!({"message": "What time is it?", "conversation_id": "c1"}).to_string();
    let reply = api.send(request(ADA, "POST", "/stream", &headers, body)).await;
    assert_eq!((reply.status, reply.headers["content-type"].as_str()), (StatusCode::OK, "text/event-stream"));
    assert_eq!(event_names(&reply.text), ["started", "tool_started", "tool_finished", "text", "usage", "done"]);
    let done = reply.text.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    let done: Value = serde_json::from_str(&done["data: ".len()..]).unwrap();
    assert_eq!(done["tools_used"], json!(["aws___get_time"]));
    let tools: Vec<_> = api.model.requests.lock().unwrap()[0].tools.iter().map(|tool| tool.name.clone()).collect();
    assert_eq!(tools, ["aws___get_time", "aws___broken"]);
}

#[tokio::test]
async fn a_plain_stream_is_the_text_alone() {
    let api = api([says("Hello.")]);
    let reply = api.post("/", json!({"message": "hi", "conversation_id": "c1"})).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, "Hello."));
    assert!(reply.headers["content-type"].starts_with("text/plain"));
    assert_eq!(reply.headers["x-conversation-id"], "c1");
}

#[tokio::test]
async fn a_conversation_goes_on_and_reads_back() {
    let api = api([calls(&["aws___get_time"]), says("Noon."), says("Still noon.")]);
    let first = json!({"message": "time?", "conversation_id": "c1", "okta_token": TOKEN});
    let answer = api.post("/chat", first).await.json();
    assert_eq!(
        answer,
        json!({
            "conversation_id": "c1", "response": "Noon.", "tools_used": ["aws___get_time"], "stop_reason": "end_turn",
        })
    );
    api.post("/chat", json!({"message": "and now?", "conversation_id": "c1", "okta_token": TOKEN})).await;
    let sent: Vec<_> = api.model.requests.lock().unwrap()[2].messages.iter().map(|message| message.text()).collect();
    assert_eq!(sent, ["time?", "", "", "Noon.", "and now?"]);
    let history = api.call(ADA, "GET", "/api/conversations/c1").await.json();
    let contents: Vec<_> = history["history"].as_array().unwrap().iter().map(|entry| &entry["content"]).collect();
    assert_eq!(contents, ["time?", "Noon.", "and now?", "Still noon."]);
    assert_eq!(history["message_count"], 4);
}

#[tokio::test]
async fn without_a_token_the_model_has_no_tools_and_knows_why() {
    let api = api([calls(&["aws___get_time"]), says("Noon."), says("I cannot look.")]);
    api.post("/chat", json!({"message": "time?", "conversation_id": "c1", "okta_token": TOKEN})).await;
    let reply = api.post("/chat", json!({"message": "and now?", "conversation_id": "c1"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    let requests = api.model.requests.lock().unwrap();
    assert!(requests[2].tools.is_empty() && requests[2].system.contains("needs a login"));
    assert_eq!(requests[2].messages.len(), 3, "an earlier tool call goes back as question and answer");
}

#[tokio::test]
async fn tools_can_be_switched_off() {
    let api = api([says("Fine.")]);
    api.post("/chat", json!({"message": "hi", "use_tools": false, "okta_token": "never-sent"})).await;
    assert!(api.model.requests.lock().unwrap()[0].tools.is_empty());
}

#[tokio::test]
async fn a_refused_token_is_401_before_the_model_is_asked() {
    let api = api([]);
    let reply = api.post("/stream", json!({"message": "hi", "okta_token": "expired"})).await;
    reply.assert_error(401, "gateway/unauthorized");
}

#[tokio::test]
async fn another_gateway_is_refused() {
    let api = api([says("ok")]);
    let elsewhere =
        json!({"message": "hi", "bedrock_agentcore_gateway_url": "https://evil.example/mcp", "okta_token": TOKEN});
    api.post("/stream", elsewhere).await.assert_error(400, "request/gateway-url");
    let same = json!({"message": "hi", "bedrock_agentcore_gateway_url": "https://gateway.example/mcp"});
    assert_eq!(api.post("/chat", same).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_requests_are_refused_with_their_reason() {
    let api = api([]);
    let cases = [
        (json!({}), "request/invalid"),
        (json!({"message": "  "}), "request/invalid"),
        (json!({"message": "x".repeat(100_001)}), "request/invalid"),
        (json!({"message": "hi", "temperature": 1.5}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": 0}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": 8193}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": "many"}), "request/invalid"),
        (json!({"message": "hi", "conversation_id": "a b"}), "request/invalid"),
        (json!({"message": "hi", "okta_token": "a b c"}), "request/token"),
        (json!({"massage": "hi"}), "request/unknown-field"),
        (json!(["hi"]), "request/invalid-json"),
    ];
    for (body, code) in cases {
        api.post("/chat", body).await.assert_error(400, code);
    }
    api.send(request(ADA, "POST", "/chat", &[], "{\"message\":".into()))
        .await
        .assert_error(400, "request/invalid-json");
    let huge = format!("{{\"message\": \"{}\"}}", "x".repeat(300 * 1024));
    api.send(request(ADA, "POST", "/chat", &[], huge)).await.assert_error(413, "request/too-large");
}

#[tokio::test]
async fn the_wrong_member_is_named() {
    let reply = api([]).post("/chat", json!({"message": "hi", "max_tokens": "many"})).await;
    assert!(reply.text.contains("`max_tokens`") && !reply.text.contains("many\""), "{}", reply.text);
}

#[tokio::test]
async fn a_request_that_lambda_did_not_verify_is_403() {
    let api = api([]);
    let mut unverified = request(ADA, "POST", "/chat", &[], json!({"message": "hi"}).to_string());
    unverified.extensions_mut().clear();
    api.send(unverified).await.assert_error(403, "caller/unknown");
}

#[tokio::test]
async fn other_peoples_conversations_do_not_exist() {
    let api = api([says("Hello.")]);
    api.post("/chat", json!({"message": "hi", "conversation_id": "c1"})).await;
    api.call(BOB, "GET", "/api/conversations/c1").await.assert_error(404, "conversation/not-found");
    api.call(BOB, "DELETE", "/api/conversations/c1").await.assert_error(404, "conversation/not-found");
    api.call(BOB, "POST", "/api/conversations/c1/clear").await.assert_error(404, "conversation/not-found");
    let body = json!({"message": "what did they say?", "conversation_id": "c1"}).to_string();
    api.send(request(BOB, "POST", "/chat", &[], body)).await.assert_error(404, "conversation/not-found");
    assert_eq!(api.call(BOB, "GET", "/api/conversations").await.json()["count"], 0);
    assert_eq!(api.call(ADA, "GET", "/api/conversations").await.json()["count"], 1);
}

#[tokio::test]
async fn conversations_are_cleared_and_deleted() {
    let api = api([says("a"), says("b")]);
    for id in ["c1", "c2"] {
        api.post("/chat", json!({"message": "hi", "conversation_id": id})).await;
    }
    assert_eq!(api.call(ADA, "POST", "/api/conversations/c1/clear").await.status, StatusCode::OK);
    assert_eq!(api.call(ADA, "GET", "/api/conversations/c1").await.json()["history"], json!([]));
    assert_eq!(api.call(ADA, "DELETE", "/api/conversations/c1").await.status, StatusCode::OK);
    api.call(ADA, "GET", "/api/conversations/c1").await.assert_error(404, "conversation/not-found");
    api.call(ADA, "DELETE", "/api/conversations").await.assert_error(400, "request/confirm");
    let deleted = api.call(ADA, "DELETE", "/api/conversations?confirm=true").await.json();
    assert_eq!(deleted["deleted_count"], 1);
}

#[tokio::test]
async fn a_model_that_fails_at_once_is_a_status_and_later_an_event() {
    let throttled = || Failure::new(Code::ModelThrottled, "ask model scripted").hint("wait");
    let api = api([Scripted::FailsAtOnce(throttled()), Scripted::BreaksOff(vec![spoken("It is")], throttled())]);
    let body = json!({"message": "hi", "conversation_id": "c1"});
    api.post("/stream", body.clone()).await.assert_error(429, "model/throttled");
    let reply = api.send(request(ADA, "POST", "/stream", &[("accept", "text/event-stream")], body.to_string())).await;
    assert_eq!(event_names(&reply.text), ["started", "text", "usage", "error"]);
}

#[tokio::test]
async fn an_answer_that_was_cut_is_labelled_in_every_form() {
    let cut = || Scripted::Events(vec![spoken("It is"), ModelEvent::Stopped(StopReason::MaxTokens)]);
    let api = api([cut(), cut()]);
    let reply = api.post("/stream", json!({"message": "hi"})).await;
    assert_eq!(reply.text, "It is\n\n[answer cut short: the answer reached its token limit]\n");
    let answer = api.post("/chat", json!({"message": "hi"})).await.json();
    assert_eq!(answer["stop_reason"], "max_tokens");
    assert!(answer["response"].as_str().unwrap().contains("[answer cut short"));
}

#[tokio::test]
async fn tools_are_fetched_with_a_token_only() {
    let api = api([]);
    api.call(ADA, "POST", "/api/tools/fetch").await.assert_error(401, "gateway/unauthorized");
    let listed = api.post("/api/tools/fetch", json!({"okta_token": TOKEN})).await.json();
    assert_eq!(listed["count"], 2);
    assert_eq!(listed["tools"][0]["inputSchema"], json!({"type": "object"}));
}

#[tokio::test]
async fn health_reports_the_ports_and_the_last_listing() {
    let api = api([]);
    let before = api.call(ADA, "GET", "/health").await.json();
    assert_eq!(
        (before["status"].as_str(), before["mcp_tools_cache"]["status"].as_str()),
        (Some("healthy"), Some("empty"))
    );
    api.post("/api/tools/fetch", json!({"okta_token": TOKEN})).await;
    let after = api.call(ADA, "GET", "/").await.json();
    assert_eq!(after["mcp_tools_cache"]["tools_count"], 2);
    assert_eq!(after["dynamodb_table"], "conversations");
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_error_form() {
    let api = api([]);
    api.call(ADA, "GET", "/nothing").await.assert_error(404, "request/not-found");
    api.call(ADA, "DELETE", "/chat").await.assert_error(405, "request/method");
}
