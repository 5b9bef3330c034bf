//! After a run that stopped early: how AWS stands, and whether there is a way back.

use std::time::Duration;

use deployer_aws::{CancellationToken, ExecutionFailure};
use deployer_core::rollback;

use super::prepared::{Origin, Prepared};
use crate::documents::{ResourceState, resource_states};
use crate::run_summaries;
use crate::session::Session;
use crate::stop::{PartialRun, Stop};

/// Longest time for looking around; the failure itself must not wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The run's end with what it leaves. Looks nothing up for a run that did
/// nothing, nor for one that somebody interrupted.
pub async fn of(prepared: &Prepared, run: ExecutionFailure, interrupt: &CancellationToken) -> Stop {
    let (session, run) = (&prepared.session, advised(&prepared.origin, run));
    let refused = run.done.is_empty() && ["run/locked", "plan/stale"].contains(&run.failure.code);
    if refused || interrupt.is_cancelled() {
        return run.into();
    }
    let looking = async { tokio::join!(left(session, &run), way_back(session)) };
    let (left, rollback) = tokio::select! {
        found = tokio::time::timeout(PATIENCE, looking) => found.unwrap_or_default(),
        () = interrupt.cancelled() => Default::default(),
    };
    Stop::Partial(Box::new(PartialRun { run, left, rollback }))
}

/// A saved plan is not made anew by the command that applies it.
fn advised(origin: &Origin, mut run: ExecutionFailure) -> ExecutionFailure {
    if run.failure.code == "plan/stale" && matches!(origin, Origin::Saved { .. }) {
        run.failure = run.failure.with_hint("run the same command again: it finishes the plan, or asks for a new one");
    }
    run
}

async fn left(session: &Session, run: &ExecutionFailure) -> Vec<ResourceState> {
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    let states = resource_states(&observed, &session.settings.names());
    states.into_iter().filter(|state| run.not_done.contains(&state.step)).collect()
}

/// None also where the history cannot be read: the failure has been told already.
async fn way_back(session: &Session) -> Option<String> {
    let runs = deployer_aws::history(&session.clients, &session.settings).await.ok()?;
    let exists = !rollback::candidates(&run_summaries::deployments(&runs)).is_empty();
    exists.then(|| format!("deployer up --env {} --rollback", session.settings.environment))
}
