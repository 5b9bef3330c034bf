//! One change set, from its creation to the end of its execution.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, OnStackFailure, Parameter, ResourceChange, Stack, StackStatus, Tag,
};
use deployer_core::Failure;
use deployer_core::ownership::is_owned;
use deployer_core::plan::StackDeployment;

use super::change_set_review::Review;
use super::context::Context;
use super::made_change_set::MadeChangeSet;
use super::stack::{describe, finished, stack_failure};
use super::stack_events::{self, EventMark};
use crate::errors::{Kind, Trouble, code_of_reason};
use crate::wait::Pace;

/// Brings the stack to the template and parameters. `before` is the settled stack, if there is one.
pub async fn apply(
    context: &Context<'_>,
    stack: &StackDeployment,
    parameters: &BTreeMap<String, String>,
    before: Option<&Stack>,
) -> Result<String, Failure> {
    let existing = before.filter(|stack| stack.stack_status != Some(StackStatus::ReviewInProgress));
    let kind = if existing.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
    let doing = match existing {
        Some(_) => format!("update stack `{}`", stack.name),
        None => format!("create stack `{}`", stack.name),
    };
    let mark = match existing.and_then(Stack::stack_id) {
        Some(id) => Some(stack_events::mark(context, id).await?),
        None => None,
    };
    let change = ChangeSet { context, stack, kind, doing: &doing, name: format!("deployer-{}", context.run_id) };
    let (stack_id, failure) = match change.start(parameters).await {
        Ok(Started::NoChanges) => return Ok("no changes".into()),
        Ok(Started::Executing { stack_id }) => {
            let mark = mark.unwrap_or_else(|| EventMark::of_new_stack(&stack_id));
            match change.finish(&mark, &stack_id).await {
                Ok(summary) => return Ok(summary),
                Err(failure) => (Some(stack_id), failure),
            }
        }
        Err(failure) => (None, failure),
    };
    change.made_by_another(stack_id.as_deref(), failure).await
}

enum Started {
    NoChanges,
    Executing { stack_id: String },
}

struct ChangeSet<'a> {
    context: &'a Context<'a>,
    stack: &'a StackDeployment,
    kind: ChangeSetType,
    doing: &'a str,
    /// Holds the run's id, so one of the same name is our own.
    name: String,
}

