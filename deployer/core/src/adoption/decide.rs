//! What taking over one resource means, or why it cannot be done.

use std::collections::BTreeMap;

use contract::Names;

use super::import::{has_resource, template_with};
use super::model::{Adoption, Import};
use crate::desired::{Desired, DesiredStack};
use crate::failure::Failure;
use crate::observed::{Fact, Observed, ObservedStack};
use crate::ownership::is_owned;
use crate::plan::{Action, Changes, Draft, Operation, Step, StepId};
use crate::resource::Resource;

/// The one step that takes the resource over; an `Action::Keep` when it is ours already.
///
/// Errors: `plan/not-adoptable` with the reason, `plan/nothing-to-adopt` where
/// there is no such resource, `plan/unreadable` where that cannot be told.
pub fn adoption(id: StepId, names: &Names, desired: &Desired, observed: &Observed) -> Result<Step, Failure> {
    let request = Request { id, names, desired, observed };
    let candidate = match id {
        StepId::GatewayRole => request.role()?,
        StepId::Gateway => request.gateway()?,
        StepId::FoundationStack => request.stack(&observed.foundation, &desired.foundation)?,
        StepId::DataStack => request.stack(&observed.data, &desired.data)?,
        StepId::ReadAccessStack => request.stack(&observed.read_access, &desired.read_access)?,
        StepId::ApplicationStack => request.stack(&observed.application, &desired.application)?,
        StepId::ConversationsTable => request.table()?,
        StepId::AgentLogGroup | StepId::ToolLogGroup => request.log_group()?,
        other => return Err(not_adoptable(other)),
    };
    Ok(candidate.into_step(&request))
}

/// What was found, and how it would become ours.
struct Candidate {
    label: String,
    found: BTreeMap<String, String>,
    adoption: Adoption,
}

impl Candidate {
    fn into_step(self, request: &Request) -> Step {
        let draft = Draft::of(self.label.clone());
        let draft = match (&self.adoption, is_owned(&self.found, request.names)) {
            (Adoption::Import(import), _) => {
                let reason = format!("stack {} takes it in as it is, with our tags", import.stack);
                self.adopt(draft, reason)
            }
            (_, true) => draft.keep("it carries our tags already"),
            (_, false) => self.adopt(draft, "it gets our tags".into()),
        };
        draft.into_step(request.id, vec![], request.observed)
    }

    fn adopt(&self, draft: Draft, reason: String) -> Draft {
        let mut changes = Changes::default();
        changes.tags(&self.found, self.adoption.tags());
        draft.act(Action::Adopt, reason, changes.into_vec(), Operation::Adopt(self.adoption.clone()))
    }
}

struct Request<'a> {
    id: StepId,
    names: &'a Names,
    desired: &'a Desired,
    observed: &'a Observed,
}

