//! `deployer plan --json`.

use deployer_core::plan::{AccessChange, Action, Plan, Step};
use deployer_core::{Failure, only::Part};
use schemars::JsonSchema;
use serde::Serialize;

use super::Problem;

/// What `up` would do, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "deployer plan --json")]
pub struct PlanDocument {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    pub account: String,
    pub region: String,
    /// The part that `--only` names; null for the whole deployment.
    pub only: Option<Part>,
    /// True when a step has something to do.
    pub changes: bool,
    /// True when somebody may do more afterwards: `up` wants --approve-iam where
    /// the environment asks for it.
    pub widens_access: bool,
    /// True when something is deleted or made again.
    pub destroys: bool,
    pub counts: Counts,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// What changes in who may do what.
    pub access: Vec<AccessChange>,
    /// Reasons not to apply the plan; empty when it may be applied.
    pub faults: Vec<Problem>,
}

/// How many steps there are of each action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub adopt: usize,
    pub keep: usize,
    pub unchecked: usize,
}

impl PlanDocument {
    pub fn of(plan: &Plan, only: Option<Part>, faults: &[Failure]) -> Self {
        Self {
            version: 1,
            environment: plan.environment.clone(),
            account: plan.account.clone(),
            region: plan.region.clone(),
            only,
            changes: !plan.is_empty(),
            widens_access: plan.widens_access(),
            destroys: plan.steps.iter().any(destroys),
            counts: Counts::of(plan),
            steps: plan.steps.clone(),
            access: plan.access.clone(),
            faults: faults.iter().map(Problem::from).collect(),
        }
    }
}

impl Counts {
    fn of(plan: &Plan) -> Self {
        Self {
            create: plan.count(Action::Create),
            update: plan.count(Action::Update),
            replace: plan.count(Action::Replace),
            delete: plan.count(Action::Delete),
            adopt: plan.count(Action::Adopt),
            keep: plan.count(Action::Keep),
            unchecked: plan.count(Action::Unchecked),
        }
    }
}

/// True for a step after which something that exists is gone or another one.
fn destroys(step: &Step) -> bool {
    matches!(step.action, Action::Delete | Action::Replace) || step.changes.iter().any(|change| change.replaces)
}
