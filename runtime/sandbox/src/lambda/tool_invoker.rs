//! The runner as the gateway's way to its tool function.

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{
    error::InvokeError,
    exchange::FunctionFailure,
    function::FunctionReference,
    invoke::ascii,
    runner::{Event, Runner},
};
use crate::agentcore::{InvokeFailure, ToolInvocation, ToolInvoker};

impl ToolInvoker for Runner {
    fn invoke(&self, call: ToolInvocation) -> BoxFuture<'_, Result<Bytes, InvokeFailure>> {
        Box::pin(async move {
            let function = FunctionReference::parse(&call.function_arn).map_err(not_invoked)?;
            let function = self.function(&function).await.map_err(not_invoked)?;
            let context = ascii(&call.client_context.to_string());
            let event = Event { payload: call.payload, client_context: Some(context) };
            let (_, reply) = Runner::invoke(self, function, event).await.map_err(not_invoked)?;
            reply.collect().await.map_err(failed)
        })
    }
}

fn not_invoked(error: InvokeError) -> InvokeFailure {
    InvokeFailure { message: error.to_string() }
}

fn failed(failure: FunctionFailure) -> InvokeFailure {
    let payload = String::from_utf8_lossy(&failure.payload);
    InvokeFailure { message: format!("the function failed: {}: {payload}", failure.error_type) }
}
