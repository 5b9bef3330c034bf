//! A change set that was asked for: the wait until it is computed, its execution, its removal.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{ChangeSetStatus, ExecutionStatus, StackStatus};
use deployer_core::Failure;

use super::context::Context;
use super::stack::describe;
use crate::errors::{Trouble, failed};
use crate::wait::Pace;

/// One change set by its names.
pub struct MadeChangeSet<'a> {
    pub context: &'a Context<'a>,
    pub stack: &'a str,
    pub name: &'a str,
    pub doing: &'a str,
}

impl MadeChangeSet<'_> {
    /// Once CloudFormation has computed it, or has failed to.
    pub async fn computed(&self) -> Result<DescribeChangeSetOutput, Failure> {
        let computed = self.context.until(Pace::RESOURCE, self.doing, async || {
            let answer = self.describe(None).await?;
            if answer.execution_status == Some(ExecutionStatus::Obsolete) {
                let cause = "another change set of the stack was executed meanwhile";
                return Err(Failure::new("plan/stale", self.doing, cause).with_hint("run the same command again"));
            }
            let ready = answer.status == Some(ChangeSetStatus::CreateComplete)
                && answer.execution_status == Some(ExecutionStatus::Available);
            Ok((ready || answer.status == Some(ChangeSetStatus::Failed)).then_some(answer))
        });
        computed.await
    }

    pub async fn describe(&self, page: Option<String>) -> Result<DescribeChangeSetOutput, Failure> {
        let request = self.context.clients.cloudformation().describe_change_set();
        let request = request.stack_name(self.stack).change_set_name(self.name).set_next_token(page);
        request.send().await.map_err(failed(format!("read the change set of stack `{}`", self.stack)))
    }

    pub async fn execute(&self) -> Result<(), Failure> {
        let request = self.context.clients.cloudformation().execute_change_set();
        let request = request.stack_name(self.stack).change_set_name(self.name);
        let Err(error) = request.client_request_token(self.context.token("execute")).send().await else {
            return Ok(());
        };
        let failure = failed(self.doing)(error);
        match self.describe(None).await.map(|answer| answer.execution_status) {
            // An attempt whose answer was lost has started it.
            Ok(Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete)) => Ok(()),
            _ => Err(failure),
        }
    }

    /// Removes a change set that will not be executed. Nothing depends on it: what
    /// stays is replaced by the next run.
    pub async fn discard(&self) {
        let cloudformation = self.context.clients.cloudformation();
        let request = cloudformation.delete_change_set().stack_name(self.stack).change_set_name(self.name);
        if let Err(error) = request.send().await {
            tracing::debug!(error = %Trouble::from(error).message, "the change set stays");
        }
    }

    /// Removes the empty stack that the creation of a change set leaves, unless
    /// another run has filled it meanwhile.
    pub async fn discard_empty_stack(&self) {
        let found = describe(self.context, self.stack).await.ok().flatten();
        let Some(empty) = found.filter(|found| found.stack_status == Some(StackStatus::ReviewInProgress)) else {
            return;
        };
        let request = self.context.clients.cloudformation().delete_stack().set_stack_name(empty.stack_id);
        if let Err(error) = request.send().await {
            tracing::debug!(error = %Trouble::from(error).message, "the empty stack stays");
        }
    }
}
