//! The data plane's HTTP: MCP over streamable HTTP with JSON answers, the
//! check of the caller, and the protected-resource metadata of RFC 9728.

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::authorizer::JwtAuthorizer;
use super::fault::{Fault, answer};
use super::json_rpc::{self, INVALID_REQUEST, Message, RpcError, UNAUTHORIZED};
use super::mcp::{self, McpRequest};
use super::model::{AuthorizerType, Entry};
use super::service::AgentCore;
use super::token::{self, TokenFault};

/// The service's limit for a synchronous invocation.
const MAX_BODY: usize = 6 * 1024 * 1024;
const METADATA_PATH: &str = ".well-known/oauth-protected-resource";

pub(super) fn router(core: AgentCore) -> Router {
    Router::new()
        .route("/_aws/agentcore/{id}/mcp", post(mcp))
        .route(&format!("/_aws/agentcore/{{id}}/{METADATA_PATH}"), get(metadata))
        .with_state(core)
}

async fn mcp(State(core): State<AgentCore>, Path(id): Path<String>, request: Request) -> Response {
    let Some(entry) = serving(&core, &id) else { return not_found(&id) };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return malformed(&Value::Null, "Request body is too large or incomplete");
    };
    if let Err(refused) = admit(&core, &entry, &parts, &body).await {
        return *refused;
    }
    match json_rpc::parse(&body) {
        Err(fault) => malformed(&Value::Null, fault),
        Ok(Message::Unanswered) => StatusCode::ACCEPTED.into_response(),
        Ok(Message::Request { id, method, params }) => {
            if method != "initialize" && !speaks_our_version(&entry, &parts.headers) {
                return malformed(&id, "Unsupported protocol version in MCP-Protocol-Version");
            }
            let request = McpRequest { id: &id, method: &method, params: &params };
            Json(match mcp::answer(&core, &entry, request).await {
                Ok(result) => json_rpc::result(&id, result),
                Err(error) => json_rpc::error(&id, &error),
            })
            .into_response()
        }
    }
}

fn serving(core: &AgentCore, id: &str) -> Option<Entry> {
    let entry = core.store.read(|state| state.gateways.get(id).cloned())?;
    entry.gateway.status.is_serving().then_some(entry)
}

fn not_found(id: &str) -> Response {
    Fault::NotFound(format!("Gateway with ID: {id} does not exist or is not ready")).into_response()
}

/// Clients without the header speak a version from before it.
fn speaks_our_version(entry: &Entry, headers: &HeaderMap) -> bool {
    let Some(version) = headers.get("mcp-protocol-version") else { return true };
    mcp::supported_versions(&entry.gateway).iter().any(|supported| version.as_bytes() == supported.as_bytes())
}

/// Boxed, since an answer is large and the common case is none.
async fn admit(core: &AgentCore, entry: &Entry, parts: &Parts, body: &[u8]) -> Result<(), Box<Response>> {
    let settings = &entry.gateway.settings;
    match (settings.authorizer_type, &settings.authorizer_configuration) {
        (AuthorizerType::None, _) => Ok(()),
        (AuthorizerType::AwsIam, _) => admit_signer(core, entry, parts, body).await,
        (AuthorizerType::CustomJwt, Some(configuration)) => {
            admit_bearer(core, entry, &configuration.custom_jwt, &parts.headers).await
        }
        (AuthorizerType::CustomJwt, None) => Err(Box::new(unauthorized(core, entry, "Invalid Bearer token"))),
    }
}

async fn admit_signer(core: &AgentCore, entry: &Entry, parts: &Parts, body: &[u8]) -> Result<(), Box<Response>> {
    let refused = |denied| Box::new(Fault::Denied(denied).into_response());
    let caller = core.identity.authenticate(parts, body).map_err(refused)?;
    let arn = &entry.gateway.gateway_arn;
    core.identity.authorize(&caller, "bedrock-agentcore:InvokeGateway", arn, &[]).await.map_err(refused)
}

