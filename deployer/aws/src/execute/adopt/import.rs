//! One resource into a stack, by a change set of type IMPORT.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeAction, ChangeSetStatus, ChangeSetType, ResourceToImport, Stack, StackStatus, Tag,
};
use deployer_core::Failure;
use deployer_core::adoption::Import;

use super::stack::unchanged;
use crate::errors::{Kind, Trouble, code_of_reason};
use crate::execute::context::Context;
use crate::execute::made_change_set::MadeChangeSet;
use crate::execute::stack::{finished, settled, stack_failure};
use crate::execute::stack_events::{self, EventMark};

/// Imports the resource and waits for the end. A change set that would do
/// anything but import it is not executed.
pub async fn import(context: &Context<'_>, import: &Import) -> Result<(), Failure> {
    let doing = format!("import {} into stack `{}`", import.identifier.1, import.stack);
    let before = settled(context, &import.stack).await?;
    let mark = match before.as_ref().filter(|stack| !is_empty(stack)).and_then(Stack::stack_id) {
        Some(id) => Some(stack_events::mark(context, id).await?),
        None => None,
    };
    let change = ImportChange { context, import, doing: &doing, name: format!("adopt-{}", context.run_id) };
    let id = match change.start().await {
        Ok(id) => id,
        Err(failure) => {
            change.made().discard().await;
            change.made().discard_empty_stack().await;
            return Err(failure);
        }
    };
    let mark = mark.unwrap_or_else(|| EventMark::of_new_stack(&id));
    match finished(context, &id, &mark, &doing).await? {
        StackStatus::ImportComplete => Ok(()),
        status => Err(stack_failure(context, &mark, &doing, &status).await),
    }
}

struct ImportChange<'a> {
    context: &'a Context<'a>,
    import: &'a Import,
    doing: &'a str,
    /// Holds the run's id, so one of the same name is our own.
    name: String,
}

impl ImportChange<'_> {
    /// Gives the stack's id once the import runs.
    async fn start(&self) -> Result<String, Failure> {
        self.create().await?;
        let made = self.made().computed().await?;
        if made.status == Some(ChangeSetStatus::Failed) {
            let reason = made.status_reason.unwrap_or_default();
            return Err(Failure::new(code_of_reason(&reason), self.doing, reason));
        }
        if !self.only_imports(&made) {
            let cause = "its change set would do more than import it";
            return Err(Failure::new("plan/stale", self.doing, cause).with_hint("run the same command again"));
        }
        self.made().execute().await?;
        Ok(made.stack_id.unwrap_or_default())
    }

    async fn create(&self) -> Result<(), Failure> {
        let import = self.import;
        let resource = ResourceToImport::builder()
            .resource_type(&import.resource_type)
            .logical_resource_id(&import.logical_id)
            .resource_identifier(&import.identifier.0, &import.identifier.1)
            .build();
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let request = self
            .context
            .clients
            .cloudformation()
            .create_change_set()
            .stack_name(&import.stack)
            .change_set_name(&self.name)
            .change_set_type(ChangeSetType::Import)
            .client_token(self.context.token("import"))
            .template_body(&import.template)
            .capabilities(Capability::CapabilityNamedIam)
            .set_role_arn(self.context.settings.aws.cloudformation_role.clone())
            .set_parameters(Some(import.parameters.iter().map(|name| unchanged(name)).collect()))
            .set_tags((!import.tags.is_empty()).then(|| import.tags.iter().map(tag).collect()))
            .resources_to_import(resource);
        match request.send().await.map_err(Trouble::from) {
            Ok(_) => Ok(()),
            // An attempt whose answer was lost has made it.
            Err(trouble) if trouble.kind == Kind::Conflict => Ok(()),
            Err(trouble) => Err(trouble.failure(self.doing)),
        }
    }

    fn only_imports(&self, made: &DescribeChangeSetOutput) -> bool {
        let changes: Vec<_> = made.changes().iter().filter_map(|change| change.resource_change()).collect();
        let ours = |change: &&aws_sdk_cloudformation::types::ResourceChange| {
            change.action() == Some(&ChangeAction::Import)
                && change.logical_resource_id() == Some(self.import.logical_id.as_str())
        };
        made.next_token().is_none() && changes.len() == 1 && changes.iter().all(ours)
    }

    fn made(&self) -> MadeChangeSet<'_> {
        MadeChangeSet { context: self.context, stack: &self.import.stack, name: &self.name, doing: self.doing }
    }
}

fn is_empty(stack: &Stack) -> bool {
    stack.stack_status == Some(StackStatus::ReviewInProgress)
}
