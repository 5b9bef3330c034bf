//! Carries out a plan: takes the lease, then for each step records the intent,
//! rereads the resource, refuses when it moved, acts, waits and records the result.
//!
//! A file per resource. Every step ensures a state, so that a run that was
//! killed at any point is finished by planning and running again.

mod act;
mod adopt;
mod agentcore_state;
mod change_set;
mod change_set_review;
mod context;
mod gateway;
mod image;
mod leftover;
mod lock;
mod made_change_set;
mod moves;
mod resource;
mod role;
mod schedule;
mod session;
mod stack;
mod stack_events;
mod stack_state;
mod statement;
mod step;
mod table;
mod target;
mod unused_images;
#[cfg(test)]
mod wire_tests;

use std::collections::BTreeMap;

use deployer_core::progress::Reporter;
use deployer_core::{Desired, Failure, Plan, Settings, StepId};
use deployer_image::Image;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Clients;
use crate::journal::RunKind;

pub use step::describe;

/// All that a run needs.
pub struct Run<'a> {
    pub clients: &'a Clients,
    pub settings: &'a Settings,
    pub kind: RunKind,
    pub plan: &'a Plan,
    /// What is deployed, for the history; None when nothing is.
    pub desired: Option<&'a Desired>,
    /// Id of the run whose deployment is deployed again.
    pub rolls_back: Option<String>,
    /// Identity of the saved plan that this run applies, or finishes.
    pub saved_plan: Option<String>,
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
    pub run_id: String,
    pub failure: Failure,
    pub done: Vec<StepId>,
    /// The steps that failed, were cut off or never started.
    pub not_done: Vec<StepId>,
}

/// Applies the plan. Call it only for a plan that changes something: it takes
/// the lease and writes to the journal.
pub async fn execute(run: &Run<'_>) -> Result<Outcome, ExecutionFailure> {
    let run_id = Uuid::new_v4().to_string();
    let session = session::Session::new(run, run_id.clone());
    let result = session.run().await;
    let done = session.close(&result).await;
    let steps = run.plan.steps.iter().filter(|step| step.operation.is_some());
    let not_done = steps.map(|step| step.id).filter(|id| !done.contains(id)).collect();
    match result {
        Ok(run_id) => Ok(Outcome { run_id, done }),
        Err(failure) => Err(ExecutionFailure { run_id, failure: run.clients.advise(failure), done, not_done }),
    }
}