async fn admit_bearer(
    core: &AgentCore,
    entry: &Entry,
    authorizer: &JwtAuthorizer,
    headers: &HeaderMap,
) -> Result<(), Box<Response>> {
    let Some(token) = bearer(headers) else {
        return Err(Box::new(unauthorized(core, entry, "Missing Bearer token")));
    };
    match token::verify(&core.issuer_keys, authorizer, token).await {
        Ok(()) => Ok(()),
        Err(TokenFault::InsufficientScope) => Err(Box::new(insufficient_scope(core, entry, authorizer))),
        Err(TokenFault::Invalid(reason)) => {
            tracing::info!(gateway = entry.gateway.gateway_id, reason, "a token was refused");
            Err(Box::new(unauthorized(core, entry, "Invalid Bearer token")))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn metadata_url(core: &AgentCore, entry: &Entry) -> String {
    format!("{}/{METADATA_PATH}", core.gateway_base(&entry.gateway.gateway_id))
}

fn unauthorized(core: &AgentCore, entry: &Entry, message: &str) -> Response {
    let challenge = format!("Bearer resource_metadata=\"{}\"", metadata_url(core, entry));
    challenged(StatusCode::UNAUTHORIZED, &challenge, message)
}

fn insufficient_scope(core: &AgentCore, entry: &Entry, authorizer: &JwtAuthorizer) -> Response {
    let scopes = authorizer.allowed_scopes.as_deref().unwrap_or_default().join(" ");
    let challenge = format!(
        "Bearer error=\"insufficient_scope\", scope=\"{scopes}\", resource_metadata=\"{}\"",
        metadata_url(core, entry)
    );
    challenged(StatusCode::FORBIDDEN, &challenge, "Insufficient scope")
}

fn challenged(status: StatusCode, challenge: &str, message: &str) -> Response {
    let body = json_rpc::error(&Value::Null, &RpcError::new(UNAUTHORIZED, message));
    let mut response = answer(status, &body);
    if let Ok(challenge) = challenge.parse() {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn malformed(id: &Value, message: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json_rpc::error(id, &RpcError::new(INVALID_REQUEST, message)))
}

/// Which authorization server's tokens open this gateway (RFC 9728, section 2).
async fn metadata(State(core): State<AgentCore>, Path(id): Path<String>) -> Response {
    let Some(entry) = serving(&core, &id) else { return not_found(&id) };
    let configuration = entry.gateway.settings.authorizer_configuration.as_ref();
    let Some(authorizer) = configuration.map(|configuration| &configuration.custom_jwt) else { return not_found(&id) };
    let url = &authorizer.discovery_url;
    let issuer = url.strip_suffix("/.well-known/openid-configuration").unwrap_or(url);
    let mut document = json!({
        "resource": entry.gateway.gateway_url,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
    });
    if let Some(scopes) = &authorizer.allowed_scopes {
        document["scopes_supported"] = json!(scopes);
    }
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(document.to_string()))
        .expect("the head is valid")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::agentcore::fixture::{FUNCTION, World, reqwest_client};
    use rmcp::model::{CallToolRequestParams, ProtocolVersion};
    use rmcp::service::{ClientLifecycleMode, ClientServiceExt};
    use rmcp::transport::StreamableHttpClientTransport;
    use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

    #[tokio::test]
    async fn the_official_client_finds_every_tool_over_all_pages_and_calls_one() {
        let world = World::start().await;
        let id = world.gateway_with_tools(31).await;
        let config = StreamableHttpClientTransportConfig::with_uri(world.mcp_url(&id)).auth_header(world.token().await);
        let transport = StreamableHttpClientTransport::with_client(reqwest_client(), config);
        let mode = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::LATEST],
            legacy_version: Some(ProtocolVersion::V_2025_06_18),
        };
        let client = ().serve_with_lifecycle(transport, mode).await.unwrap();
        assert_eq!(client.list_tools(None).await.unwrap().tools.len(), 30);
        assert_eq!(client.list_all_tools().await.unwrap().len(), 31);
        let arguments = json!({"query": "x"}).as_object().cloned().unwrap();
        let call = CallToolRequestParams::new("aws___tool_30").with_arguments(arguments);
        let result = serde_json::to_value(client.call_tool(call).await.unwrap()).unwrap();
        assert_eq!(result["content"][0]["text"], r#"{"echo":{"query":"x"}}"#);
        client.cancel().await.unwrap();
    }

    #[tokio::test]
    async fn the_function_gets_bare_arguments_and_the_tools_full_name() {
        let world = World::start().await;
        let id = world.gateway_with_tools(1).await;
        let result = world.call(&id, "aws___tool_0", json!({"query": "x"})).await;
        assert_eq!(
            result,
            json!({"isError": false, "content": [{"type": "text", "text": r#"{"echo":{"query":"x"}}"#}]})
        );
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
    async fn versions_are_negotiated_and_others_refused() {
        let world = World::start().await;
        let id = world.gateway().await;
        for (asked, agreed) in
            [("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")]
        {
            let params = json!({"protocolVersion": asked, "capabilities": {}});
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
            let (_, answer) = world.post(&id, body).await;
            assert_eq!(answer["result"]["protocolVersion"], agreed);
            assert_eq!(answer["result"]["serverInfo"]["name"], "agentcore-gateway");
        }
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let request = reqwest_client().post(world.mcp_url(&id)).bearer_auth(world.token().await).json(&list);
        let answer = request.header("mcp-protocol-version", "1999-01-01").send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }

    #[tokio::test]
    async fn faulty_requests_get_the_error_codes_of_json_rpc() {
        let world = World::start().await;
        let id = world.gateway_with_tools(1).await;
        let request =
            |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
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
}
