//! `tools/call`: find the tool, check arguments and permissions, invoke the function.

use bytes::Bytes;
use contract::tool_call as keys;
use serde_json::{Value, json};
use uuid::Uuid;

use super::arguments;
use super::invoker::ToolInvocation;
use super::json_rpc::{INVALID_PARAMS, RpcError};
use super::mcp::tools;
use super::model::{Entry, Target};
use super::service::AgentCore;

const MESSAGE_VERSION: &str = "1.0";
const INTERNAL_ERROR: &str = "An internal error occurred. Please retry later.";

/// A call as the client asked for it.
pub(super) struct Call {
    message_id: String,
    name: String,
    arguments: Value,
}

impl Call {
    pub(super) fn read(id: &Value, params: &Value) -> Result<Self, RpcError> {
        let name = params["name"].as_str().ok_or_else(|| RpcError::new(INVALID_PARAMS, "params.name is missing"))?;
        let arguments = params.get("arguments").filter(|arguments| !arguments.is_null());
        let message_id = id.as_str().map_or_else(|| id.to_string(), str::to_string);
        let arguments = arguments.cloned().unwrap_or_else(|| json!({}));
        Ok(Self { message_id, name: name.into(), arguments })
    }
}

/// What ran wrong goes into the result, where the model can read it; only an
/// unknown tool is an error of the protocol.
pub(super) async fn call(core: &AgentCore, entry: &Entry, call: Call) -> Result<Value, RpcError> {
    let found = tools(entry).into_iter().find(|(target, tool)| tool.full_name(&target.settings.name) == call.name);
    let Some((target, tool)) = found else {
        return Err(RpcError::new(INVALID_PARAMS, format!("Unknown tool: {}", call.name)));
    };
    let faults = arguments::faults(&tool.input_schema, &call.arguments);
    if !faults.is_empty() {
        return Ok(tool_result(true, format!("Parameter validation failed: {}", faults.join("; "))));
    }
    match invoke(core, entry, target, &call).await {
        Ok(output) => Ok(tool_result(false, compact(&output))),
        Err(cause) => {
            tracing::warn!(gateway = entry.gateway.gateway_id, tool = call.name, cause, "a tool call failed");
            let shows_cause = entry.gateway.settings.exception_level.as_deref() == Some("DEBUG");
            Ok(tool_result(true, if shows_cause { cause } else { INTERNAL_ERROR.into() }))
        }
    }
}

async fn invoke(core: &AgentCore, entry: &Entry, target: &Target, call: &Call) -> Result<Bytes, String> {
    core.permissions.check(&core.call_of(entry, target)).await.map_err(|refusal| refusal.to_string())?;
    let invocation = ToolInvocation {
        function_arn: target.settings.lambda_arn.clone(),
        payload: Bytes::from(call.arguments.to_string()),
        client_context: json!({"custom": {
            keys::CONTEXT_MESSAGE_VERSION: MESSAGE_VERSION,
            keys::CONTEXT_REQUEST_ID: Uuid::new_v4().to_string(),
            keys::CONTEXT_MCP_MESSAGE_ID: call.message_id,
            keys::CONTEXT_GATEWAY_ID: entry.gateway.gateway_id,
            keys::CONTEXT_TARGET_ID: target.target_id,
            keys::CONTEXT_TOOL_NAME: call.name,
        }}),
    };
    let function_arn = &target.settings.lambda_arn;
    let invoked = core.invoker.invoke(invocation).await;
    invoked.map_err(|failure| format!("Lambda function {function_arn} failed: {failure}"))
}

fn tool_result(is_error: bool, text: String) -> Value {
    json!({"isError": is_error, "content": [{"type": "text", "text": text}]})
}

/// The whole return value as compact JSON; what is no JSON stays as it is.
fn compact(output: &[u8]) -> String {
    match serde_json::from_slice::<Value>(output) {
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(output).into_owned(),
    }
}
