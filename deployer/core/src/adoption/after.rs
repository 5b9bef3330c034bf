//! What will be observed once something is adopted, so that what `up` then
//! changes can be told before.

use std::collections::BTreeMap;

use super::model::{Adoption, Import};
use crate::observed::{Fact, Observed, ObservedStack};
use crate::plan::{Operation, Step, StepId};
use crate::resource::Resource;

/// The same state with the step's resource adopted; unchanged for any other step.
pub fn adopted(observed: &Observed, step: &Step) -> Observed {
    let mut after = observed.clone();
    if let Some(Operation::Adopt(adoption)) = &step.operation {
        apply(&mut after, step.id, adoption);
    }
    after
}

fn apply(after: &mut Observed, id: StepId, adoption: &Adoption) {
    match adoption {
        Adoption::Import(import) => {
            if let Some(stack) = id.stack().and_then(|stack| after.stack_mut(stack)) {
                take_in(stack, import);
            }
            import.then.iter().for_each(|then| apply(after, id, then));
        }
        Adoption::Stack { tags, .. } => tag(after, id.stack().unwrap_or(id), tags),
        other => tag(after, id, other.tags()),
    }
}

fn tag(after: &mut Observed, id: StepId, ours: &BTreeMap<String, String>) {
    match id {
        StepId::GatewayRole => extend(&mut after.gateway_role, |role| &mut role.tags, ours),
        StepId::Gateway => extend(&mut after.gateway, |gateway| &mut gateway.tags, ours),
        stack => {
            if let Some(found) = after.stack_mut(stack) {
                extend(found, |stack| &mut stack.tags, ours);
            }
        }
    }
    match after.resources.get_mut(&id) {
        Some(Fact::Present(Resource::Table(table))) => table.tags.extend(ours.clone()),
        Some(Fact::Present(Resource::LogGroup(group))) => group.tags.extend(ours.clone()),
        _ => {}
    }
}

fn extend<T>(
    fact: &mut Fact<T>,
    tags: impl FnOnce(&mut T) -> &mut BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
) {
    if let Fact::Present(found) = fact {
        tags(found).extend(ours.clone());
    }
}

fn take_in(stack: &mut Fact<ObservedStack>, import: &Import) {
    let before = match stack {
        Fact::Present(found) => Some(found.clone()),
        _ => None,
    };
    *stack = Fact::Present(ObservedStack {
        id: before.as_ref().map(|stack| stack.id.clone()).unwrap_or_default(),
        status: "IMPORT_COMPLETE".into(),
        status_reason: None,
        template: import.template.clone(),
        parameters: before.as_ref().map(|stack| stack.parameters.clone()).unwrap_or_default(),
        outputs: before.map(|stack| stack.outputs).unwrap_or_default(),
        tags: import.tags.clone(),
    });
}
