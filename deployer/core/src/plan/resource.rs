//! Plans a resource that a stack makes: its attributes as the template says
//! them against what is live. What the stack's own step is about to change is
//! left to that step.

use std::collections::BTreeMap;

use super::change::Changes;
use super::draft::Draft;
use super::{Action, Operation, StepId};
use crate::desired::Desired;
use crate::observed::{Fact, Observed};
use crate::resource::Resource;

pub fn plan(id: StepId, desired: &Desired, observed: &Observed) -> Draft {
    let Some(wanted) = desired.resources.get(&id) else {
        return Draft::of(id.name().into()).keep("is not part of the template");
    };
    let draft = Draft::of(wanted.label());
    let restore = Operation::EnsureResource { resource: wanted.clone(), inputs: BTreeMap::new() };
    match observed.of_stack(id) {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("is made by its stack"),
        Fact::Present(found) => match differences(wanted, found) {
            changes if changes.is_empty() => draft.keep("is as its template says"),
            changes => draft.act(Action::Update, "was changed behind its stack", changes, restore),
        },
    }
}

fn differences(wanted: &Resource, found: &Resource) -> Vec<super::Change> {
    let json = |resource: &Resource| serde_json::to_value(resource).expect("attributes are JSON");
    let mut changes = Changes::default();
    changes.documents("", &json(found), &json(wanted));
    changes.into_vec()
}
