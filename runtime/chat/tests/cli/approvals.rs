//! Answers that wait for the user's yes to a tool, without a terminal.

use contract::chat::ChatEvent;
use serde_json::json;

use crate::{
    agent::{Reply, TestAgent, noon, text},
    client::{Home, connection},
    issuer::TestIssuer,
};

/// An answer that asks for leave to stop an instance.
pub fn asks_for_leave() -> Vec<ChatEvent> {
    let (id, name) = (String::from("t7"), String::from("aws___stop"));
    vec![
        ChatEvent::Started { conversation_id: "c1".into() },
        text("I would stop it."),
        ChatEvent::ApprovalRequired { id, name, input: json!({"id": "i-1"}) },
        ChatEvent::Done { conversation_id: "c1".into(), stop_reason: "approval_required".into(), tools_used: vec![] },
    ]
}

async fn start(replies: Vec<Reply>) -> (TestAgent, TestIssuer, Home) {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    (agent, issuer, home)
}

#[tokio::test]
async fn without_a_terminal_the_answer_ends_with_3_and_says_how_to_go_on() {
    let (_agent, _issuer, home) = start(vec![Reply::events(&asks_for_leave())]).await;
    let ran = home.run(&["--env", "local", "stop it"]).await;
    assert_eq!((ran.status, ran.output.as_str()), (3, "I would stop it.\n"), "{ran:?}");
    assert!(ran.remarks.contains("? aws___stop {\"id\":\"i-1\"} waits for your yes"), "{ran:?}");
    assert!(ran.remarks.contains("echo /approve | chat --env local --conversation c1"), "{ran:?}");
}

#[tokio::test]
async fn json_names_the_calls_that_wait() {
    let (_agent, _issuer, home) = start(vec![Reply::events(&asks_for_leave())]).await;
    let ran = home.run(&["--env", "local", "--json", "stop it"]).await;
    let call = json!({"id": "t7", "name": "aws___stop", "input": {"id": "i-1"}});
    assert_eq!((ran.status, &ran.json()["approvals_required"]), (3, &json!([call])), "{ran:?}");
    assert_eq!(ran.json()["stop_reason"], "approval_required");
}

#[tokio::test]
async fn a_yes_in_a_later_session_lets_the_answer_go_on() {
    let call = json!({"id": "t7", "name": "aws___stop", "input": {}});
    let waiting = json!({
        "conversation_id": "c1", "history": [], "metadata": {}, "message_count": 2, "approvals_required": [call],
    });
    let (agent, _issuer, home) = start(vec![Reply::json(200, waiting), Reply::events(&noon())]).await;
    let ran = home.run_with_lines(&["--env", "local", "--conversation", "c1"], "/approve\n").await;
    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\n"), "{ran:?}");
    let sent = agent.seen()[1].json();
    assert_eq!(sent["approvals"], json!([{"id": "t7", "approved": true}]));
    assert!(sent.get("message").is_none() && sent["conversation_id"] == "c1", "{sent}");
}

#[tokio::test]
async fn a_no_is_sent_for_every_call_that_waits() {
    let (agent, _issuer, home) = start(vec![Reply::events(&asks_for_leave()), Reply::events(&noon())]).await;
    let ran = home.run_with_lines(&["--env", "local"], "stop it\n/decline\n/approve\n").await;
    assert_eq!(agent.seen()[1].json()["approvals"], json!([{"id": "t7", "approved": false}]), "{ran:?}");
}

#[tokio::test]
async fn a_session_that_leaves_an_answer_waiting_ends_with_3() {
    let (_agent, _issuer, home) = start(vec![Reply::events(&asks_for_leave())]).await;
    assert_eq!(home.run_with_lines(&["--env", "local"], "stop it\n/quit\n").await.status, 3);
}
