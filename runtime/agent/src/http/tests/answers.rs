//! Questions and their answers, in every form.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;

use super::*;
use crate::conversations::{Access, ConversationId, Extent, Lookup};
use crate::identity::{Owner, Principal};
use crate::model::{ModelEvent, StopReason};
use crate::scripted::{calls, says, spoken};

#[tokio::test]
async fn a_streamed_answer_that_used_a_tool_has_every_event() {
    let api = api([calls(&["aws___get_time"]), says("It is noon.")]);
    let reply = api.stream(json!({"message": "What time is it?", "conversation_id": "c1"})).await;
    assert_eq!((reply.status, reply.headers["content-type"].as_str()), (StatusCode::OK, "text/event-stream"));
    assert_eq!(event_names(&reply.text), ["started", "tool_started", "tool_finished", "text", "usage", "done"]);
    assert_eq!(last_event(&reply.text)["tools_used"], json!(["aws___get_time"]));
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
    let with_token = [("x-okta-token", TOKEN)];
    let history = api.send(request(ADA, "GET", "/api/conversations/c1", &with_token, String::new())).await.json();
    let contents: Vec<_> = history["history"].as_array().unwrap().iter().map(|entry| &entry["content"]).collect();
    assert_eq!(contents, ["time?", "Noon.", "and now?", "Still noon."]);
    assert_eq!(history["message_count"], 4);
}

#[tokio::test]
async fn without_a_token_the_model_has_no_tools_and_knows_why() {
    let api = api([says("I cannot look.")]);
    let reply = api.post("/chat", json!({"message": "time?", "conversation_id": "c1"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    let requests = api.model.requests.lock().unwrap();
    assert!(requests[0].tools.is_empty() && requests[0].system.contains("needs a login"));
}

#[tokio::test]
async fn tools_can_be_switched_off() {
    let api = api([says("Fine.")]);
    // The gateway would refuse this token; it is not asked.
    api.post("/chat", json!({"message": "hi", "use_tools": false, "okta_token": OTHER_TOKEN})).await;
    assert!(api.model.requests.lock().unwrap()[0].tools.is_empty());
}

#[tokio::test]
async fn a_model_that_fails_at_once_is_a_status_and_later_an_event() {
    let refused = || Failure::new(Code::ModelRefused, "ask model scripted").hint("ask in other words");
    let api = api([Scripted::FailsAtOnce(refused()), Scripted::BreaksOff(vec![spoken("It is")], refused())]);
    let body = json!({"message": "hi", "conversation_id": "c1"});
    api.post("/stream", body.clone()).await.assert_error(502, "model/refused");
    let reply = api.stream(body).await;
    assert_eq!(event_names(&reply.text), ["started", "text", "usage", "error"]);
    assert_eq!(last_event(&reply.text)["error"]["code"], "model/refused");
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
async fn a_body_that_is_dropped_ends_the_turn_and_keeps_what_was_said() {
    let api = api([Scripted::Hangs(vec![spoken("It is")])]);
    let asked = json!({"message": "hi", "conversation_id": "c1"}).to_string();
    let events = request(ADA, "POST", "/stream", &[("accept", "text/event-stream")], asked);
    let mut body = api.respond(events).await.into_body().into_data_stream();
    for event in ["event: started", "event: text"] {
        assert!(body.next().await.unwrap().unwrap().starts_with(event.as_bytes()));
    }
    drop(body);
    api.agent.turns.close();
    timeout(Duration::from_secs(20), api.agent.turns.wait()).await.expect("the turn ends with its listener");
    let (owner, id) = (Owner::of_principal(&Principal::new(ADA)), ConversationId::parse("c1").unwrap());
    let access = Access { owner: &owner, id: &id, now: api.agent.now() };
    let stored = api.agent.ports.store.read(access, Extent::Latest(1)).await.unwrap();
    let Lookup::Found(stored) = stored else { panic!("nothing was stored") };
    let answer = stored.turns[0].messages.last().unwrap().text();
    assert!(answer.starts_with("It is") && answer.contains("[answer cut short"), "{answer}");
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
