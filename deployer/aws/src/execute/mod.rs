//! Carries out a plan: takes the lease, then for each step records the intent,
//! rereads the resource, refuses when it moved, acts, waits and records the result.
//!
//! A file per resource. Every step ensures a state, so that a run that was
//! killed at any point is finished by planning and running again.

mod change_set;
mod context;
mod gateway;
mod image;
mod lock;
mod moves;
mod role;
mod session;
mod stack;
mod stack_events;
mod statement;
mod step;
mod table;
mod target;

use std::collections::BTreeMap;

use deployer_core::progress::Reporter;
use deployer_core::{Failure, Plan, Settings, StepId};
use deployer_image::Image;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Clients;

pub use step::describe;

/// All that a run needs.
pub struct Run<'a> {
    pub clients: &'a Clients,
    pub settings: &'a Settings,
    pub plan: &'a Plan,
    /// By repository; those that the plan pushes.
    pub images: &'a BTreeMap<String, Image>,
    pub reporter: &'a dyn Reporter,
    /// Cancelled by Ctrl-C: the run stops between steps and inside waits.
    pub cancel: CancellationToken,
}

/// What a complete run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub run_id: String,
    pub done: Vec<StepId>,
}

/// A run that stopped early. The failure's code is its cause's: `plan/stale`,
/// `run/locked`, `run/lease-lost`, `run/interrupted`, `aws/timeout`, any `aws/...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionFailure {
    pub failure: Failure,
    pub done: Vec<StepId>,
    /// The step that failed and those after it.
    pub not_done: Vec<StepId>,
}

/// Applies the plan. Call it only for a plan that changes something: it takes
/// the lease and writes to the journal.
pub async fn execute(run: &Run<'_>) -> Result<Outcome, ExecutionFailure> {
    let mut session = session::Session::new(run, Uuid::new_v4().to_string());
    let result = session.run().await;
    let done = session.close(&result).await;
    let steps = run.plan.steps.iter().filter(|step| step.operation.is_some());
    let not_done = steps.map(|step| step.id).filter(|id| !done.contains(id)).collect();
    match result {
        Ok(run_id) => Ok(Outcome { run_id, done }),
        Err(failure) => Err(ExecutionFailure { failure: run.clients.advise(failure), done, not_done }),
    }
}
