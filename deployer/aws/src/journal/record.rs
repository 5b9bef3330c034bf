//! Runs and steps as they are recorded, and the way from items back to them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deployer_core::{Failure, StepId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    Up,
    Down,
    /// Deploys again what an earlier run deployed.
    Rollback,
    /// Takes over what is there already.
    Adopt,
    /// Deletes images that nothing needs.
    ImagesGc,
}

impl RunKind {
    const ALL: [Self; 5] = [Self::Up, Self::Down, Self::Rollback, Self::Adopt, Self::ImagesGc];

    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Rollback => "rollback",
            Self::Adopt => "adopt",
            Self::ImagesGc => "images-gc",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How a run or a step stands. A run killed in the middle stays `running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Running,
    Done,
    Failed,
    Interrupted,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn named(name: &str) -> Self {
        let ended = [Self::Done, Self::Failed, Self::Interrupted];
        ended.into_iter().find(|state| state.name() == name).unwrap_or(Self::Running)
    }

    pub(crate) fn of<T>(result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(failure) if failure.code == "run/interrupted" => Self::Interrupted,
            Err(_) => Self::Failed,
        }
    }
}

/// One run of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunRecord {
    pub run_id: String,
    pub kind: RunKind,
    /// RFC 3339.
    pub started: String,
    /// None while it runs, and of one that was killed.
    pub finished: Option<String>,
    pub state: State,
    /// `user@host pid N`
    pub holder: String,
    /// ARN of the AWS principal.
    pub principal: String,
    /// "create stack x", in the plan's order.
    pub steps: Vec<String>,
    pub failure: Option<String>,
    /// None where no smoke test was run.
    pub smoke_passed: Option<bool>,
    /// Id of the run whose deployment a rollback deploys again.
    pub rolls_back: Option<String>,
    /// Identity of the saved plan that it applied; None for a plan made of the sources.
    pub plan: Option<String>,
    /// True where what it deployed can be read back.
    pub recorded: bool,
}

impl RunRecord {
    /// None when the item is not a run of this form.
    pub(super) fn from_item(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        let truth = |name: &str| item.get(name)?.as_bool().ok().copied();
        let steps = item.get("steps").and_then(|steps| steps.as_l().ok());
        Some(Self {
            run_id: text("run_id")?,
            kind: text("kind").map_or(Some(RunKind::Up), |kind| RunKind::named(&kind))?,
            started: text("started")?,
            finished: text("finished"),
            state: State::named(&text("state")?),
            holder: text("holder")?,
            principal: text("principal")?,
            steps: steps.into_iter().flatten().filter_map(|step| step.as_s().ok().cloned()).collect(),
            failure: text("failure"),
            smoke_passed: truth("smoke_passed"),
            rolls_back: text("rolls_back"),
            plan: text("plan"),
            recorded: truth("recorded").unwrap_or(false),
        })
    }

    /// Sort key under [`HISTORY`](super::HISTORY).
    pub(super) fn sort_key(&self) -> String {
        format!("{}#{}", self.started, self.run_id)
    }
}

/// One step of a run, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepRecord {
    /// Its place in the plan, from 0, among the steps that change something.
    pub number: u32,
    /// None where an earlier version of the deployer recorded it.
    pub id: Option<StepId>,
    /// "create stack x"
    pub step: String,
    /// Why the plan wanted it.
    pub reason: String,
    pub state: State,
    /// What it did, or why it failed; None while it runs.
    pub result: Option<String>,
    /// Code of its failure.
    pub code: Option<String>,
    /// When this was written, RFC 3339.
    pub at: String,
}

impl StepRecord {
    pub(super) fn from_item(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            number: text("sk")?.strip_prefix("step#")?.parse().ok()?,
            id: text("id").and_then(|name| StepId::named(&name)),
            step: text("step")?,
            reason: text("reason").unwrap_or_default(),
            state: State::named(&text("state")?),
            result: text("result"),
            code: text("code"),
            at: text("at").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_way_to_an_item_and_back() {
        for state in [State::Running, State::Done, State::Failed, State::Interrupted] {
            assert_eq!(State::named(state.name()), state);
        }
        for kind in RunKind::ALL {
            assert_eq!(RunKind::named(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn an_interrupted_run_is_not_a_failed_one() {
        let interrupted: Result<(), _> = Err(crate::wait::interrupted("wait"));
        assert_eq!(State::of(&interrupted), State::Interrupted);
        assert_eq!(State::of::<()>(&Err(super::super::lease_lost())), State::Failed);
    }

    #[test]
    fn an_item_of_another_form_is_no_run() {
        assert_eq!(RunRecord::from_item(&HashMap::new()), None);
        assert_eq!(StepRecord::from_item(&HashMap::new()), None);
    }
}
