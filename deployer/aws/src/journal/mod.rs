//! The record of runs in the deployments table.
//!
//! A run is one item under `pk` = `history`, sorted by `<time>#<run id>`, so that
//! the newest runs are one query; each of its steps is an item under
//! `pk` = `run#<run id>`, sort key `step#<number>`, and what it was to deploy one
//! of sort key `deployment`. Every write of a run is a transaction that checks
//! the lease's fence. Steps go after 90 days, runs and deployments after 400
//! (attribute `ttl`).

mod deployment;
mod read;
mod record;
#[cfg(test)]
mod wire_tests;
mod writer;

pub use read::{deployment, history, note_smoke_test, run_steps};
pub use record::{RunKind, RunRecord, State, StepRecord};
pub(crate) use writer::{Journal, lease_lost};

/// Partition key of the runs.
const HISTORY: &str = "history";

/// Sort key of what a run was to deploy.
const DEPLOYMENT: &str = "deployment";

/// Partition key of a run's own items.
fn run_key(run_id: &str) -> String {
    format!("run#{run_id}")
}
