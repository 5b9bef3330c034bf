//! Listing, reading, clearing and deleting.

use super::*;
use crate::scripted::says;

async fn with_conversations(ids: &[&str]) -> Api {
    let api = api(ids.iter().map(|_| says("Hello.")));
    for id in ids {
        api.post("/chat", json!({"message": format!("hi {id}"), "conversation_id": id})).await;
    }
    api
}

/// Contents and `earlier` of one page of `c1`.
async fn page(api: &Api, query: &str) -> (Vec<String>, Value) {
    let page = api.call(ADA, "GET", &format!("/api/conversations/c1?{query}")).await.json();
    let contents =
        page["history"].as_array().unwrap().iter().map(|entry| entry["content"].as_str().unwrap().to_owned());
    (contents.collect(), page["earlier"].clone())
}

#[tokio::test]
async fn conversations_are_cleared_and_deleted() {
    let api = with_conversations(&["c1", "c2"]).await;
    assert_eq!(api.call(ADA, "POST", "/api/conversations/c1/clear").await.status, StatusCode::OK);
    let cleared = api.call(ADA, "GET", "/api/conversations/c1").await.json();
    assert_eq!((&cleared["history"], &cleared["message_count"]), (&json!([]), &json!(0)));
    assert_eq!(api.call(ADA, "DELETE", "/api/conversations/c1").await.status, StatusCode::OK);
    api.call(ADA, "GET", "/api/conversations/c1").await.assert_error(404, "conversation/not-found");
}

#[tokio::test]
async fn deleting_everything_wants_the_very_word() {
    let api = with_conversations(&["c1", "c2"]).await;
    for query in ["", "?confirm", "?confirm=yes", "?confirm=TRUE"] {
        api.call(ADA, "DELETE", &format!("/api/conversations{query}")).await.assert_error(400, "request/confirm");
    }
    assert_eq!(api.call(BOB, "DELETE", "/api/conversations?confirm=true").await.json()["deleted_count"], 0);
    let deleted = api.call(ADA, "DELETE", "/api/conversations?confirm=true").await.json();
    assert_eq!(deleted, json!({"message": "2 conversations deleted", "deleted_count": 2}));
    assert_eq!(api.call(ADA, "GET", "/api/conversations").await.json()["count"], 0);
}

#[tokio::test]
async fn pages_of_the_list_follow_each_other() {
    let api = with_conversations(&["c1", "c2", "c3"]).await;
    let (mut seen, mut path) = (Vec::new(), "/api/conversations?limit=2".to_owned());
    loop {
        let page = api.call(ADA, "GET", &path).await.json();
        seen.extend(page["conversations"].as_array().unwrap().iter().map(|one| one["conversation_id"].to_string()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        path = format!("/api/conversations?limit=2&cursor={cursor}");
    }
    seen.sort();
    assert_eq!(seen, ["\"c1\"", "\"c2\"", "\"c3\""]);
    for query in ["limit=0", "limit=101", "cursor=made-up", &format!("cursor={}", "x".repeat(3_000))] {
        api.call(ADA, "GET", &format!("/api/conversations?{query}")).await.assert_error(400, "request/invalid");
    }
}

#[tokio::test]
async fn a_long_conversation_is_read_from_its_end() {
    let api = api((1..=5).map(|number| says(&format!("answer {number}"))));
    for number in 1..=5 {
        let asked = json!({"message": format!("question {number}"), "conversation_id": "c1", "use_tools": false});
        api.post("/chat", asked).await;
    }
    let (latest, earlier) = page(&api, "limit=4").await;
    assert_eq!(latest, ["question 4", "answer 4", "question 5", "answer 5"]);
    let (middle, earlier) = page(&api, &format!("limit=5&before={earlier}")).await;
    assert_eq!(middle, ["question 2", "answer 2", "question 3", "answer 3"]);
    let (first, earlier) = page(&api, &format!("limit=2&before={earlier}")).await;
    assert_eq!((first, earlier), (vec!["question 1".to_owned(), "answer 1".into()], Value::Null));
    assert_eq!(page(&api, "").await.0.len(), 10);
    for query in ["limit=1", "limit=201", "before=0", "before=-1", "before=x"] {
        api.call(ADA, "GET", &format!("/api/conversations/c1?{query}")).await.assert_error(400, "request/invalid");
    }
}

#[tokio::test]
async fn after_clearing_there_is_nothing_earlier() {
    let api = api([says("a"), says("b"), says("c")]);
    let asked = json!({"message": "hi", "conversation_id": "c1"});
    api.post("/chat", asked.clone()).await;
    api.post("/chat", asked.clone()).await;
    api.call(ADA, "POST", "/api/conversations/c1/clear").await;
    api.post("/chat", asked).await;
    assert_eq!(page(&api, "limit=2").await, (vec!["hi".into(), "c".into()], Value::Null));
}
