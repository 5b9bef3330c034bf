//! CloudFormation stacks: deploy by change set, delete, wait out every state.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackStatus};
use deployer_core::Failure;
use deployer_core::plan::{StackDeployment, StackMode};

use super::context::Context;
use super::stack_events::{self, EventMark};
use super::stack_state::StackState;
use super::{change_set, statement, table};
use crate::errors::{code_of_reason, failed, found};
use crate::wait::Pace;

/// Deploys the stack with these values for its parameters; does nothing when AWS sees no change.
pub async fn deploy(
    context: &Context<'_>,
    stack: &StackDeployment,
    parameters: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    if stack.mode == StackMode::Recreate {
        delete(context, &stack.name).await?;
    }
    let before = match settled(context, &stack.name).await? {
        Some(before) => Some(usable(context, &stack.name, before).await?),
        None => None,
    };
    let summary = change_set::apply(context, stack, parameters, before.as_ref()).await?;
    functions_ready(context, stack).await?;
    Ok(summary)
}

/// A function refuses calls and changes for a while after its stack is complete.
async fn functions_ready(context: &Context<'_>, stack: &StackDeployment) -> Result<(), Failure> {
    if !stack.expected.iter().any(|change| change.resource_type == "AWS::Lambda::Function") {
        return Ok(());
    }
    let names = context.settings.names();
    for function in [names.agent_function(), names.tool_function()] {
        statement::ready(context, &function).await?;
    }
    Ok(())
}

/// The stack once it takes a change set.
async fn usable(context: &Context<'_>, name: &str, stack: Stack) -> Result<Stack, Failure> {
    let doing = format!("deploy stack `{name}`");
    let status = stack.stack_status.clone().unwrap_or(StackStatus::CreateComplete);
    match StackState::of(&status) {
        StackState::Stuck => {
            continue_rollback(context, name, &stack).await?;
            let gone = || Failure::new("plan/stale", &doing, "it is gone");
            settled(context, name).await?.ok_or_else(gone)
        }
        StackState::Lost => Err(Failure::new("plan/stale", doing, format!("it is {}", status.as_str()))
            .with_hint("run the same command again: it makes the stack again")),
        StackState::ByHand => Err(Failure::new("aws/failed", doing, format!("it is {}", status.as_str())).with_hint(
            "look at the stack's events in the CloudFormation console: the import has to be undone by hand",
        )),
        _ => Ok(stack),
    }
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
    let request = request.set_role_arn(context.settings.aws.cloudformation_role.clone());
    let request = request.client_request_token(context.token("delete"));
    request.send().await.map_err(failed(format!("delete stack `{name}`")))?;
    match finished(context, &id, &mark, &format!("delete stack `{name}`")).await? {
        StackStatus::DeleteComplete => Ok("deleted".into()),
        status => Err(stack_failure(context, &mark, &format!("delete stack `{name}`"), &status).await),
    }
}

async fn continue_rollback(context: &Context<'_>, name: &str, stack: &Stack) -> Result<(), Failure> {
    let doing = format!("continue the rollback of stack `{name}`");
    let id = stack.stack_id.clone().unwrap_or_default();
    let mark = stack_events::mark(context, &id).await?;
    context.detail("continuing its rollback");
    let request = context.clients.cloudformation().continue_update_rollback().stack_name(&id);
    let request = request.set_role_arn(context.settings.aws.cloudformation_role.clone());
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
        if stack.as_ref().and_then(Stack::stack_status).is_some_and(is_moving) {
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
        if !is_moving(&status) {
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

fn is_moving(status: &StackStatus) -> bool {
    StackState::of(status) == StackState::Moving
}
