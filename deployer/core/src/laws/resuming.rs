//! A saved plan that is stopped anywhere is finished by what is planned then.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::situations::{Situation, situation};
use crate::observed::Fact;
use crate::plan::{Plan, Step, StepId};
use crate::samples;
use crate::saved_plan::{Origin, Progress, SavedPlan};

/// What became of a step before the run was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    NotBegun,
    /// Begun, with no effect yet.
    Begun,
    /// Stopped before it could record that it was done.
    Unrecorded,
    /// Undone by CloudFormation, where it is a stack's.
    RolledBack,
    Done,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    use Fate::*;
    let fate = prop_oneof![
        1 => select(vec![NotBegun, Begun, Unrecorded, RolledBack]),
        3 => Just(Done),
    ];
    proptest::collection::vec(fate, StepId::ALL.len())
}

impl Situation {
    fn saved(&self) -> SavedPlan {
        let origin = Origin { settings: &self.settings, only: None, deployer: "0.1.0" };
        SavedPlan::new(&origin, &self.up(), &self.desired)
    }

    /// Carries out steps of the plan until each has met its fate. A step begins
    /// only when all that it needs is done.
    fn stopped(&mut self, plan: &Plan, fates: &[Fate], progress: &mut Progress) {
        let mut open: BTreeSet<StepId> = BTreeSet::new();
        for (step, fate) in plan.steps.iter().zip(fates) {
            let waits = step.depends_on.iter().any(|id| open.contains(id));
            let acts = step.operation.is_some();
            if waits || (acts && *fate != Fate::Done) {
                open.insert(step.id);
            }
            if acts && !waits {
                self.meet(step, *fate, progress);
            }
        }
    }

    fn meet(&mut self, step: &Step, fate: Fate, progress: &mut Progress) {
        match fate {
            Fate::NotBegun => return,
            Fate::Begun => {}
            Fate::Unrecorded | Fate::Done => samples::execute(&mut self.observed, &self.desired, step),
            Fate::RolledBack => self.roll_back(step.id),
        }
        let recorded = if fate == Fate::Done { &mut progress.done } else { &mut progress.begun };
        recorded.insert(step.id);
    }

    fn roll_back(&mut self, id: StepId) {
        if let Some(Fact::Present(stack)) = self.observed.stack_mut(id)
            && stack.status.ends_with("E_COMPLETE")
        {
            stack.status = "UPDATE_ROLLBACK_COMPLETE".into();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_saved_plan_that_is_stopped_anywhere_comes_to_its_end(
        mut situation in situation(),
        first in fates(),
        second in fates(),
    ) {
        let saved = situation.saved();
        prop_assume!(situation.faults(&saved.plan).is_empty());
        let mut progress = Progress::default();
        for fates in [first, second] {
            let rest = situation.up();
            prop_assert_eq!(saved.check_rest(&situation.settings, &rest, &progress), Ok(()));
            situation.stopped(&rest, &fates, &mut progress);
        }
        let rest = situation.up();
        prop_assert_eq!(saved.check_rest(&situation.settings, &rest, &progress), Ok(()));
        situation.apply(&rest);
        prop_assert!(situation.up().is_empty());
    }
}
