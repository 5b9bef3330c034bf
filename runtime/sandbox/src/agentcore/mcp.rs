//! The gateway as an MCP server: which methods it answers and how.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::json_rpc::{INVALID_PARAMS, METHOD_NOT_FOUND, RpcError};
use super::model::{Entry, Gateway, Target, ToolDefinition};
use super::service::AgentCore;
use super::stateless;
use super::tool_calls::{self, Call};

/// Versions of the protocol, oldest first; the last one has no handshake.
pub(super) const PROTOCOL_VERSIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", stateless::VERSION];
const TOOLS_A_PAGE: usize = 30;

/// Answers one request of an authorised client that speaks a version with a handshake.
pub(super) async fn answer(core: &AgentCore, entry: &Entry, request: McpRequest<'_>) -> Result<Value, RpcError> {
    match request.method {
        "initialize" => initialize(&entry.gateway, request.params),
        // AWS does not document it; the protocol asks every server to answer it.
        "ping" => Ok(json!({})),
        _ => serve(core, entry, request).await,
    }
}

/// Answers one request of an authorised client that speaks the stateless version.
pub(super) async fn answer_stateless(
    core: &AgentCore,
    entry: &Entry,
    request: McpRequest<'_>,
) -> Result<Value, RpcError> {
    let method = request.method;
    let result = match method {
        "server/discover" => discover(&entry.gateway),
        _ => serve(core, entry, request).await?,
    };
    Ok(stateless::completed(result, method, &server_info()))
}

/// What all versions have.
async fn serve(core: &AgentCore, entry: &Entry, request: McpRequest<'_>) -> Result<Value, RpcError> {
    match request.method {
        "tools/list" => list(entry, request.params),
        "tools/call" => tool_calls::call(core, entry, Call::read(request.id, request.params)?).await,
        other => Err(RpcError::new(METHOD_NOT_FOUND, format!("Method not found: {other}"))),
    }
}

pub(super) struct McpRequest<'a> {
    pub(super) id: &'a Value,
    pub(super) method: &'a str,
    pub(super) params: &'a Value,
}

/// The versions that this gateway accepts, oldest first.
pub(super) fn supported_versions(gateway: &Gateway) -> Vec<&'static str> {
    let configuration = gateway.settings.protocol_configuration.as_ref();
    let chosen = configuration.and_then(|configuration| configuration.mcp.as_ref()?.supported_versions.as_ref());
    let is_chosen = |version: &&str| chosen.is_none_or(|chosen| chosen.iter().any(|chosen| chosen == version));
    PROTOCOL_VERSIONS.into_iter().filter(is_chosen).collect()
}

/// The client's version where we have it, else our latest with a handshake (MCP,
/// "Version negotiation").
fn initialize(gateway: &Gateway, params: &Value) -> Result<Value, RpcError> {
    let supported = supported_versions(gateway);
    let with_handshake: Vec<_> = supported.iter().filter(|version| **version != stateless::VERSION).collect();
    let asked = params["protocolVersion"].as_str().unwrap_or_default();
    let Some(version) = with_handshake.iter().find(|version| ***version == asked).or(with_handshake.last()) else {
        return Err(stateless::unsupported(asked, &supported));
    };
    let mut answer = about(gateway);
    answer["protocolVersion"] = (**version).into();
    answer["serverInfo"] = server_info();
    Ok(answer)
}

fn discover(gateway: &Gateway) -> Value {
    let mut answer = about(gateway);
    answer["supportedVersions"] = json!(supported_versions(gateway));
    answer
}

fn about(gateway: &Gateway) -> Value {
    let mut about = json!({"capabilities": {"tools": {"listChanged": false}}});
    let mcp = gateway.settings.protocol_configuration.as_ref().and_then(|configuration| configuration.mcp.as_ref());
    if let Some(instructions) = mcp.and_then(|mcp| mcp.instructions.as_ref()) {
        about["instructions"] = instructions.as_str().into();
    }
    about
}

fn server_info() -> Value {
    json!({"name": "agentcore-gateway", "version": "1.0.0"})
}

/// Tools of all targets that work, by target and in the order of their schema.
pub(super) fn tools(entry: &Entry) -> Vec<(&Target, &ToolDefinition)> {
    let serving = entry.targets.values().filter(|target| target.status.is_serving());
    serving.flat_map(|target| target.settings.tools.iter().map(move |tool| (target, tool))).collect()
}

fn list(entry: &Entry, params: &Value) -> Result<Value, RpcError> {
    let all = tools(entry);
    let start = match params.get("cursor").filter(|cursor| !cursor.is_null()) {
        None => 0,
        Some(cursor) => offset(cursor).filter(|start| *start < all.len()).ok_or_else(bad_cursor)?,
    };
    let size = if has_pages(&entry.gateway) { TOOLS_A_PAGE } else { usize::MAX };
    let page: Vec<_> = all.iter().skip(start).take(size).map(|(target, tool)| shown(target, tool)).collect();
    let next = start + page.len();
    let mut answer = json!({"tools": page});
    if next < all.len() {
        answer["nextCursor"] = URL_SAFE_NO_PAD.encode(next.to_string()).into();
    }
    Ok(answer)
}

/// Without the output schema: clients would then ask for structured results,
/// which the service is not known to give for Lambda targets.
fn shown(target: &Target, tool: &ToolDefinition) -> Value {
    json!({
        "name": tool.full_name(&target.settings.name),
        "description": tool.description,
        "inputSchema": tool.input_schema,
    })
}

fn has_pages(gateway: &Gateway) -> bool {
    let configuration = gateway.settings.protocol_configuration.as_ref();
    let mcp = configuration.and_then(|configuration| configuration.mcp.as_ref());
    mcp.and_then(|mcp| mcp.disable_mcp_list_tools_pagination) != Some(true)
}

fn offset(cursor: &Value) -> Option<usize> {
    let decoded = URL_SAFE_NO_PAD.decode(cursor.as_str()?).ok()?;
    String::from_utf8(decoded).ok()?.parse().ok()
}

fn bad_cursor() -> RpcError {
    RpcError::new(INVALID_PARAMS, "Invalid cursor")
}
