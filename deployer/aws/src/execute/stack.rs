//! CloudFormation stacks: deploy by change set, delete, wait out every state.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};
use deployer_core::Failure;
use deployer_core::plan::{StackDeployment, StackMode};

use super::context::Context;
use super::stack_events::{self, EventMark};
use super::{change_set, table};
use crate::errors::{code_of_reason, failed, found};
use crate::wait::Pace;

/// Deploys the stack with these values for its parameters; does nothing when AWS sees no change.
pub async fn deploy(
    context: &Context<'_>,
    stack: &StackDeployment,
    parameters: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    match stack.mode {
        StackMode::Recreate => drop(delete(context, &stack.name).await?),
        StackMode::ContinueRollback => continue_rollback(context, &stack.name).await?,
        StackMode::Create | StackMode::Update => {}
    }
    let before = settled(context, &stack.name).await?;
    change_set::apply(context, stack, parameters, before.as_ref()).await
}

/// Deletes the stack and the table that it would leave behind. The table goes
/// first: a run that is killed in between finds the stack again, and with it the rest of the step.
pub async fn delete_with_table(
    context: &Context<'_>,
    name: &str,
    retained_table: Option<&str>,
) -> Result<String, Failure> {
    if let Some(table) = retained_table {
        table::delete(context, table).await?;
    }
    delete(context, name).await
}

async fn delete(context: &Context<'_>, name: &str) -> Result<String, Failure> {
    let Some(stack) = settled(context, name).await? else { return Ok("already gone".into()) };
    let id = stack.stack_id.unwrap_or_default();
    let mark = stack_events::mark(context, &id).await?;
    let request = context.clients.cloudformation().delete_stack().stack_name(&id);
    let request = request.client_request_token(context.token("delete"));
    request.send().await.map_err(failed(format!("delete stack `{name}`")))?;
    match finished(context, &id, &mark, &format!("delete stack `{name}`")).await? {
        StackStatus::DeleteComplete => Ok("deleted".into()),
        status => Err(stack_failure(context, &mark, &format!("delete stack `{name}`"), &status).await),
    }
}

async fn continue_rollback(context: &Context<'_>, name: &str) -> Result<(), Failure> {
    let doing = format!("continue the rollback of stack `{name}`");
    let Some(stack) = settled(context, name).await? else { return Ok(()) };
    if stack.stack_status != Some(StackStatus::UpdateRollbackFailed) {
        return Ok(());
    }
    let id = stack.stack_id.unwrap_or_default();
    let mark = stack_events::mark(context, &id).await?;
    let request = context.clients.cloudformation().continue_update_rollback().stack_name(&id);
    request.client_request_token(context.token("continue")).send().await.map_err(failed(&doing))?;
    match finished(context, &id, &mark, &doing).await? {
        StackStatus::UpdateRollbackComplete => Ok(()),
        status => Err(stack_failure(context, &mark, &doing, &status).await.with_hint(
            "correct the resource that it names by hand, or skip it with `aws cloudformation continue-update-rollback --resources-to-skip`",
        )),
    }
}

/// The stack once nothing works on it any more; None when there is none.
pub async fn settled(context: &Context<'_>, name: &str) -> Result<Option<Stack>, Failure> {
    let doing = format!("wait for stack `{name}`");
    let settled = context.until(Pace::STACK, &doing, async || {
        let stack = describe(context, name).await?;
        if stack.as_ref().is_some_and(|stack| in_progress(stack.stack_status.as_ref())) {
            context.detail("waiting for an earlier operation on the stack");
            return Ok(None);
        }
        Ok(Some(stack))
    });
    settled.await
}

/// Waits until the operation on the stack ends, telling what it works on.
pub async fn finished(context: &Context<'_>, id: &str, mark: &EventMark, doing: &str) -> Result<StackStatus, Failure> {
    let finished = context.until(Pace::STACK, doing, async || {
        let status = describe_any(context, id).await?.and_then(|stack| stack.stack_status);
        let status = status.unwrap_or(StackStatus::DeleteComplete);
        if !in_progress(Some(&status)) {
            return Ok(Some(status));
        }
        if let Some(news) = stack_events::news(&mark.events_since(context).await?) {
            context.detail(news);
        }
        Ok(None)
    });
    finished.await
}

/// The failure of an operation that ended in `status`: the first resource that failed, and why.
pub async fn stack_failure(context: &Context<'_>, mark: &EventMark, doing: &str, status: &StackStatus) -> Failure {
    let cause = match mark.events_since(context).await {
        Ok(events) => stack_events::first_failure(&events),
        Err(failure) => Some(format!("its events cannot be read: {}", failure.cause)),
    };
    let cause = cause.unwrap_or_else(|| format!("the stack is {}", status.as_str()));
    Failure::new(code_of_reason(&cause), doing, cause)
        .with_hint(format!("the stack is now {}; correct the cause and run the same command again", status.as_str()))
}

/// None when there is no such stack, or only a deleted one.
pub async fn describe(context: &Context<'_>, name: &str) -> Result<Option<Stack>, Failure> {
    let stack = describe_any(context, name).await?;
    Ok(stack.filter(|stack| stack.stack_status != Some(StackStatus::DeleteComplete)))
}

/// By name or by id; by id a deleted stack can still be read.
async fn describe_any(context: &Context<'_>, name_or_id: &str) -> Result<Option<Stack>, Failure> {
    let answer = context.clients.cloudformation().describe_stacks().stack_name(name_or_id).send().await;
    let answer = found(answer).map_err(|trouble| trouble.failure(format!("read stack `{name_or_id}`")))?;
    Ok(answer.and_then(|answer| answer.stacks.unwrap_or_default().into_iter().next()))
}

/// REVIEW_IN_PROGRESS is no progress: such a stack waits for a change set to be executed.
fn in_progress(status: Option<&StackStatus>) -> bool {
    status.is_some_and(|status| status.as_str().ends_with("_IN_PROGRESS") && *status != StackStatus::ReviewInProgress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleanup_is_progress_and_review_is_not() {
        assert!(in_progress(Some(&StackStatus::UpdateCompleteCleanupInProgress)));
        assert!(!in_progress(Some(&StackStatus::ReviewInProgress)));
        assert!(!in_progress(Some(&StackStatus::RollbackFailed)));
        assert!(!in_progress(None));
    }
}
