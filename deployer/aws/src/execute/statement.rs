//! The gateway role's statement in the tool function's resource policy.

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use deployer_core::Failure;
use deployer_core::desired::DesiredStatement;
use deployer_core::observed::ObservedStatement;

use super::context::Context;
use crate::errors::{Kind, Trouble, failed, found};
use crate::observe::statement_of;
use crate::wait::Pace;

/// Adds the statement; `replace` removes the one of the same id first, since Lambda cannot change one.
pub async fn ensure(context: &Context<'_>, replace: bool, statement: &DesiredStatement) -> Result<String, Failure> {
    settled(context, &statement.function_name).await?;
    if replace {
        remove(context, &statement.function_name, &statement.statement_id).await?;
    }
    let doing = format!("let {} invoke function `{}`", statement.principal, statement.function_name);
    let added = context.until(Pace::IAM, &doing, async || add(context, statement, &doing).await);
    added.await?;
    Ok(if replace { "replaced" } else { "added" }.into())
}

/// Removes the statement; one that is gone already is fine.
pub async fn remove(context: &Context<'_>, function: &str, statement_id: &str) -> Result<String, Failure> {
    let request = context.clients.lambda().remove_permission().function_name(function).statement_id(statement_id);
    let doing = format!("remove statement `{statement_id}` from function `{function}`");
    match found(request.send().await).map_err(|trouble| trouble.failure(doing))? {
        Some(_) => Ok("removed".into()),
        None => Ok("already gone".into()),
    }
}

/// None when it is worth another try: the role is so new that Lambda does not know it.
async fn add(context: &Context<'_>, statement: &DesiredStatement, doing: &str) -> Result<Option<()>, Failure> {
    let request = context
        .clients
        .lambda()
        .add_permission()
        .function_name(&statement.function_name)
        .statement_id(&statement.statement_id)
        .principal(&statement.principal)
        .action(&statement.action);
    match request.send().await.map_err(Trouble::from) {
        Ok(_) => Ok(Some(())),
        Err(trouble) if trouble.kind == Kind::Conflict => conflict(context, statement, &trouble, doing).await,
        Err(trouble) if context.may_be_iam(&trouble.message) && trouble.kind == Kind::Failed => {
            context.detail("waiting for IAM");
            Ok(None)
        }
        Err(trouble) => Err(trouble.failure(doing)),
    }
}

/// Either the statement is there, because an earlier answer was lost, or the function is busy.
async fn conflict(
    context: &Context<'_>,
    statement: &DesiredStatement,
    trouble: &Trouble,
    doing: &str,
) -> Result<Option<()>, Failure> {
    match current(context, statement).await? {
        Some(found) if is_same(&found, statement) => Ok(Some(())),
        Some(_) => Err(trouble.failure(doing).with_hint("run the same command again: it makes a new plan")),
        None => Ok(None),
    }
}

async fn current(context: &Context<'_>, statement: &DesiredStatement) -> Result<Option<ObservedStatement>, Failure> {
    let doing = format!("read the policy of function `{}`", statement.function_name);
    let request = context.clients.lambda().get_policy().function_name(&statement.function_name);
    let answer = found(request.send().await).map_err(|trouble| trouble.failure(&doing))?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    statement_of(&policy, &statement.statement_id).map_err(|trouble| trouble.failure(&doing))
}

fn is_same(found: &ObservedStatement, desired: &DesiredStatement) -> bool {
    found.principal == desired.principal && found.action == desired.action && found.condition.is_none()
}

/// Waits until the last change of the function has come to a good end.
pub async fn ready(context: &Context<'_>, function: &str) -> Result<(), Failure> {
    let answer = settled(context, function).await?;
    let doing = format!("wait for function `{function}`");
    match (answer.state, answer.last_update_status) {
        (Some(State::Failed), _) => Err(not_ready(&doing, answer.state_reason)),
        (_, Some(LastUpdateStatus::Failed)) => Err(not_ready(&doing, answer.last_update_status_reason)),
        _ => Ok(()),
    }
}

/// Waits until the function takes changes: it refuses them while it is pending or
/// being updated. One whose last change failed takes the next, which may repair it.
pub async fn settled(context: &Context<'_>, function: &str) -> Result<GetFunctionConfigurationOutput, Failure> {
    let doing = format!("wait for function `{function}`");
    let settled = context.until(Pace::RESOURCE, &doing, async || {
        let request = context.clients.lambda().get_function_configuration().function_name(function);
        let answer = request.send().await.map_err(failed(&doing))?;
        let pending = answer.state == Some(State::Pending);
        if pending || answer.last_update_status == Some(LastUpdateStatus::InProgress) {
            context.detail("waiting for the function");
            return Ok(None);
        }
        Ok(Some(answer))
    });
    settled.await
}

fn not_ready(doing: &str, reason: Option<String>) -> Failure {
    Failure::new("aws/failed", doing, reason.unwrap_or_else(|| "AWS gives no reason".into()))
}
