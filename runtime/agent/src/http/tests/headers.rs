//! Headers that every answer has.

use super::*;
use crate::scripted::says;

#[tokio::test]
async fn every_answer_names_its_request_and_stays_out_of_caches() {
    let api = api([says("Hello.")]);
    let asked = json!({"message": "hi"}).to_string();
    for (reply, caching) in [
        (api.call(ADA, "GET", "/health").await, "no-store"),
        (api.call(ADA, "GET", "/nothing").await, "no-store"),
        (api.call(ADA, "OPTIONS", "/chat").await, "no-store"),
        (api.post_text("/chat", "x".into()).await, "no-store"),
        (api.post_text("/stream", asked).await, "no-cache"),
    ] {
        assert_eq!(reply.headers["x-request-id"], "r-1", "the id that Lambda gave it");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["cache-control"], caching);
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let api = api([]);
    let reply = api.call(ADA, "HEAD", "/health").await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_made_up_conversation_is_named_before_the_first_byte() {
    let api = api([says("Hello.")]);
    let reply = api.stream(json!({"message": "hi"})).await;
    assert_eq!(reply.headers["x-conversation-id"], last_event(&reply.text)["conversation_id"].as_str().unwrap());
}
