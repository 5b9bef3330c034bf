//! The gateway's way to its tool functions past the faults that are armed for
//! them: it does not come through the front.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{
    disturbance::Faults,
    faults::{Action, Service},
};
use crate::{
    agentcore::{InvokeFailure, ToolInvocation, ToolInvoker},
    lambda::{Fate, Runner, name_of},
};

pub struct DisturbedInvoker {
    pub runner: Runner,
    pub faults: Arc<Faults>,
}

impl ToolInvoker for DisturbedInvoker {
    fn invoke(&self, call: ToolInvocation) -> BoxFuture<'_, Result<Bytes, InvokeFailure>> {
        Box::pin(async move {
            let name = name_of(&call.function_arn).unwrap_or_default();
            let failed = |message: String| Err(InvokeFailure { message });
            match self.faults.strike(Service::Lambda, &name) {
                None => self.runner.call_tool(call, None).await,
                Some(Action::Hang) => self.runner.call_tool(call, Some(Fate::Hang)).await,
                Some(Action::Kill) => self.runner.call_tool(call, Some(Fate::Kill)).await,
                Some(Action::Error(answer)) => failed(format!("{}: {}", answer.code, answer.message)),
                Some(Action::Drop) => failed("the connection was closed without an answer".into()),
            }
        })
    }
}
