//! One question, asked by the built binary.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::{io::AsyncReadExt, sync::Semaphore};

use crate::{
    agent::{Piece, Reply, TestAgent, done, noon, piece, text},
    client::{Home, connection},
    issuer::TestIssuer,
};

#[tokio::test]
async fn a_question_is_answered_with_a_signed_token_of_a_pkce_login() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let ran = Home::with(&connection(&agent, &issuer)).run(&["--env", "local", "What time is it?"]).await;

    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\n"), "{ran:?}");
    assert!(ran.remarks.contains("→ aws___get_time {}\n✓ aws___get_time 120 ms · 40 bytes\n"), "{ran:?}");
    assert!(ran.remarks.contains("11 characters · 10 + 4 tokens · conversation c1"), "{ran:?}");
    assert!(!ran.remarks.contains('\u{1b}'), "no colour without a terminal: {ran:?}");

    let seen = agent.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/_aws/lambda-url/abc/stream"));
    assert_eq!(seen.json()["message"], "What time is it?");
    assert_eq!(seen.header("accept"), "text/event-stream");
    assert_eq!(seen.header("x-okta-token"), "access-login-1");
    assert_eq!(seen.header("x-amz-content-sha256"), hex::encode(Sha256::digest(&seen.bytes)));
    let authorization = seen.header("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/"), "{authorization}");
    assert!(authorization.contains("/eu-west-1/lambda/aws4_request"), "{authorization}");
    assert!(authorization.contains("x-okta-token"), "{authorization}");
    assert_eq!(issuer.ledger().last_authorization["scope"], "openid offline_access");
}

#[tokio::test]
async fn text_is_shown_before_the_answer_is_whole() {
    let permits = Arc::new(Semaphore::new(0));
    let pieces = vec![piece(&text("It is ")), Piece::Hold(permits.clone()), piece(&text("noon.")), piece(&done())];
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::pieces(pieces)]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let mut child = home.command(&["--env", "local", "time?"]).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut first = [0; 6];
    output.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"It is ");
    permits.add_permits(1);
    let mut rest = String::new();
    output.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "noon.\n");
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn words_without_quotes_are_one_question() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let ran = home.run(&["List", "my", "S3", "buckets", "--env", "local", "--conversation", "c7"]).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let asked = agent.seen()[0].json();
    assert_eq!((&asked["message"], &asked["conversation_id"]), (&"List my S3 buckets".into(), &"c7".into()));
}

#[tokio::test]
async fn json_is_one_document() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let ran = Home::with(&connection(&agent, &issuer)).run(&["--env", "local", "--json", "time?"]).await;
    let document = ran.json();
    assert_eq!(ran.status, 0);
    assert_eq!(document["answer"], "It is noon.");
    assert_eq!(document["conversation_id"], "c1");
    assert_eq!(document["tools_used"], serde_json::json!(["aws___get_time"]));
    let usage = serde_json::json!({
        "input_tokens": 10, "output_tokens": 4, "cache_read_tokens": 0, "cache_write_tokens": 0,
    });
    assert_eq!(document["usage"], usage);
    let tool = serde_json::json!({"name": "aws___get_time", "success": true, "duration_ms": 120, "bytes": 40});
    assert_eq!(document["tools"], serde_json::json!([tool]));
    assert!(document.get("approvals_required").is_none());
    assert!(document["duration_ms"].is_u64() && document.get("error").is_none());
}

#[tokio::test]
async fn flags_replace_the_connection_file() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let words = ["--url", &agent.url, "--issuer", &issuer.url, "--client-id", "chat", "--region", "eu-west-3", "time?"];
    let ran = Home::empty().run(&words).await;
    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\n"), "{ran:?}");
    assert!(agent.seen()[0].header("authorization").contains("/eu-west-3/lambda/"));
}

#[tokio::test]
async fn a_connection_file_may_be_anywhere() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::empty();
    let text = serde_json::to_string(&connection(&agent, &issuer)).unwrap();
    let path = home.file("colleague.json", &text);
    let ran = home.run(&["--connection", path.to_str().unwrap(), "time?"]).await;
    assert_eq!((ran.status, ran.output.as_str()), (0, "It is noon.\n"), "{ran:?}");
}

#[tokio::test]
async fn tools_and_conversations_are_listed() {
    let tool = serde_json::json!({"name": "aws___get_time", "description": "The time.\nMore.", "inputSchema": {}});
    let conversation = serde_json::json!({"conversation_id": "c1", "updated_at": "2026-01-02", "message_count": 4});
    let agent = TestAgent::start(vec![
        Reply::json(200, serde_json::json!({"tools": [tool], "count": 1, "message": "ok"})),
        Reply::json(200, serde_json::json!({"conversations": [conversation], "count": 1})),
    ])
    .await;
    let issuer = TestIssuer::start().await;
    let home = Home::with(&connection(&agent, &issuer));
    let tools = home.run(&["tools", "--env", "local"]).await;
    assert_eq!(tools.output, "aws___get_time  The time.\n1 tool\n", "{tools:?}");
    let conversations = home.run(&["--env", "local", "--json", "conversations"]).await;
    assert_eq!(conversations.json()["conversations"][0]["conversation_id"], "c1");
    let paths: Vec<_> = agent.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    assert_eq!(paths, ["POST /_aws/lambda-url/abc/api/tools/fetch", "GET /_aws/lambda-url/abc/api/conversations"]);
    assert_eq!(issuer.ledger().logins, 1, "the second run uses the cached token");
}
