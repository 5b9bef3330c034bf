//! The requests and answers themselves: keep-alives, sizes, and requests without a token.

use serde_json::json;

use crate::{
    agent::{Piece, Reply, TestAgent, done, noon, piece, text},
    client::{Home, Ran, connection},
    issuer::TestIssuer,
};

async fn start(replies: Vec<Reply>) -> (TestAgent, TestIssuer, Home) {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    (agent, issuer, home)
}

#[tokio::test]
async fn keep_alives_between_events_are_passed_over() {
    let comment = || Piece::Text(": keep-alive\n\n".into());
    let pieces = vec![comment(), piece(&text("It is ")), comment(), piece(&text("noon.")), comment(), piece(&done())];
    let (_agent, _issuer, home) = start(vec![Reply::pieces(pieces)]).await;
    let ran = home.run(&["--env", "local", "time?"]).await;
    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\n"), "{ran:?}");
}

#[tokio::test]
async fn without_a_token_nobody_logs_in_and_none_is_sent() {
    let (agent, issuer, home) = start(vec![Reply::events(&noon())]).await;
    let ran = home.run(&["--env", "local", "--no-token", "time?"]).await;
    assert_eq!((ran.status, issuer.ledger().logins), (0, 0), "{ran:?}");
    let seen = agent.seen().remove(0);
    assert!(!seen.headers.contains_key("x-okta-token"));
    assert!(seen.header("authorization").starts_with("AWS4-HMAC-SHA256 "), "{seen:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_refused() {
    let pieces = (0..40).map(|_| Piece::Text(" ".repeat(1 << 20))).collect();
    let (_agent, _issuer, home) = start(vec![Reply::pieces(pieces)]).await;
    let ran = home.run(&["--env", "local", "tools"]).await;
    assert!(ran.status == 1 && ran.remarks.contains("error[agent/answer-too-large]"), "{ran:?}");
}

#[tokio::test]
async fn a_token_that_expires_in_mid_answer_names_the_command_to_log_in() {
    let error = contract::ErrorBody::new("gateway/unauthorized", "the token has expired").error;
    let events = [text("Let me see."), contract::chat::ChatEvent::Error { error }];
    let (agent, _issuer, home) = start(vec![Reply::events(&events)]).await;
    let ran = home.run(&["--env", "local", "time?"]).await;
    assert_eq!((ran.status, agent.seen().len(), ran.output.as_str()), (1, 1, "Let me see.\n"), "{ran:?}");
    assert!(ran.remarks.contains("hint: run `chat --env local login` for another token"), "{ran:?}");
}

#[tokio::test]
async fn a_token_refused_twice_names_the_command_to_log_in() {
    let refused = || {
        let error = json!({"code": "token/refused", "message": "it is for another audience", "hint": "ask the issuer"});
        Reply::json(401, json!({ "error": error }))
    };
    let (agent, _issuer, home) = start(vec![refused(), refused()]).await;
    let ran: Ran = home.run(&["--env", "local", "time?"]).await;
    assert_eq!((ran.status, agent.seen().len()), (1, 2), "{ran:?}");
    assert!(
        ran.remarks.contains("hint: ask the issuer; ") && ran.remarks.contains("chat --env local login"),
        "{ran:?}"
    );
}