impl Request<'_> {
    fn role(&self) -> Result<Candidate, Failure> {
        let wanted = &self.desired.gateway_role;
        let label = format!("role {}", wanted.name);
        let role = present(&self.observed.gateway_role, &label)?;
        let adoption = Adoption::Role { name: wanted.name.clone(), tags: wanted.tags.clone() };
        Ok(Candidate { label, found: role.tags.clone(), adoption })
    }

    fn gateway(&self) -> Result<Candidate, Failure> {
        let wanted = &self.desired.gateway;
        let label = format!("gateway {}", wanted.name);
        let gateway = present(&self.observed.gateway, &label)?;
        let adoption = Adoption::Gateway { arn: gateway.arn.clone(), tags: wanted.tags.clone() };
        Ok(Candidate { label, found: gateway.tags.clone(), adoption })
    }

    fn stack(&self, found: &Fact<ObservedStack>, wanted: &DesiredStack) -> Result<Candidate, Failure> {
        let label = format!("stack {}", wanted.name);
        let stack = present(found, &label)?;
        at_rest(stack, &label)?;
        let mut tags = stack.tags.clone();
        tags.extend(wanted.tags.clone());
        let adoption = Adoption::Stack { name: wanted.name.clone(), tags };
        Ok(Candidate { label, found: stack.tags.clone(), adoption })
    }

    fn table(&self) -> Result<Candidate, Failure> {
        let name = self.desired.conversations_table.clone();
        let label = format!("table {name}");
        let found = self.tags_of(&label)?;
        self.same_keys(&label)?;
        let tagging = Adoption::Table { name: name.clone(), tags: self.tags(&self.desired.data) };
        let member = Member { logical_id: "ConversationsTable", kind: ("AWS::DynamoDB::Table", "TableName"), name };
        let adoption = self.by_stack((&self.observed.data, &self.desired.data), member, tagging)?;
        Ok(Candidate { label, found, adoption })
    }

    fn log_group(&self) -> Result<Candidate, Failure> {
        let (logical_id, function) = match self.id {
            StepId::AgentLogGroup => ("AgentLogGroup", self.names.agent_function()),
            _ => ("ToolLogGroup", self.names.tool_function()),
        };
        let name = format!("/aws/lambda/{function}");
        let label = format!("log group {name}");
        let found = self.tags_of(&label)?;
        let tagging = Adoption::LogGroup { name: name.clone(), tags: self.tags(&self.desired.application) };
        let member = Member { logical_id, kind: ("AWS::Logs::LogGroup", "LogGroupName"), name };
        let stacks = (&self.observed.application, &self.desired.application);
        let adoption = self.by_stack(stacks, member, tagging)?;
        Ok(Candidate { label, found, adoption })
    }

    /// Those that the resource of a stack has now.
    fn tags_of(&self, label: &str) -> Result<BTreeMap<String, String>, Failure> {
        let found = present(self.observed.of_stack(self.id), label)?;
        Ok(found.tags().cloned().unwrap_or_default())
    }

    /// Tags alone where the stack has the resource, an import where it has not.
    fn by_stack(
        &self,
        (observed, wanted): (&Fact<ObservedStack>, &DesiredStack),
        member: Member,
        tagging: Adoption,
    ) -> Result<Adoption, Failure> {
        let label = format!("stack {}", wanted.name);
        let stack = match observed {
            Fact::Absent => None,
            found => Some(present(found, &label)?).filter(|stack| !stack.is_empty()),
        };
        if let Some(stack) = stack {
            self.owned(stack, wanted, &label)?;
            at_rest(stack, &label)?;
            if has_resource(&stack.template, member.logical_id) {
                return Ok(tagging);
            }
        }
        let new_stack =
            stack.is_none().then(|| Adoption::Stack { name: wanted.name.clone(), tags: wanted.tags.clone() });
        let template = template_with(stack.map(|stack| stack.template.as_str()), &wanted.template, member.logical_id);
        let template = template.ok_or_else(|| refused(&label, "its template is not readable"))?;
        Ok(Adoption::Import(Import {
            stack: wanted.name.clone(),
            template,
            parameters: stack.map(|stack| stack.parameters.keys().cloned().collect()).unwrap_or_default(),
            tags: stack.map(|stack| stack.tags.clone()).unwrap_or_default(),
            logical_id: member.logical_id.into(),
            resource_type: member.kind.0.into(),
            identifier: (member.kind.1.into(), member.name),
            then: new_stack.into_iter().chain([tagging]).collect(),
        }))
    }

    fn owned(&self, stack: &ObservedStack, wanted: &DesiredStack, label: &str) -> Result<(), Failure> {
        if is_owned(&stack.tags, self.names) {
            return Ok(());
        }
        let stack = if wanted.name == self.desired.data.name { StepId::DataStack } else { StepId::ApplicationStack };
        let failure = refused(label, "it does not carry our tags");
        Err(failure.with_hint(format!("adopt {} first", stack.name())))
    }

    /// The tags that the resource's template gives it.
    fn tags(&self, stack: &DesiredStack) -> BTreeMap<String, String> {
        let of_resource = self.desired.resources.get(&self.id).and_then(Resource::tags);
        of_resource.unwrap_or(&stack.tags).clone()
    }

    /// Keys of a table cannot be changed: another table's are no conversation table.
    fn same_keys(&self, label: &str) -> Result<(), Failure> {
        let table = (self.desired.resources.get(&self.id), self.observed.of_stack(self.id).present());
        let (Some(Resource::Table(wanted)), Some(Resource::Table(found))) = table else { return Ok(()) };
        if wanted.keys == found.keys {
            return Ok(());
        }
        let failure = refused(label, "its keys are not those of a conversation table, and keys cannot be changed");
        Err(failure.with_hint("copy what it holds elsewhere and remove it, or choose another project.prefix"))
    }
}

/// A resource of a stack's template.
struct Member {
    logical_id: &'static str,
    /// Its type, and the property that identifies it.
    kind: (&'static str, &'static str),
    name: String,
}

impl Adoption {
    /// What the resource itself is tagged with.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Role { tags, .. }
            | Self::Gateway { tags, .. }
            | Self::Stack { tags, .. }
            | Self::Table { tags, .. }
            | Self::LogGroup { tags, .. } => tags,
            Self::Import(import) => import.then.last().map_or(&import.tags, Self::tags),
        }
    }
}

fn present<'a, T>(fact: &'a Fact<T>, label: &str) -> Result<&'a T, Failure> {
    match fact {
        Fact::Present(found) => Ok(found),
        Fact::Absent => Err(Failure::new("plan/nothing-to-adopt", format!("adopt {label}"), "it does not exist")
            .with_hint("`deployer up` creates it")),
        Fact::Unknown(gap) => Err(Failure::new("plan/unreadable", format!("adopt {label}"), &gap.message)
            .with_hint("what cannot be read is never changed; allow the read and run the command again")),
    }
}

/// CloudFormation updates a stack only when its last operation ended well or was rolled back.
fn at_rest(stack: &ObservedStack, label: &str) -> Result<(), Failure> {
    let ended = stack.status.ends_with("_COMPLETE") && !stack.is_lost();
    if ended {
        return Ok(());
    }
    let failure = refused(label, &format!("it is {}, in which CloudFormation takes no update", stack.status));
    Err(failure.with_hint("delete it, or bring it to rest, with CloudFormation's own means first"))
}

fn refused(label: &str, cause: &str) -> Failure {
    Failure::new("plan/not-adoptable", format!("adopt {label}"), cause)
}

fn not_adoptable(id: StepId) -> Failure {
    let why = match (id, id.stack()) {
        (StepId::Target, _) => {
            "targets carry no tags: one of our name in our gateway is ours, adopt the gateway".into()
        }
        (StepId::FunctionPolicy | StepId::AgentUrlPolicy, _) => {
            "statements carry no tags: one with our Sid in our function's policy is ours".into()
        }
        (StepId::AgentImage | StepId::ToolsImage, _) => "images are known by their digest, whoever pushed them".into(),
        (_, Some(stack)) => format!("it belongs to {}: adopt that", stack.name()),
        _ => "it cannot carry our tags".to_string(),
    };
    refused(id.name(), &why)
}

#[cfg(test)]
mod tests;
