//! A conversation over a pipe: the same loop as at the terminal.

use serde_json::json;

use crate::{
    agent::{Reply, TestAgent, noon},
    client::{Home, connection},
    issuer::TestIssuer,
};

#[tokio::test]
async fn questions_share_a_conversation_and_commands_change_the_session() {
    let replies = vec![Reply::events(&noon()), Reply::events(&noon()), Reply::events(&noon())];
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    let lines = "What time is it?\n/temp 0.2\n/max-tokens 100\n/conv c9\nAnd now?\n/clear\nAnd then?\n/quit\nnever\n";
    let ran = home.run_with_lines(&["--env", "local"], lines).await;
    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\nIt is noon.\nIt is noon.\n"), "{ran:?}");
    let asked: Vec<_> = agent.seen().iter().map(|seen| seen.json()).collect();
    assert_eq!(asked.len(), 3);
    assert!(asked[0]["conversation_id"].as_str().unwrap().starts_with("chat_"));
    assert!(asked[0].get("temperature").is_none());
    assert_eq!(asked[1]["conversation_id"], "c9");
    assert_eq!(asked[1]["max_tokens"], 100);
    assert!((asked[1]["temperature"].as_f64().unwrap() - 0.2).abs() < 1e-6);
    assert_ne!(asked[2]["conversation_id"], "c1", "/clear starts another conversation");
}

#[tokio::test]
async fn history_is_read_from_and_cleared_at_the_agent() {
    let message = json!({"role": "user", "content": "hi\u{1b}[2J", "timestamp": "2026-01-02T03:04:05Z"});
    let history = json!({"conversation_id": "c9", "history": [message], "metadata": {}, "message_count": 1});
    let agent =
        TestAgent::start(vec![Reply::json(200, history), Reply::json(200, json!({"message": "2 messages removed"}))])
            .await;
    let issuer = TestIssuer::start().await;
    let home = Home::with(&connection(&agent, &issuer));
    let ran = home.run_with_lines(&["--env", "local", "--conversation", "c9"], "/history\n/clear-history\n").await;
    assert!(ran.output.contains("[2026-01-02T03:04:05Z] user\nhi[2J\n"), "{ran:?}");
    assert!(ran.remarks.contains("2 messages removed"), "{ran:?}");
    let paths: Vec<_> = agent.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    assert_eq!(
        paths,
        ["GET /_aws/lambda-url/abc/api/conversations/c9", "POST /_aws/lambda-url/abc/api/conversations/c9/clear"]
    );
}

#[tokio::test]
async fn a_conversation_without_a_question_is_empty_and_the_agent_is_not_asked_about_it() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let ran = home.run_with_lines(&["--env", "local"], "/history\n/approve\ntime?\n/clear\n/export\n").await;
    assert_eq!((ran.status, agent.seen().len()), (0, 1), "{ran:?}");
    assert_eq!(ran.remarks.matches("nothing has been said in this conversation yet").count(), 3, "{ran:?}");
}

#[tokio::test]
async fn a_failed_answer_does_not_end_the_session_but_fails_the_pipe() {
    let replies = vec![Reply::json(500, json!({"message": "boom"})), Reply::events(&noon())];
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    let ran = home.run_with_lines(&["--env", "local"], "one\n/frobnicate\ntwo\n").await;
    assert_eq!((ran.status, ran.output.as_str()), (1, "It is noon.\n"), "{ran:?}");
    assert!(ran.remarks.contains("error[agent/failed]") && ran.remarks.contains("/help lists them"), "{ran:?}");
}

#[tokio::test]
async fn a_mistyped_command_fails_the_pipe() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![]).await);
    let ran = Home::with(&connection(&agent, &issuer)).run_with_lines(&["--env", "local"], "/aprove\n").await;
    assert_eq!((ran.status, agent.seen().len()), (1, 0), "{ran:?}");
    assert!(ran.remarks.contains("there is no command /aprove"), "{ran:?}");
}

#[tokio::test]
async fn a_token_given_at_the_prompt_is_used() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let ran = home.run_with_lines(&["--env", "local"], "/token typed-secret\nWhat time is it?\n").await;
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(agent.seen()[0].header("x-okta-token"), "typed-secret");
    assert!(!ran.remarks.contains("typed-secret"));
    assert!(!home.state().join("chat_history").exists());
}
