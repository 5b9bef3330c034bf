//! The data plane as a client sees it, but for the protocol's versions.

use std::sync::atomic::Ordering;

use super::*;
use crate::agentcore::fixture::{FUNCTION, World, reqwest_client};

#[tokio::test]
async fn the_function_gets_bare_arguments_and_the_tools_full_name() {
    let world = World::start().await;
    let id = world.gateway_with_tools(1).await;
    let result = world.call(&id, "aws___tool_0", json!({"query": "x"})).await;
    assert_eq!(result, json!({"isError": false, "content": [{"type": "text", "text": r#"{"echo":{"query":"x"}}"#}]}));
    let calls = world.function.calls.lock().unwrap();
    assert_eq!((calls.len(), calls[0].function_arn.as_str()), (1, FUNCTION));
    assert_eq!(calls[0].payload, r#"{"query":"x"}"#);
    let custom = &calls[0].client_context["custom"];
    assert_eq!(custom["bedrockAgentCoreToolName"], "aws___tool_0");
    assert_eq!(custom["bedrockAgentCoreMcpMessageId"], "7");
    assert_eq!(custom["bedrockAgentCoreGatewayId"], id);
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_401_with_a_challenge() {
    let world = World::start().await;
    let id = world.gateway().await;
    let day_ago = time::OffsetDateTime::now_utc().unix_timestamp() - 86_400;
    let bad = [
        ("Missing Bearer token", None),
        ("Invalid Bearer token", Some("garbage".to_string())),
        ("Invalid Bearer token", Some(world.forged(json!({"exp": day_ago})).await)),
        ("Invalid Bearer token", Some(world.forged(json!({"nbf": day_ago + 2 * 86_400})).await)),
        ("Invalid Bearer token", Some(world.forged(json!({"aud": "api://other"})).await)),
        ("Invalid Bearer token", Some(world.forged(json!({"iss": "https://other"})).await)),
        ("Invalid Bearer token", Some(format!("{}x", world.forged(json!({})).await))),
    ];
    for (message, token) in bad {
        let mut request = reqwest_client().post(world.mcp_url(&id)).json(&json!({}));
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{token:?}");
        let metadata = format!("{}/_aws/agentcore/{id}/{METADATA_PATH}", world.base_url);
        assert_eq!(answer.headers()["www-authenticate"], format!("Bearer resource_metadata=\"{metadata}\""));
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], json!({"code": -32001, "message": message}));
        let document: Value = reqwest_client().get(metadata).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["authorization_servers"], json!([format!("{}/oauth2/default", world.base_url)]));
    }
}

#[tokio::test]
async fn a_symmetric_signature_with_the_public_key_is_refused() {
    let world = World::start().await;
    let id = world.gateway().await;
    let good = world.forged(json!({})).await;
    let claims = good.split('.').nth(1).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let key = jsonwebtoken::EncodingKey::from_secret(b"public");
    let symmetric = jsonwebtoken::encode(&header, &json!({"exp": 9_999_999_999_i64}), &key).unwrap();
    let none = format!("eyJhbGciOiJub25lIn0.{claims}.");
    for token in [symmetric, none] {
        let answer = reqwest_client().post(world.mcp_url(&id)).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
}

#[tokio::test]
async fn a_token_without_an_allowed_scope_is_403() {
    let world = World::start().await;
    let mut authorizer = world.jwt_authorizer();
    authorizer.allowed_scopes = Some(vec!["admin".into()]);
    let configuration =
        aws_sdk_bedrockagentcorecontrol::types::AuthorizerConfiguration::CustomJwtAuthorizer(authorizer);
    let request = world.create_gateway("scoped").authorizer_configuration(configuration);
    let id = request.send().await.unwrap().gateway_id;
    world.settled_gateway(&id).await;
    let request = reqwest_client().post(world.mcp_url(&id)).bearer_auth(world.token().await);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_string();
    assert!(challenge.starts_with("Bearer error=\"insufficient_scope\", scope=\"admin\""), "{challenge}");
}

#[tokio::test]
async fn faulty_requests_get_the_error_codes_of_json_rpc() {
    let world = World::start().await;
    let id = world.gateway_with_tools(1).await;
    let request = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    for (body, status, code) in [
        (json!([]), 400, -32600),
        (request("resources/list", json!({})), 200, -32601),
        (request("tools/call", json!({"name": "aws___nothing"})), 200, -32602),
        (request("tools/list", json!({"cursor": "?"})), 200, -32602),
    ] {
        let (found, answer) = world.post(&id, body.clone()).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{body}");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(world.post(&id, notification).await, (202, Value::Null));
    assert_eq!(world.post("nobody-0000000000", json!({})).await.0, 404);
}

#[tokio::test]
async fn bad_arguments_never_reach_the_function() {
    let world = World::start().await;
    let id = world.gateway_with_tools(1).await;
    let result = world.call(&id, "aws___tool_0", json!({"query": 5})).await;
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, "Parameter validation failed: Field 'query' must be of type string");
    assert!(world.function.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failing_function_shows_its_cause_to_debug_gateways_only() {
    let world = World::start().await;
    let quiet = world.gateway_with_tools(1).await;
    let request = world.create_gateway("loud").exception_level("DEBUG".into());
    let loud = request.send().await.unwrap().gateway_id;
    world.settled_gateway(&loud).await;
    let target = world.create_target(&loud, 1).send().await.unwrap();
    world.settled_target(&loud, target.target_id()).await;
    world.function.fails.store(true, Ordering::SeqCst);
    let text = |result: Value| result["content"][0]["text"].as_str().unwrap().to_string();
    let hidden = text(world.call(&quiet, "aws___tool_0", json!({"query": "x"})).await);
    assert_eq!(hidden, "An internal error occurred. Please retry later.");
    let shown = text(world.call(&loud, "aws___tool_0", json!({"query": "x"})).await);
    assert!(shown.contains("the function broke"), "{shown}");
}

#[tokio::test]
async fn a_gateway_that_lost_its_permission_does_not_invoke() {
    let world = World::start().await;
    let id = world.gateway_with_tools(1).await;
    world.lock.is_locked.store(true, Ordering::SeqCst);
    let result = world.call(&id, "aws___tool_0", json!({"query": "x"})).await;
    assert_eq!(result["isError"], true);
    assert!(world.function.calls.lock().unwrap().is_empty());
}
