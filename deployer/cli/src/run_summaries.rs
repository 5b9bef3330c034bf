//! The history's records as the decisions about a rollback want them.

use deployer_aws::{RunKind, RunRecord, State};
use deployer_core::rollback::RunSummary;

/// Runs that deploy, newest first.
pub fn deployments(runs: &[RunRecord]) -> Vec<RunSummary> {
    let deploys = |run: &&RunRecord| matches!(run.kind, RunKind::Up | RunKind::Rollback);
    let summary = |run: &RunRecord| RunSummary {
        run_id: run.run_id.clone(),
        done: run.state == State::Done,
        smoke_passed: run.smoke_passed,
        recorded: run.recorded,
        rolls_back: run.rolls_back.clone(),
    };
    runs.iter().filter(deploys).map(summary).collect()
}

/// "going back to run x of 2026-01-01T00:00:00Z"
pub fn told(runs: &[RunRecord], run_id: &str) -> String {
    let started = runs.iter().find(|run| run.run_id == run_id).map_or("an unknown time", |run| run.started.as_str());
    format!("going back to what run {run_id} of {started} deployed")
}
