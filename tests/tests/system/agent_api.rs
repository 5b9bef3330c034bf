//! Every call of the agent's HTTP API through the function URL, with the
//! fields that clients of the Python original know.

use contract::chat::ChatEvent;
use serde_json::{Value, json};
use system_tests::agent_url::{events, messages, names, text};
use system_tests::{AgentUrl, Answer};

use crate::stage::{Stage, calls, exchange, says, stage};

const TIME: &str = "aws___get_time";

/// A question that is scripted to ask for the time and then to say it.
const QUESTION: &str = "scripted: what time is it?";

fn scripted() -> Stage {
    let stage = stage();
    let answer = json!({"text": "You asked: {{question}} Here it is.", "chunk_characters": 8, "delay_ms": 30});
    stage.control.script("scripted:", json!([calls(TIME, json!({})), answer]));
    stage
}

const ANSWER: &str = "You asked: scripted: what time is it? Here it is.";

fn ask(conversation: &str) -> Value {
    json!({"message": QUESTION, "conversation_id": conversation})
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
}

#[test]
fn health_is_told_at_both_paths_without_a_token() {
    let stage = stage();
    for path in ["", "health"] {
        let answer = stage.agent.get(path);
        assert_eq!(answer.status, 200, "{answer:?}");
        let health = answer.json();
        assert_eq!(health["status"], "healthy", "{health}");
        assert_eq!(health["dynamodb_table"], "aws-operations-agent-conversations-local", "{health}");
        for (member, is_right) in [
            ("version", health["version"].is_string()),
            ("model", health["model"].is_string()),
            ("mcp_ready", health["mcp_ready"].is_boolean()),
            ("conversation_manager_ready", health["conversation_manager_ready"] == true),
            ("status of the cache", health["mcp_tools_cache"]["status"].is_string()),
            ("tools_count", health["mcp_tools_cache"]["tools_count"].is_u64()),
            ("last_refresh", health["mcp_tools_cache"].get("last_refresh").is_some()),
        ] {
            assert!(is_right, "{member}: {health}");
        }
    }
}

