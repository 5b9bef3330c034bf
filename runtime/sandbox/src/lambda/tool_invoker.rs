//! The runner as the gateway's way to its tool function.

use bytes::Bytes;

use super::{
    error::InvokeError,
    exchange::FunctionFailure,
    fate::Fate,
    function::FunctionReference,
    invoke::ascii,
    runner::{Event, Runner},
};
use crate::agentcore::{InvokeFailure, ToolInvocation};

impl Runner {
    /// Invokes a gateway's tool function; its whole answer.
    pub async fn call_tool(&self, call: ToolInvocation, fate: Option<Fate>) -> Result<Bytes, InvokeFailure> {
        let function = FunctionReference::parse(&call.function_arn).map_err(not_invoked)?;
        let function = self.function(&function).await.map_err(not_invoked)?;
        let context = ascii(&call.client_context.to_string());
        let event = Event { payload: call.payload, client_context: Some(context), fate };
        let (_, reply) = self.invoke(function, event).await.map_err(not_invoked)?;
        reply.collect().await.map_err(failed)
    }
}

fn not_invoked(error: InvokeError) -> InvokeFailure {
    InvokeFailure { message: error.to_string() }
}

fn failed(failure: FunctionFailure) -> InvokeFailure {
    let payload = String::from_utf8_lossy(&failure.payload);
    InvokeFailure { message: format!("the function failed: {}: {payload}", failure.error_type) }
}
