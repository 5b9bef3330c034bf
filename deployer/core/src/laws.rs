//! The laws of planning, over generated environments and observed states.

mod facts;
mod ownership;
mod resuming;
mod settings;
mod situations;
mod tampering;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::ownership::{deletes_of_others, disown};
use self::situations::{Situation, make_unknown, situation};
use crate::observed::{Fact, Observed};
use crate::plan::{Action, Plan, StepId, plan};
use crate::teardown::{OnData, Teardown, teardown};
use crate::{Failure, checks, samples};

impl Situation {
    fn up(&self) -> Plan {
        plan(&self.desired, &self.observed)
    }

    fn down(&self, on_data: OnData) -> Plan {
        teardown(&Teardown { names: &self.settings.names(), region: "us-east-1", on_data }, &self.observed)
    }

    fn faults(&self, plan: &Plan) -> Vec<Failure> {
        checks::deployment(&self.settings.names(), &self.desired, &self.observed, plan)
    }

    fn apply(&mut self, plan: &Plan) {
        for step in plan.steps.iter().filter(|step| step.operation.is_some()) {
            samples::execute(&mut self.observed, &self.desired, step);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_plan_leaves_nothing_to_plan(mut situation in situation()) {
        let first = situation.up();
        prop_assume!(situation.faults(&first).is_empty());
        let theirs = situation.observed.foreign_statements.clone();
        situation.apply(&first);
        let again = situation.up();
        prop_assert!(again.is_empty(), "{again:?}");
        prop_assert_eq!(situation.faults(&again), vec![]);
        let function_was_made_again = situation.observed.foreign_statements.is_empty();
        prop_assert!(function_was_made_again || situation.observed.foreign_statements == theirs);
    }

    #[test]
    fn no_step_deletes_what_is_not_ours(
        mut situation in situation(),
        choices in proptest::collection::vec(proptest::bool::weighted(0.3), 18),
    ) {
        disown(&mut situation.observed, &choices);
        let names = situation.settings.names();
        for on_data in [OnData::Keep, OnData::Delete] {
            prop_assert_eq!(deletes_of_others(&situation.down(on_data), &situation.observed, &names), vec![]);
        }
        let up = situation.up();
        if situation.faults(&up).is_empty() {
            prop_assert_eq!(deletes_of_others(&up, &situation.observed, &names), vec![]);
        }
    }

    #[test]
    fn dependencies_come_before_dependants(situation in situation()) {
        for plan in [situation.up(), situation.down(OnData::Keep), situation.down(OnData::Delete)] {
            for (index, step) in plan.steps.iter().enumerate() {
                for id in &step.depends_on {
                    prop_assert!(plan.steps[..index].iter().any(|earlier| earlier.id == *id), "{id:?} of {:?}", step.id);
                }
            }
        }
    }

    #[test]
    fn teardown_from_any_partial_state_ends_empty(mut situation in situation()) {
        let first = situation.down(OnData::Delete);
        situation.apply(&first);
        let again = situation.down(OnData::Delete);
        prop_assert!(again.is_empty(), "{again:?}");
        prop_assert_eq!(what_is_left(&situation.observed), vec![]);
    }

    #[test]
    fn teardown_keeps_the_conversations(mut situation in situation()) {
        let before = situation.observed.of_stack(StepId::ConversationsTable).clone();
        let first = situation.down(OnData::Keep);
        situation.apply(&first);
        prop_assert!(situation.down(OnData::Keep).is_empty());
        prop_assert_eq!(situation.observed.of_stack(StepId::ConversationsTable), &before);
    }

    #[test]
    fn a_gap_is_neither_created_nor_deleted_nor_is_what_needs_it(
        mut situation in situation(),
        gaps in proptest::sample::subsequence(StepId::ALL.to_vec(), 1..4),
    ) {
        gaps.iter().for_each(|id| make_unknown(&mut situation.observed, *id));
        let (up, down) = (situation.up(), situation.down(OnData::Delete));
        for id in &gaps {
            let step = up.steps.iter().find(|step| step.id == *id).unwrap();
            prop_assert_eq!(step.action, Action::Unchecked);
        }
        for plan in [&up, &down] {
            prop_assert_eq!(at_work_behind(plan, &gaps), vec![]);
        }
        if gaps.contains(&StepId::ConversationsTable) {
            let data = down.steps.iter().find(|step| step.id == StepId::DataStack).unwrap();
            prop_assert!(data.operation.is_none(), "a table that was not seen would be nobody's");
        }
    }
}

/// Steps that would act though they are, or need, something that could not be read.
fn at_work_behind(plan: &Plan, gaps: &[StepId]) -> Vec<StepId> {
    let mut behind: BTreeSet<StepId> = gaps.iter().copied().collect();
    let mut acting = Vec::new();
    for step in &plan.steps {
        if behind.contains(&step.id) || step.depends_on.iter().any(|id| behind.contains(id)) {
            behind.insert(step.id);
            acting.extend(step.operation.is_some().then_some(step.id));
        }
    }
    acting
}

/// Everything that is still there, but for what others put there.
fn what_is_left(observed: &Observed) -> Vec<StepId> {
    let nothing = samples::nothing();
    let is_there = |id: &StepId| observed.resource(*id) != nothing.resource(*id);
    let own_repository = |id: &StepId| match id {
        StepId::AgentImage => observed.agent_images != Fact::Absent,
        StepId::ToolsImage => observed.tools_images != Fact::Absent,
        _ => true,
    };
    StepId::ALL.into_iter().filter(|id| is_there(id) && own_repository(id)).collect()
}
