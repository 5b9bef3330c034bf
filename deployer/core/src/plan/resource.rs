//! Plans a resource that a stack makes: its attributes as the template says
//! them against what is live. What the stack's own step is about to change is
//! left to that step, and what no call of ours can change is only reported.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::deployed::{Made, wanted_with};
use super::draft::Draft;
use super::resource_changes::{Differences, attributes};
use super::{Action, Change, Operation, StepId, Value};
use crate::desired::Desired;
use crate::observed::{Fact, Observed, ObservedStack};
use crate::resource::Resource;

/// All that decides about the resources of the stacks.
pub struct Context<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    /// What the deployed templates make.
    pub deployed: &'a BTreeMap<StepId, Resource>,
    /// Parameters of the application stack that a step's output gives.
    pub later: &'a BTreeMap<String, Value>,
}

pub fn plan(id: StepId, context: &Context) -> Draft {
    let Some(wanted) = context.desired.resources.get(&id) else {
        return Draft::of(id.name().into()).keep("is not part of the template");
    };
    let draft = Draft::of(wanted.label());
    let found = context.observed.of_stack(id);
    if let Fact::Unknown(gap) = found {
        return draft.unchecked(gap);
    }
    match Made::of(context.stack(id)) {
        Made::Unknown => draft.uncompared("is not compared, since its stack could not be read"),
        Made::NotYet => draft.keep("is made by its stack"),
        Made::InMotion(status) => draft.keep(format!("its stack is {status}: `up` waits for that first")),
        Made::Complete => match (context.deployed.get(&id), found.present()) {
            (None, _) => draft.keep("is made by its stack"),
            (Some(_), None) => context.restored(id, wanted, draft),
            (Some(deployed), Some(found)) => {
                let found = context.without_lost_policies(id, found);
                context.compared(id, Differences::between(&found, &context.wanted(id), deployed), draft)
            }
        },
    }
}

impl Context<'_> {
    fn stack(&self, id: StepId) -> &Fact<ObservedStack> {
        let stack = id.stack().and_then(|stack| self.observed.stack(stack));
        stack.unwrap_or(&self.observed.application)
    }

    /// A role loses the policies whose stack is made again, whatever it has now.
    fn without_lost_policies<'a>(&self, id: StepId, found: &'a Resource) -> Cow<'a, Resource> {
        let lost = self.observed.read_access.present().is_some_and(ObservedStack::is_lost);
        let (true, StepId::ToolRole, Resource::Role(role)) = (lost, id, found) else { return Cow::Borrowed(found) };
        let ours = match self.desired.resources.get(&id) {
            Some(Resource::Role(wanted)) => wanted.attached_policies.as_slice(),
            _ => &[],
        };
        let mut role = role.clone();
        role.attached_policies.retain(|arn| !ours.contains(arn));
        Cow::Owned(Resource::Role(role))
    }

    /// What the stack made is gone. Conversations are not made up again: a new
    /// table would be empty, and the old one's backup could not take its place.
    fn restored(&self, id: StepId, wanted: &Resource, draft: Draft) -> Draft {
        let reason = "was deleted behind its stack";
        if id == StepId::ConversationsTable {
            let lost =
                Change { path: "existence".into(), before: None, after: Some("present".into()), replaces: false };
            return draft.with_foreign(vec![lost]).keep(format!("{reason}; its data is restored by hand"));
        }
        draft.act(Action::Create, reason, attributes(wanted), self.ensure(id))
    }

    fn compared(&self, id: StepId, differences: Differences, draft: Draft) -> Draft {
        let Differences { ours, foreign } = differences;
        let draft = draft.with_foreign(foreign);
        let reason = match ours.len() {
            0 => return draft.keep("is as its template says"),
            1 => "was changed behind its stack: 1 difference".to_string(),
            count => format!("was changed behind its stack: {count} differences"),
        };
        draft.act(Action::Update, reason, ours, self.ensure(id))
    }

    /// With everything that is known before the first step.
    fn wanted(&self, id: StepId) -> Resource {
        let known = |(key, value): (&String, &Value)| match value {
            Value::Known(text) => Some((key.clone(), text.clone())),
            Value::Output { .. } => None,
        };
        let values = self.later.iter().filter_map(known).collect();
        wanted_with(self.desired, id, &values).expect("it was looked up before")
    }

    fn ensure(&self, id: StepId) -> Operation {
        let resource = self.desired.resources[&id].clone();
        let inputs = self.desired.inputs.get(&id).into_iter().flatten();
        let inputs = inputs.filter_map(|(name, parameter)| Some((name.clone(), self.later.get(parameter)?.clone())));
        Operation::EnsureResource { resource, inputs: inputs.collect() }
    }
}

#[cfg(test)]
mod tests;
