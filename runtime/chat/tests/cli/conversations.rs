//! `chat conversations` and `/export`.

use serde_json::{Value, json};

use crate::{
    agent::{Reply, TestAgent},
    client::{Home, connection},
    issuer::TestIssuer,
};

async fn start(replies: Vec<Value>) -> (TestAgent, TestIssuer, Home) {
    let replies = replies.into_iter().map(|body| Reply::json(200, body)).collect();
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    (agent, issuer, home)
}

/// Method, path below the function URL and query.
fn calls(agent: &TestAgent) -> Vec<String> {
    let short = |path: &str| path.trim_start_matches("/_aws/lambda-url/abc").to_owned();
    agent.seen().iter().map(|seen| format!("{} {}?{}", seen.method, short(&seen.path), seen.query)).collect()
}

fn page(id: &str, next_cursor: Option<&str>) -> Value {
    let conversation = json!({"conversation_id": id, "updated_at": "2026-01-02", "message_count": 4});
    match next_cursor {
        Some(cursor) => json!({"conversations": [conversation], "count": 1, "next_cursor": cursor}),
        None => json!({"conversations": [conversation], "count": 1}),
    }
}

fn messages(content: &str, earlier: Option<u64>) -> Value {
    let message = json!({"role": "user", "content": content, "timestamp": "2026-01-02T03:04:05Z"});
    let mut page = json!({"conversation_id": "c1", "history": [message], "metadata": {}, "message_count": 2});
    if let Some(earlier) = earlier {
        page["earlier"] = earlier.into();
    }
    page
}

#[tokio::test]
async fn the_newest_are_listed_and_all_on_demand() {
    let pages = vec![page("c2", Some("a/b=")), page("c2", Some("a/b=")), page("c1", None)];
    let (agent, _issuer, home) = start(pages).await;
    let newest = home.run(&["--env", "local", "conversations"]).await;
    assert_eq!(newest.output, "2026-01-02     4 messages  c2\n1 conversation, and more with --all\n", "{newest:?}");
    let all = home.run(&["--env", "local", "conversations", "list", "--all", "--json"]).await;
    assert_eq!((&all.json()["count"], all.json().get("next_cursor")), (&json!(2), None), "{all:?}");
    assert_eq!(calls(&agent)[2], "GET /api/conversations?cursor=a%2Fb%3D");
}

#[tokio::test]
async fn a_conversation_is_shown_from_its_beginning() {
    let (agent, _issuer, home) = start(vec![messages("second", Some(7)), messages("first", None)]).await;
    let ran = home.run(&["--env", "local", "conversations", "show", "c1"]).await;
    let (first, second) = (ran.output.find("first").unwrap(), ran.output.find("second").unwrap());
    assert!(first < second && ran.output.ends_with("2 messages\n"), "{ran:?}");
    assert_eq!(calls(&agent), ["GET /api/conversations/c1?", "GET /api/conversations/c1?before=7"]);
}

#[tokio::test]
async fn a_deletion_without_a_terminal_needs_its_yes() {
    let (agent, _issuer, home) = start(vec![json!({"message": "gone"}), json!({"message": "all gone"})]).await;
    let refused = home.run(&["--env", "local", "conversations", "delete", "c1"]).await;
    assert!(refused.status == 1 && refused.remarks.contains("error[usage/not-confirmed]"), "{refused:?}");
    assert_eq!(calls(&agent).len(), 0);
    let one = home.run(&["--env", "local", "conversations", "delete", "c1", "--yes"]).await;
    let all = home.run(&["--env", "local", "conversations", "delete", "--all", "--yes", "--json"]).await;
    assert_eq!(all.json(), json!({"deleted": [{"message": "all gone"}]}));
    assert!(one.remarks.contains("gone") && all.remarks.contains("all gone"), "{one:?} {all:?}");
    assert_eq!(calls(&agent), ["DELETE /api/conversations/c1?", "DELETE /api/conversations?confirm=true"]);
}

#[tokio::test]
async fn an_export_is_whole_private_and_replaces_nothing_unasked() {
    let pages = vec![messages("second", Some(7)), messages("first", None), messages("whole", None)];
    let (_agent, _issuer, home) = start(pages).await;
    let (markdown, document) = (home.path("c1.md"), home.path("c1.json"));
    let lines = format!("/export {0}\n/export {0}\n/export {1}\n", markdown.display(), document.display());
    let ran = home.run_with_lines(&["--env", "local", "--conversation", "c1"], &lines).await;
    assert!(ran.status == 1 && ran.remarks.contains("error[chat/export]"), "{ran:?}");
    let text = std::fs::read_to_string(&markdown).unwrap();
    assert!(text.find("first").unwrap() < text.find("second").unwrap(), "{text}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&markdown).unwrap().permissions()) & 0o777,
        0o600
    );
    let exported: Value = serde_json::from_slice(&std::fs::read(document).unwrap()).unwrap();
    assert_eq!(exported["history"][0]["content"], "whole");
}
