//! What is left of a saved plan that was begun: whether it may be carried out.
//!
//! A run that stopped half way has moved what the plan was made from. The same
//! desired state then gives another plan, and that one is as good as the saved
//! plan where it does nothing that the saved one did not do, and where what has
//! moved was moved by the runs that applied it.

use std::collections::BTreeSet;

use super::{HINT, SavedPlan};
use crate::failure::Failure;
use crate::observed::Observed;
use crate::plan::{AccessChange, Action, Plan, Step, StepId};
use crate::settings::Settings;

/// How far the runs that applied a saved plan came, as they recorded it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps that may have had an effect, whole or in part.
    pub begun: BTreeSet<StepId>,
    /// Steps that came to their end.
    pub done: BTreeSet<StepId>,
}

impl SavedPlan {
    /// `rest` is the plan that the same desired state gives after runs that came
    /// as far as `progress` says. Fails with `plan/stale`, naming all that stands
    /// in the way of carrying it out in this plan's name.
    pub fn check_rest(&self, settings: &Settings, rest: &Plan, progress: &Progress) -> Result<(), Failure> {
        let comparison = Comparison { saved: &self.plan, rest, progress };
        let objections: Vec<String> = [
            ("changed since the plan was made, and not by it", comparison.moved_by_others()),
            ("not to be read any more", comparison.unread()),
            ("wanted now, and not part of the plan", comparison.unplanned()),
            ("not among the access of the plan", comparison.more_access()),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .collect();
        match objections.is_empty() {
            true => Ok(()),
            false => Err(self.refusal("plan/stale", settings, objections.join("; ")).with_hint(HINT)),
        }
    }
}

/// A saved plan, what is left of it by now, and who knows what happened between them.
struct Comparison<'a> {
    saved: &'a Plan,
    rest: &'a Plan,
    progress: &'a Progress,
}

impl Comparison<'_> {
    /// Resources that moved without a step that could have moved them, and those
    /// that want changing although their step came to its end.
    fn moved_by_others(&self) -> Vec<String> {
        let begun = self.begun();
        let explained = |id| movers(id).iter().any(|mover| begun.contains(mover));
        let moved = |step: &&Step| match self.planned(step.id) {
            Some(planned) => planned.fingerprint != step.fingerprint && !explained(step.id),
            None => true,
        };
        let undone = |step: &&Step| step.operation.is_some() && self.progress.done.contains(&step.id);
        self.named(|step| moved(step) || undone(step), |step| step.resource.clone())
    }

    fn unread(&self) -> Vec<String> {
        let was_read = |id| self.planned(id).is_some_and(|step| step.action != Action::Unchecked);
        self.named(|step| step.action == Action::Unchecked && was_read(step.id), |step| step.resource.clone())
    }

    /// Steps that would do something else, or more, than was planned.
    fn unplanned(&self) -> Vec<String> {
        let is_more = |step: &&Step| !self.action(step.id).is_some_and(|action| is_within(step.action, action));
        let wanted = |step: &&Step| step.operation.is_some() && !self.progress.done.contains(&step.id);
        self.named(|step| wanted(step) && is_more(step), |step| format!("{} ({})", step.resource, step.reason))
    }

    /// What was to be done to a step's resource. A stack that was to be made
    /// stands for all that it makes, as long as it is not known to be complete.
    fn action(&self, id: StepId) -> Option<Action> {
        let acts = |id| self.planned(id).filter(|step| step.operation.is_some()).map(|step| step.action);
        let makes = |action: &Action| matches!(action, Action::Create | Action::Replace);
        let stack = id.stack().filter(|stack| !self.progress.done.contains(stack));
        acts(id).or(stack.and_then(acts).filter(makes))
    }

    /// What is made again allows nothing for a while, and then what it allowed
    /// before comes back beside what was planned.
    fn more_access(&self) -> Vec<String> {
        let known: BTreeSet<&str> = self.saved.access.iter().map(|change| change.sentence.as_str()).collect();
        let replaced = |id| self.planned(id).is_some_and(|step| step.action == Action::Replace);
        let new = self.rest.access.iter().filter(|change| !known.contains(change.sentence.as_str()));
        let new = new.filter(|change| !self.is_part_of_a_sum(change));
        let new = new.filter(|change| !movers(change.step).into_iter().any(replaced));
        new.map(|change| change.sentence.clone()).collect()
    }

    /// A sentence that sums actions up reads differently once a part of them is done.
    fn is_part_of_a_sum(&self, change: &AccessChange) -> bool {
        let same = self.saved.access.iter().filter(|planned| planned.effect == change.effect);
        let planned: BTreeSet<&String> = same.flat_map(|planned| &planned.actions).collect();
        !change.actions.is_empty() && change.actions.iter().all(|action| planned.contains(action))
    }

    fn named(&self, which: impl Fn(&&Step) -> bool, name: impl Fn(&Step) -> String) -> Vec<String> {
        self.rest.steps.iter().filter(which).map(name).collect()
    }

    fn planned(&self, id: StepId) -> Option<&Step> {
        self.saved.steps.iter().find(|step| step.id == id)
    }

    /// Every step that may have had an effect. What makes the table of the
    /// history comes before there is a place to record it.
    fn begun(&self) -> BTreeSet<StepId> {
        let absent = Observed::nothing(&self.saved.account).fingerprint(StepId::DeploymentsTable);
        let without_table = self.planned(StepId::DeploymentsTable).is_some_and(|table| table.fingerprint == absent);
        let makers = [StepId::FoundationStack, StepId::DeploymentsTable].into_iter();
        let makers =
            makers.filter(|id| self.planned(*id).is_some_and(|step| without_table && step.operation.is_some()));
        let Progress { begun, done } = self.progress;
        begun.iter().chain(done).copied().chain(makers).collect()
    }
}

/// The steps that can move a step's resource: its own, that of its stack, and
/// those of the resources that it lives in.
fn movers(id: StepId) -> Vec<StepId> {
    use StepId::*;
    let homes: &[StepId] = match id {
        AgentImage => &[FoundationStack, AgentRepository],
        ToolsImage => &[FoundationStack, ToolsRepository],
        AgentUrl | AgentUrlPolicy => &[AgentFunction],
        FunctionPolicy => &[ApplicationStack, ToolFunction],
        Target => &[Gateway],
        // IAM takes a policy from its roles before it deletes it.
        ToolRole => &[ReadAccessStack, ReadPolicies],
        _ => &[],
    };
    [Some(id), id.stack()].into_iter().flatten().chain(homes.iter().copied()).collect()
}

/// True when doing `now` is no more than was planned. Where nothing was, or
/// nothing was to stay, a run that stopped half way leaves only its own work.
fn is_within(now: Action, planned: Action) -> bool {
    match planned {
        Action::Create | Action::Replace => matches!(now, Action::Create | Action::Update | Action::Replace),
        planned => now == planned,
    }
}

#[cfg(test)]
mod tests;