#[test]
fn an_answer_is_plain_text_in_pieces_at_both_paths() {
    let stage = scripted();
    let ada = stage.person("plain");
    let streamed = ada.receive("*/*", &ask("plain-talk"), |_| false);
    assert_eq!((streamed.status.as_u16(), streamed.body.as_str()), (200, ANSWER));
    assert!(streamed.whole && streamed.pieces > 2, "{streamed:?}");
    let root = ada.post("", &ask("plain-talk"));
    assert_eq!((root.status.as_u16(), root.body.as_str()), (200, ANSWER));
    assert!(root.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/plain")), "{root:?}");
    assert_eq!(root.headers["x-conversation-id"], "plain-talk");
}

#[test]
fn an_answer_in_one_piece_has_its_conversation_and_tools() {
    let stage = scripted();
    let answer = stage.person("whole").post("chat", &ask("whole-talk"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected =
        json!({"conversation_id": "whole-talk", "response": ANSWER, "tools_used": [TIME], "stop_reason": "end_turn"});
    assert_eq!(answer.json(), expected);
}

#[test]
fn events_come_typed_and_in_order() {
    let stage = scripted();
    let answer = stage.person("events").stream(&ask("events-talk"));
    let events = events(&answer);
    assert_eq!(names(&events), ["started", "tool_started", "tool_finished", "text", "usage", "done"]);
    assert_eq!(text(&events), ANSWER);
    let [ChatEvent::Started { conversation_id }, ChatEvent::ToolStarted { id, name, input }, finished, .., usage, done] =
        events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!((conversation_id.as_str(), name.as_str(), input), ("events-talk", TIME, &json!({})));
    let ChatEvent::ToolFinished { id: same, success: true, bytes, .. } = finished else { panic!("{finished:?}") };
    assert!(same == id && *bytes > 0, "{finished:?}");
    assert!(matches!(usage, ChatEvent::Usage { input_tokens: 1.., output_tokens: 1.., .. }), "{usage:?}");
    let expected = ChatEvent::Done {
        conversation_id: "events-talk".into(),
        stop_reason: "end_turn".into(),
        tools_used: vec![TIME.into()],
    };
    assert_eq!(done, &expected);
}

#[test]
fn the_offline_planner_answers_where_nothing_is_scripted() {
    let stage = stage();
    let events = stage.person("planner").ask("planned-talk", "What time is it?");
    assert_eq!(names(&events), ["started", "text", "tool_started", "tool_finished", "text", "usage", "done"]);
    assert!(text(&events).contains("Offline planner"), "{events:?}");
}

#[test]
fn every_field_of_the_original_is_taken() {
    let stage = scripted();
    let gateway = stage.place.status()["endpoints"]["gateway_url"].clone();
    let token = stage.issuer.log_in("fields@example.com");
    let body = json!({"message": QUESTION, "conversation_id": "fields-talk", "temperature": 0.2, "max_tokens": 1000,
        "use_tools": true, "okta_token": token, "bedrock_agentcore_gateway_url": gateway});
    let answer = stage.agent.post("chat", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["tools_used"], json!([TIME]), "the token in the field opened the tools");
    let named = stage.agent.post("chat", &json!({"message": "How are you?", "use_tools": false}));
    assert!(named.json()["conversation_id"].as_str().is_some_and(|id| !id.is_empty()), "made up: {named:?}");
}

#[test]
fn without_tools_the_model_gets_none() {
    let stage = stage();
    stage.control.script("no tools:", json!([says("Fine.")]));
    let ada = stage.person("toolless");
    let body = json!({"message": "no tools: how are you?", "use_tools": false});
    assert_eq!(ada.post("chat", &body).json()["response"], "Fine.");
    let requests = stage.control.model_requests("no tools:");
    assert_eq!(requests.last().map(|request| &request["tools"]), Some(&json!([])), "{requests:?}");
}

#[test]
fn conversations_are_listed_newest_first_and_read() {
    let stage = scripted();
    let ada = stage.person("lister");
    for id in ["first-talk", "second-talk", "first-talk"] {
        assert_eq!(ada.post("chat", &ask(id)).status, 200);
    }
    let listed = ada.get("api/conversations").json();
    assert_eq!(listed["count"], 2, "{listed}");
    let member = |name: &str| {
        listed["conversations"].as_array().expect("a list").iter().map(|it| it[name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(member("conversation_id"), [json!("first-talk"), json!("second-talk")]);
    assert_eq!(member("message_count"), [json!(4), json!(2)]);
    let read = ada.get("api/conversations/first-talk").json();
    assert_eq!((&read["conversation_id"], &read["message_count"]), (&json!("first-talk"), &json!(4)));
    assert_eq!(messages(&read), [exchange(QUESTION, ANSWER), exchange(QUESTION, ANSWER)].concat());
    assert!(read["metadata"].is_object(), "{read}");
    assert!(read["history"][0]["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{read}");
    assert_eq!(read["history"][1]["tools"], json!([{"name": TIME, "input": {}, "success": true}]));
}

#[test]
fn a_conversation_is_cleared_and_deleted() {
    let stage = scripted();
    let ada = stage.person("cleaner");
    assert_eq!(ada.post("chat", &ask("short-talk")).status, 200);
    let cleared = ada.post("api/conversations/short-talk/clear", &json!({}));
    assert!(cleared.status == 200 && cleared.json()["message"].is_string(), "{cleared:?}");
    assert_eq!(ada.history("short-talk"), []);
    assert_eq!(ada.post("chat", &ask("short-talk")).status, 200, "a cleared conversation goes on");
    let deleted = ada.delete("api/conversations/short-talk");
    assert!(deleted.status == 200 && deleted.json()["message"].is_string(), "{deleted:?}");
    refused(&ada.get("api/conversations/short-talk"), 404, "conversation/not-found");
    refused(&ada.delete("api/conversations/short-talk"), 404, "conversation/not-found");
}

#[test]
fn all_conversations_are_deleted_only_when_that_is_confirmed() {
    let stage = scripted();
    let ada = stage.person("leaver");
    for number in 0..3 {
        assert_eq!(ada.post("chat", &ask(&format!("old-talk-{number}"))).status, 200);
    }
    refused(&ada.delete("api/conversations"), 400, "request/confirm");
    refused(&ada.delete("api/conversations?confirm=false"), 400, "request/confirm");
    assert_eq!(ada.get("api/conversations").json()["count"], 3);
    let deleted = ada.delete("api/conversations?confirm=true").json();
    assert!(deleted["deleted_count"] == 3 && deleted["message"].is_string(), "{deleted}");
    assert_eq!(ada.get("api/conversations").json(), json!({"conversations": [], "count": 0}));
}

#[test]
fn tools_are_fetched_with_a_token_in_header_or_field() {
    let stage = stage();
    let token = stage.issuer.log_in("fetcher@example.com");
    let by_field = stage.agent.post("api/tools/fetch", &json!({"okta_token": token}));
    let by_header = stage.agent.with_token(&token).post("api/tools/fetch", &json!({}));
    for answer in [&by_field, &by_header] {
        assert_eq!(answer.status, 200, "{answer:?}");
        let listed = answer.json();
        let tools = listed["tools"].as_array().expect("tools");
        assert_eq!(tools.len(), contract::catalogue().len());
        assert!(listed["count"] == tools.len() && listed["message"].is_string(), "{listed}");
        let complete = |tool: &Value| tool["description"].is_string() && tool["inputSchema"].is_object();
        assert!(tools.iter().all(complete), "{listed}");
    }
    assert_eq!(stage.agent.post("api/tools/fetch", &json!({})).status, 401);
}

#[test]
fn a_gateway_that_is_not_the_configured_one_is_refused() {
    let stage = stage();
    let ada = stage.person("chooser");
    for url in ["https://evil.example/mcp", "http://127.0.0.1:9/mcp", "not an address"] {
        let body = json!({"message": "hi", "bedrock_agentcore_gateway_url": url});
        refused(&ada.post("stream", &body), 400, "request/gateway-url");
        refused(&ada.post("chat", &body), 400, "request/gateway-url");
        let body = json!({"bedrock_agentcore_gateway_url": url});
        refused(&ada.post("api/tools/fetch", &body), 400, "request/gateway-url");
    }
}

#[test]
fn wrong_requests_are_refused_with_a_status() {
    let stage = stage();
    let ada: AgentUrl = stage.person("mistaken");
    for body in [json!({}), json!({"message": " "}), json!({"message": "hi", "temperature": 2})] {
        refused(&ada.post("stream", &body), 400, "request/invalid");
    }
    refused(&ada.get("nothing"), 404, "request/not-found");
    refused(&ada.delete("chat"), 405, "request/method");
    refused(&ada.get("api/conversations/never-was"), 404, "conversation/not-found");
}
