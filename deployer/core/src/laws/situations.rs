//! States that interrupted runs, older deployments and hands can leave.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::settings::{Versions, versions};
use super::tampering::{foreign_statement, tamper};
use crate::desired::Desired;
use crate::observed::{Fact, Gap, GapReason, Observed, ObservedStack};
use crate::plan::StepId;
use crate::samples;

/// An environment and what was found of it.
#[derive(Clone)]
pub struct Situation {
    pub desired: Desired,
    pub observed: Observed,
    pub settings: crate::Settings,
    origin: String,
}

/// How it came about; the states themselves would fill pages.
impl fmt::Debug for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

/// What became of one stack.
#[derive(Debug, Clone, Copy)]
enum History {
    Never,
    Older,
    Newer,
    /// The first change set was never executed.
    Begun,
    /// Its creation was rolled back.
    RolledBack,
    /// The last run of an older version ended like this.
    Ended(&'static str),
}

fn history() -> impl Strategy<Value = History> {
    use History::*;
    prop_oneof![
        2 => Just(Never),
        4 => Just(Older),
        4 => Just(Newer),
        1 => Just(Begun),
        1 => Just(RolledBack),
        1 => select(vec!["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED"]).prop_map(Ended),
    ]
}

/// What happened behind the stacks.
#[derive(Debug, Clone)]
struct Hands {
    deleted: Vec<Index>,
    tampered: Vec<(Index, usize)>,
    foreign_statement: bool,
    gateway_failed: bool,
}

fn hands() -> impl Strategy<Value = Hands> {
    let tampered = proptest::collection::vec((any::<Index>(), any::<usize>()), 0..4);
    let deleted = proptest::collection::vec(any::<Index>(), 0..3);
    (deleted, tampered, any::<bool>(), proptest::bool::weighted(0.1)).prop_map(
        |(deleted, tampered, foreign_statement, gateway_failed)| Hands {
            deleted,
            tampered,
            foreign_statement,
            gateway_failed,
        },
    )
}

/// Any stack in any state, any other step done or not, and hands at all of it.
pub fn situation() -> impl Strategy<Value = Situation> {
    let histories = [history(), history(), history(), history()];
    let done = proptest::collection::vec(any::<bool>(), StepId::ALL.len());
    (versions(), histories, done, hands()).prop_map(|(versions, histories, done, hands)| {
        let origin = format!("{versions:?}, {histories:?}, steps done {done:?}, {hands:?}");
        let mut observed = samples::nothing();
        for (id, history) in StepId::STACKS.into_iter().zip(histories) {
            put_stack(&mut observed, &versions, id, history);
        }
        for (id, done) in StepId::ALL.into_iter().zip(done) {
            if done && id.stack().is_none() && has_its_home(&observed, id) {
                samples::deploy(&mut observed, &versions.older, id);
            }
        }
        let Versions { newer, settings, .. } = versions;
        let mut situation = Situation { desired: newer, observed, settings, origin };
        situation.suffer(&hands);
        situation
    })
}

fn put_stack(observed: &mut Observed, versions: &Versions, id: StepId, history: History) {
    let (desired, status) = match history {
        History::Never => return,
        History::Newer => (&versions.newer, "CREATE_COMPLETE"),
        History::Older => (&versions.older, "UPDATE_COMPLETE"),
        History::Begun => (&versions.older, "REVIEW_IN_PROGRESS"),
        History::RolledBack => (&versions.older, "ROLLBACK_COMPLETE"),
        History::Ended(status) => (&versions.older, status),
    };
    samples::deploy(observed, desired, id);
    if matches!(history, History::Begun | History::RolledBack) {
        StepId::ALL
            .into_iter()
            .filter(|step| step.stack() == Some(id))
            .for_each(|step| samples::delete(observed, step));
    }
    if let Fact::Present(stack) = stack_mut(observed, id) {
        stack.status = status.into();
        if matches!(history, History::Begun) {
            stack.template.clear();
        }
    }
}

fn stack_mut(observed: &mut Observed, id: StepId) -> &mut Fact<ObservedStack> {
    observed.stack_mut(id).expect("it is the step of a stack")
}

/// What a step's resource lives in has to be there.
fn has_its_home(observed: &Observed, id: StepId) -> bool {
    match id {
        StepId::AgentImage => observed.agent_images.present().is_some(),
        StepId::ToolsImage => observed.tools_images.present().is_some(),
        StepId::FunctionPolicy => observed.of_stack(StepId::ToolFunction).present().is_some(),
        StepId::Target => observed.gateway.present().is_some(),
        StepId::GatewayRole | StepId::Gateway => true,
        _ => false,
    }
}

impl Situation {
    fn suffer(&mut self, hands: &Hands) {
        let there: Vec<StepId> = self.observed.resources.keys().copied().collect();
        let chosen = |index: &Index| (!there.is_empty()).then(|| *index.get(&there));
        for (index, choice) in &hands.tampered {
            let resource = chosen(index).and_then(|id| self.observed.resources.get_mut(&id));
            if let Some(Fact::Present(resource)) = resource {
                tamper(resource, *choice);
            }
        }
        // Its loss is a fault, see `checks`.
        let deleted = hands.deleted.iter().filter_map(chosen).filter(|id| *id != StepId::ConversationsTable);
        deleted.for_each(|id| samples::delete(&mut self.observed, id));
        if hands.foreign_statement && self.observed.of_stack(StepId::ToolFunction).present().is_some() {
            self.observed.foreign_statements.insert("theirs".into(), foreign_statement());
        }
        if let (true, Fact::Present(gateway)) = (hands.gateway_failed, &mut self.observed.gateway) {
            gateway.status = "FAILED".into();
        }
    }
}

pub fn make_unknown(observed: &mut Observed, id: StepId) {
    let gap = || Gap { reason: GapReason::Denied, message: "denied".into() };
    match id {
        StepId::AgentImage => observed.agent_images = Fact::Unknown(gap()),
        StepId::ToolsImage => observed.tools_images = Fact::Unknown(gap()),
        StepId::GatewayRole => observed.gateway_role = Fact::Unknown(gap()),
        StepId::Gateway => observed.gateway = Fact::Unknown(gap()),
        StepId::FunctionPolicy => observed.function_policy = Fact::Unknown(gap()),
        StepId::Target => observed.target = Fact::Unknown(gap()),
        id => match observed.stack_mut(id) {
            Some(stack) => *stack = Fact::Unknown(gap()),
            None => drop(observed.resources.insert(id, Fact::Unknown(gap()))),
        },
    }
}
