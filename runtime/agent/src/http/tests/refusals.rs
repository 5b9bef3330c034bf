//! What is refused, and in which words.

use super::*;
use crate::scripted::says;

#[tokio::test]
async fn another_gateway_is_refused() {
    let api = api([says("ok")]);
    let elsewhere =
        json!({"message": "hi", "bedrock_agentcore_gateway_url": "https://evil.example/mcp", "okta_token": TOKEN});
    api.post("/stream", elsewhere).await.assert_error(400, "request/gateway-url");
    let same = json!({"message": "hi", "bedrock_agentcore_gateway_url": "https://gateway.example/mcp"});
    assert_eq!(api.post("/chat", same).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_requests_are_refused_with_their_reason() {
    let api = api([]);
    let cases = [
        (json!({}), "request/invalid"),
        (json!({"message": "  "}), "request/invalid"),
        (json!({"message": null}), "request/invalid"),
        (json!({"message": "x".repeat(100_001)}), "request/invalid"),
        (json!({"message": "hi", "temperature": 1.5}), "request/invalid"),
        (json!({"message": "hi", "temperature": 1e300}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": 0}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": 8193}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": 9_999_999_999_u64}), "request/invalid"),
        (json!({"message": "hi", "max_tokens": "many"}), "request/invalid"),
        (json!({"message": "hi", "conversation_id": "a b"}), "request/invalid"),
        (json!({"message": "hi", "okta_token": "a b c"}), "request/token"),
        (json!({"massage": "hi"}), "request/unknown-field"),
        (json!(["hi"]), "request/invalid-json"),
    ];
    for (body, code) in cases {
        api.post("/chat", body).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn text_that_is_no_good_json_is_refused() {
    let api = api([]);
    let deep = format!("{{\"message\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let huge = format!("{{\"message\": \"{}\"}}", "x".repeat(300 * 1024));
    for (body, status, code) in [
        ("{\"message\":", 400, "request/invalid-json"),
        ("", 400, "request/invalid-json"),
        ("{\"message\": \"hi\", \"temperature\": NaN}", 400, "request/invalid-json"),
        ("{\"message\": \"hi\", \"temperature\": 1e999}", 400, "request/invalid-json"),
        ("{\"message\": \"\\ud800\"}", 400, "request/invalid-json"),
        (&deep, 400, "request/invalid-json"),
        (&huge, 413, "request/too-large"),
    ] {
        api.post_text("/chat", body.to_owned()).await.assert_error(status, code);
    }
}

#[tokio::test]
async fn the_wrong_member_is_named_with_what_it_must_be_and_not_repeated() {
    let api = api([]);
    for (body, words) in [
        (r#"{"message": "hi", "max_tokens": "m4ny"}"#, "`max_tokens` must be a whole number"),
        (r#"{"message": "hi", "max_tokens": 1e3}"#, "written without point or exponent"),
        (r#"{"message": "hi", "use_tools": "m4ny"}"#, "`use_tools` must be true or false"),
        (r#"{"approvals": [{"id": "m4ny"}], "conversation_id": "c1"}"#, "`approvals` must be a list of"),
        (r#"{"message": "m4ny", "message": "hi"}"#, "given twice"),
        (
            r#"{"conversation_id": "c1", "approvals": [{"id": "a", "approved": false, "approved": true}]}"#,
            "given twice",
        ),
    ] {
        let reply = api.post_text("/chat", body.into()).await;
        reply.assert_error(400, "request/invalid");
        assert!(reply.text.contains(words) && !reply.text.contains("m4ny"), "{}", reply.text);
    }
}

#[tokio::test]
async fn query_parameters_that_a_call_does_not_take_are_refused() {
    let api = api([]);
    for (method, path) in [
        ("GET", "/health?deep=true"),
        ("POST", "/chat?message=hi"),
        ("GET", "/api/conversations?page=2"),
        ("DELETE", "/api/conversations?confirmed=true"),
        ("GET", "/api/conversations/c1?cursor=x"),
        ("DELETE", "/api/conversations/c1?confirm=true"),
        ("POST", "/api/conversations/c1/clear?all=1"),
        ("POST", "/api/tools/fetch?refresh=1"),
    ] {
        api.call(ADA, method, path).await.assert_error(400, "request/unknown-field");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_error_form() {
    let api = api([]);
    api.call(ADA, "GET", "/nothing").await.assert_error(404, "request/not-found");
    for (method, path, allowed) in
        [("DELETE", "/chat", "POST"), ("OPTIONS", "/chat", "POST"), ("PUT", "/api/conversations", "GET,HEAD,DELETE")]
    {
        let reply = api.call(ADA, method, path).await;
        reply.assert_error(405, "request/method");
        assert_eq!(reply.headers["allow"], allowed);
    }
}

#[tokio::test]
async fn an_id_that_is_no_text_is_refused_in_the_error_form() {
    let api = api([]);
    for path in
        ["/api/conversations/%FF", "/api/conversations/a%2Fb", "/api/conversations/%20", "/api/conversations/%00"]
    {
        api.call(ADA, "GET", path).await.assert_error(400, "request/invalid");
    }
}
