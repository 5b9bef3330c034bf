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
use super::stateless;
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
            let request = McpRequest { id: &id, method: &method, params: &params };
            let supported = mcp::supported_versions(&entry.gateway);
            let serves_stateless = supported.contains(&stateless::VERSION);
            match serves_stateless && stateless::is_stateless(&parts.headers, &params) {
                true => answer_stateless(&core, &entry, &parts.headers, request, &supported).await,
                false => answer_with_handshake(&core, &entry, &parts.headers, request, &supported).await,
            }
        }
    }
}

/// Errors are answers of status 200, as those of every version with a handshake.
async fn answer_with_handshake(
    core: &AgentCore,
    entry: &Entry,
    headers: &HeaderMap,
    request: McpRequest<'_>,
    supported: &[&str],
) -> Response {
    let id = request.id;
    if request.method != "initialize" && !speaks_our_version(headers, supported) {
        return malformed(id, "Unsupported protocol version in MCP-Protocol-Version");
    }
    Json(match mcp::answer(core, entry, request).await {
        Ok(result) => json_rpc::result(id, result),
        Err(error) => json_rpc::error(id, &error),
    })
    .into_response()
}

async fn answer_stateless(
    core: &AgentCore,
    entry: &Entry,
    headers: &HeaderMap,
    request: McpRequest<'_>,
    supported: &[&str],
) -> Response {
    let id = request.id;
    if let Err(error) = stateless::check(headers, request.method, request.params, supported) {
        return answer(StatusCode::BAD_REQUEST, &json_rpc::error(id, &error));
    }
    match mcp::answer_stateless(core, entry, request).await {
        Ok(result) => Json(json_rpc::result(id, result)).into_response(),
        Err(error) => answer(stateless::status(&error), &json_rpc::error(id, &error)),
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
fn speaks_our_version(headers: &HeaderMap, supported: &[&str]) -> bool {
    let Some(version) = headers.get(stateless::VERSION_HEADER) else { return true };
    let with_handshake = supported.iter().filter(|version| **version != stateless::VERSION);
    with_handshake.into_iter().any(|supported| version.as_bytes() == supported.as_bytes())
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
#[path = "data_tests.rs"]
mod tests;
