//! The deployed gateway and function URL, spoken to directly.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use system_tests::{Answer, send};

use crate::shared::deployed;

fn call(token: Option<&str>, body: &Value) -> Answer {
    let status = deployed().status();
    let url = status["endpoints"]["gateway_url"].as_str().expect("a gateway");
    send(|http| {
        let request = http.post(url).header("accept", "application/json, text/event-stream").json(body);
        token.into_iter().fold(request, |request, token| request.bearer_auth(token))
    })
}

fn list_tools() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
}

fn token() -> String {
    deployed().deploy(&["token", "--env", "local"]).succeeded().stdout.trim().to_string()
}

#[test]
fn the_gateway_lists_exactly_the_catalogue() {
    let answer: Value = call(Some(&token()), &list_tools()).json();
    let listed = answer["result"]["tools"].as_array().expect("tools");
    let mut listed: Vec<_> = listed.iter().map(|tool| tool["name"].as_str().expect("a name").to_string()).collect();
    let mut wanted: Vec<_> = contract::catalogue().iter().map(|tool| tool.full_name(contract::names::TARGET)).collect();
    listed.sort();
    wanted.sort();
    assert_eq!(listed, wanted);
}

#[test]
fn a_tool_answers_in_one_text_block() {
    let body = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "aws___get_time", "arguments": {}}});
    let answer: Value = call(Some(&token()), &body).json();
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    let tool: Value = serde_json::from_str(text).expect("the function's JSON");
    assert_eq!((&tool["success"], &tool["tool"]), (&json!(true), &json!("get_time")));
}

#[test]
fn a_missing_token_is_refused_as_aws_does() {
    let answer = call(None, &list_tools());
    assert_eq!(answer.status, 401);
    let challenge = answer.headers["www-authenticate"].to_str().expect("text").to_string();
    assert!(challenge.starts_with("Bearer resource_metadata="), "{challenge}");
    let body: Value = answer.json();
    assert_eq!((&body["error"]["code"], &body["error"]["message"]), (&json!(-32001), &json!("Missing Bearer token")));
}

#[test]
fn wrong_and_expired_tokens_are_refused() {
    let tampered = format!("{}x", token());
    let expired = signed(json!({}), -60);
    let other_audience = signed(json!({"aud": "api://other"}), 600);
    for (name, token) in [("tampered", tampered), ("expired", expired), ("audience", other_audience)] {
        let answer = call(Some(&token), &list_tools());
        assert_eq!(answer.status, 401, "{name}");
        let body: Value = answer.json();
        assert_eq!(body["error"]["message"], "Invalid Bearer token", "{name}");
    }
    let good = call(Some(&signed(json!({}), 600)), &list_tools());
    assert_eq!(good.status, 200, "the same token with nothing wrong is accepted");
}

/// A token signed with the local issuer's own key.
fn signed(claims: Value, seconds: i64) -> String {
    let place = deployed();
    let issuer = place.status()["endpoints"]["issuer"].as_str().expect("an issuer").to_string();
    let keys: Value = send(|http| http.get(format!("{issuer}/v1/keys"))).json();
    let mut header = Header::new(Algorithm::RS256);
    header.kid = keys["keys"][0]["kid"].as_str().map(str::to_string);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64;
    let mut all = json!({"iss": issuer, "aud": "api://default", "sub": "somebody", "cid": "chat-local",
        "iat": now - 120, "exp": now + seconds});
    for (name, value) in claims.as_object().expect("an object") {
        all[name] = value.clone();
    }
    let key = std::fs::read(place.state().join("sandbox/issuer/signing-key.pem")).expect("the issuer's key");
    encode(&header, &all, &EncodingKey::from_rsa_pem(&key).expect("a PEM key")).expect("a token")
}

#[test]
fn the_function_url_wants_a_signature() {
    let status = deployed().status();
    let url = format!("{}health", status["endpoints"]["function_url"].as_str().expect("a URL"));
    assert_eq!(send(|http| http.get(url)).status, 403);
}
