//! Who may use the agent's URL: the statements of its function's policy that the
//! stack made. Statements of others stay.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::FunctionUrlAuthType;
use deployer_core::Failure;
use deployer_core::resource::{FunctionPolicy, Statement};

use super::repairs::Repairs;
use crate::errors::{Kind, Trouble};
use crate::execute::context::Context;
use crate::execute::statement::{remove, settled};
use crate::observe::live;
use crate::wait::Pace;

/// Adds a statement that is missing under the Sid by which its stack knows it,
/// so that the stack can still take it away; one that differs is made again,
/// since Lambda cannot change one.
pub async fn ensure(context: &Context<'_>, wanted: &FunctionPolicy) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let stack = context.settings.names().application_stack();
    let ids = live::statement_ids(context.clients, &stack).await;
    let ids = ids.map_err(|trouble| trouble.failure(format!("read the resources of stack `{stack}`")))?;
    let found = statements(context, wanted).await?;
    for (logical_id, statement) in &wanted.statements {
        let sid = ids.get(logical_id).ok_or_else(|| unknown(&stack, logical_id))?;
        match found.get(sid) {
            Some(found) if found == statement => continue,
            Some(_) => drop(remove(context, &wanted.function_name, sid).await?),
            None => {}
        }
        settled(context, &wanted.function_name).await?;
        let addition = Addition { context, policy: wanted, sid, statement };
        addition.add().await?;
        repairs.note(logical_id);
    }
    Ok(repairs)
}

async fn statements(context: &Context<'_>, wanted: &FunctionPolicy) -> Result<BTreeMap<String, Statement>, Failure> {
    let found = live::statements(context.clients, &wanted.function_name).await;
    found.map_err(|trouble| trouble.failure(format!("read the policy of function `{}`", wanted.function_name)))
}

fn unknown(stack: &str, logical_id: &str) -> Failure {
    let doing = format!("add statement {logical_id}");
    Failure::new("plan/stale", doing, format!("stack {stack} has no permission of this name"))
        .with_hint("run the same command again: it makes a new plan")
}

/// One statement on its way into the policy.
struct Addition<'a> {
    context: &'a Context<'a>,
    policy: &'a FunctionPolicy,
    sid: &'a str,
    statement: &'a Statement,
}

impl Addition<'_> {
    async fn add(&self) -> Result<(), Failure> {
        let Statement { principal, action, .. } = self.statement;
        let doing = format!("let {principal} {action} on function `{}`", self.policy.function_name);
        self.context.until(Pace::IAM, &doing, async || self.attempt(&doing).await).await
    }

    /// None when it is worth another try: IAM has not told Lambda of the principal yet, or the function is busy.
    async fn attempt(&self, doing: &str) -> Result<Option<()>, Failure> {
        let Self { context, policy, sid, statement } = self;
        let request = context
            .clients
            .lambda()
            .add_permission()
            .function_name(&policy.function_name)
            .statement_id(*sid)
            .principal(&statement.principal)
            .action(&statement.action)
            .set_function_url_auth_type(statement.function_url_auth_type.as_deref().map(FunctionUrlAuthType::from))
            .set_invoked_via_function_url(statement.via_function_url.then_some(true));
        match request.send().await.map_err(Trouble::from) {
            Ok(_) => Ok(Some(())),
            Err(trouble) if trouble.kind == Kind::Conflict => {
                // An earlier answer may have been lost.
                let found = statements(context, policy).await?;
                match found.get(*sid) {
                    Some(found) if found != *statement => Err(trouble.failure(doing)),
                    found => Ok(found.map(drop)),
                }
            }
            Err(trouble) if trouble.kind == Kind::Failed && context.may_be_iam(&trouble.message) => {
                context.detail("waiting for IAM");
                Ok(None)
            }
            Err(trouble) => Err(trouble.failure(doing)),
        }
    }
}
