//! How the gateway reaches a tool function; the Lambda runner implements it.

use bytes::Bytes;
use futures::future::BoxFuture;

/// Runs a function and hands back what it returned. Permissions are checked
/// before it is called.
pub trait ToolInvoker: Send + Sync {
    fn invoke(&self, call: ToolInvocation) -> BoxFuture<'_, Result<Bytes, InvokeFailure>>;
}

/// One synchronous invocation.
#[derive(Debug, Clone)]
pub struct ToolInvocation {
    pub function_arn: String,
    /// The bare arguments as a JSON object.
    pub payload: Bytes,
    /// `{"custom": {"bedrockAgentCoreToolName": ..., ...}}`, keys in `contract::tool_call`.
    pub client_context: serde_json::Value,
}

/// The function could not be run, or ended with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvokeFailure {
    pub message: String,
}
