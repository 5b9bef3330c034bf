//! Who asks, and what is whose.

use super::*;
use crate::scripted::says;

#[tokio::test]
async fn a_token_that_is_not_good_is_401_before_anything_is_asked() {
    let api = api([]);
    for (token, code) in
        [(EXPIRED_TOKEN, "token/expired"), ("unknown", "token/refused"), (OTHER_TOKEN, "gateway/unauthorized")]
    {
        let reply = api.post("/stream", json!({"message": "hi", "okta_token": token})).await;
        reply.assert_error(401, code);
        assert!(!reply.text.contains(token), "{}", reply.text);
    }
    assert!(api.model.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_call_that_reads_or_changes_verifies_the_token() {
    let api = api([]);
    let header = [("x-okta-token", EXPIRED_TOKEN)];
    for (method, path) in [
        ("GET", "/api/conversations"),
        ("DELETE", "/api/conversations?confirm=true"),
        ("GET", "/api/conversations/c1"),
        ("DELETE", "/api/conversations/c1"),
        ("POST", "/api/conversations/c1/clear"),
        ("POST", "/api/tools/fetch"),
    ] {
        api.send(request(ADA, method, path, &header, String::new())).await.assert_error(401, "token/expired");
        let mut unverified = request(ADA, method, path, &[], String::new());
        unverified.extensions_mut().clear();
        api.send(unverified).await.assert_error(403, "caller/unknown");
    }
}

#[tokio::test]
async fn the_header_goes_before_the_field() {
    let api = api([says("Hello.")]);
    let body = json!({"message": "hi", "okta_token": EXPIRED_TOKEN, "use_tools": false}).to_string();
    let reply = api.send(request(ADA, "POST", "/chat", &[("x-okta-token", TOKEN)], body)).await;
    assert_eq!(reply.status, StatusCode::OK);
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
async fn a_users_conversations_and_those_of_the_principal_alone_stay_apart() {
    let api = api([says("Hello.")]);
    let asked = json!({"message": "hi", "conversation_id": "c1", "okta_token": TOKEN, "use_tools": false});
    api.post("/chat", asked).await;
    let list = |token: Option<&'static str>| {
        let headers: Vec<_> = token.map(|token| ("x-okta-token", token)).into_iter().collect();
        let listed = api.send(request(ADA, "GET", "/api/conversations", &headers, String::new()));
        async move { listed.await.json()["count"].clone() }
    };
    assert_eq!(list(Some(TOKEN)).await, 1);
    assert_eq!(list(Some(OTHER_TOKEN)).await, 0, "another user with the same role");
    assert_eq!(list(None).await, 0, "the same role without a token");
}
