//! Resources of ours without their stack: an interrupted deletion leaves them,
//! or a function that logs once more.

use contract::Names;

use super::NO_LONGER_WANTED;
use crate::observed::{Fact, Observed};
use crate::plan::{Action, Draft, Operation, StepId};

/// True for a resource whose stack is gone, and which is ours or cannot be read.
/// Conversations are not among them: they go with their stack's own step.
pub fn is_looked_at(id: StepId, observed: &Observed, names: &Names) -> bool {
    let stack = id.stack().filter(|stack| *stack != StepId::DataStack);
    let stack_is_gone = stack.and_then(|stack| observed.stack(stack)) == Some(&Fact::Absent);
    let is_ours_or_unknown = observed.of_stack(id).gap().is_some() || is_ours(id, observed, names);
    stack_is_gone && is_ours_or_unknown
}

/// True when it is there and ours.
pub fn is_ours(id: StepId, observed: &Observed, names: &Names) -> bool {
    observed.of_stack(id).present().is_some_and(|resource| resource.is_owned(names))
}

/// The step of a resource that [`is_looked_at`].
pub fn draft(id: StepId, observed: &Observed) -> Draft {
    match observed.of_stack(id) {
        Fact::Unknown(gap) => Draft::of(id.name().into()).unchecked(gap),
        Fact::Absent => Draft::of(id.name().into()).keep("does not exist"),
        Fact::Present(resource) => {
            let reason = format!("{NO_LONGER_WANTED}: its stack is gone and left it behind");
            let operation = Operation::DeleteResource { resource: resource.clone() };
            Draft::of(resource.label()).act(Action::Delete, reason, vec![], operation)
        }
    }
}