impl ChangeSet<'_> {
    async fn start(&self, parameters: &BTreeMap<String, String>) -> Result<Started, Failure> {
        self.create(parameters).await?;
        let made = self.made().computed().await?;
        let reason = made.status_reason.unwrap_or_default();
        match made.status {
            Some(ChangeSetStatus::Failed) if is_no_change(&reason) => {
                self.discard().await;
                Ok(Started::NoChanges)
            }
            Some(ChangeSetStatus::Failed) => {
                self.discard().await;
                Err(Failure::new(code_of_reason(&reason), self.doing, reason))
            }
            _ => {
                self.as_planned().await?;
                self.refuse_a_filled_stack().await?;
                self.made().execute().await?;
                Ok(Started::Executing { stack_id: made.stack_id.unwrap_or_default() })
            }
        }
    }

    /// Refuses a change set that does more than the plan says, and removes it.
    async fn as_planned(&self) -> Result<(), Failure> {
        let changes = self.changes().await?;
        let count = changes.len();
        self.context.detail(if count == 1 { "1 change".into() } else { format!("{count} changes") });
        let local = self.context.clients.endpoint_url().is_some();
        let excess = Review { deployment: self.stack, local }.excess(&changes);
        if excess.is_empty() {
            return Ok(());
        }
        self.discard().await;
        let cause = format!("its change set does more than the plan: {}", excess.join("; "));
        Err(Failure::new("plan/change-set-does-more", self.doing, cause)
            .with_hint("make a new plan; when that does not show it, look at what the stack's resources refer to"))
    }

    /// What it does to each resource, from all pages.
    async fn changes(&self) -> Result<Vec<ResourceChange>, Failure> {
        let mut changes = Vec::new();
        let mut next = None;
        loop {
            let page = self.made().describe(next).await?;
            changes.extend(page.changes.unwrap_or_default().into_iter().filter_map(|change| change.resource_change));
            next = page.next_token;
            if next.is_none() {
                return Ok(changes);
            }
        }
    }

    async fn create(&self, parameters: &BTreeMap<String, String>) -> Result<(), Failure> {
        let parameter =
            |(key, value): (&String, &String)| Parameter::builder().parameter_key(key).parameter_value(value).build();
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let request = self
            .context
            .clients
            .cloudformation()
            .create_change_set()
            .stack_name(&self.stack.name)
            .change_set_name(&self.name)
            .change_set_type(self.kind.clone())
            .client_token(self.context.token("change-set"))
            .template_body(&self.stack.template)
            .capabilities(Capability::CapabilityNamedIam)
            .set_role_arn(self.context.settings.aws.cloudformation_role.clone())
            .set_on_stack_failure((self.kind == ChangeSetType::Create).then_some(OnStackFailure::Rollback))
            .set_parameters(Some(parameters.iter().map(parameter).collect()))
            .set_tags(Some(self.stack.tags.iter().map(tag).collect()));
        match request.send().await.map_err(Trouble::from) {
            Ok(_) => Ok(()),
            // An attempt whose answer was lost has made it.
            Err(trouble) if trouble.kind == Kind::Conflict => Ok(()),
            Err(trouble) => Err(trouble.failure(self.doing)),
        }
    }

    /// CloudFormation refuses a creation once another run's has been executed;
    /// an emulator may not.
    async fn refuse_a_filled_stack(&self) -> Result<(), Failure> {
        if self.kind != ChangeSetType::Create {
            return Ok(());
        }
        let found = describe(self.context, &self.stack.name).await?;
        match found.and_then(|found| found.stack_status) {
            Some(StackStatus::ReviewInProgress) => Ok(()),
            _ => Err(Failure::new("plan/stale", self.doing, "another run has created it meanwhile")
                .with_hint("run the same command again")),
        }
    }

    async fn finish(&self, mark: &EventMark, stack_id: &str) -> Result<String, Failure> {
        match finished(self.context, stack_id, mark, self.doing).await? {
            StackStatus::CreateComplete => Ok("created".into()),
            StackStatus::UpdateComplete => Ok("updated".into()),
            status => Err(stack_failure(self.context, mark, self.doing, &status).await),
        }
    }

    /// Two deployers may create the stack at the same moment. The one that comes
    /// second waits for the first one's stack and goes on with it; the lease,
    /// which both take next, then lets only one go further.
    /// `own` is the stack that this run has made, if it came that far.
    async fn made_by_another(&self, own: Option<&str>, failure: Failure) -> Result<String, Failure> {
        if self.kind != ChangeSetType::Create {
            return Err(failure);
        }
        let filled = self.filled().await.ok().flatten();
        let Some(found) = filled.filter(|found| self.owns(found)) else { return Err(failure) };
        let id = found.stack_id.unwrap_or_default();
        if own == Some(id.as_str()) {
            return Err(failure);
        }
        self.context.detail("another run is creating it");
        self.finish(&EventMark::of_new_stack(&id), &id).await
    }

    /// The stack of this name once its change set is being executed; None when there is none.
    async fn filled(&self) -> Result<Option<Stack>, Failure> {
        let filled = self.context.until(Pace::OTHER_RUN, self.doing, async || {
            let found = describe(self.context, &self.stack.name).await?;
            let empty = found.as_ref().is_some_and(|found| found.stack_status == Some(StackStatus::ReviewInProgress));
            Ok((!empty).then_some(found))
        });
        filled.await
    }

    fn owns(&self, found: &Stack) -> bool {
        let tags = found.tags().iter().filter_map(|tag| Some((tag.key()?.to_string(), tag.value()?.to_string())));
        is_owned(&tags.collect(), &self.context.settings.names())
    }

    /// Removes a change set that will not be executed, and the stack that it began.
    async fn discard(&self) {
        self.made().discard().await;
        if self.kind == ChangeSetType::Create {
            self.made().discard_empty_stack().await;
        }
    }

    fn made(&self) -> MadeChangeSet<'_> {
        MadeChangeSet { context: self.context, stack: &self.stack.name, name: &self.name, doing: self.doing }
    }
}

/// CloudFormation's two ways to say it, of the two kinds of transform.
fn is_no_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_change_set_is_told_from_a_failed_one() {
        assert!(is_no_change("The submitted information didn't contain changes. Submit different information."));
        assert!(is_no_change("No updates are to be performed."));
        assert!(!is_no_change("Parameters: [GatewayUrl] must have values"));
    }
}
