//! The last good deployment's record against what is there now. Compiles nothing.

use std::collections::BTreeMap;

use deployer_aws::RunRecord;
use deployer_core::progress::Event;
use deployer_core::{Desired, Failure, Settings, rollback};

use super::Surroundings;
use super::prepared::{Origin, Prepared};
use crate::estate;
use crate::project::Project;
use crate::run_summaries;
use crate::session::Session;
use crate::stop::Stop;

pub async fn prepare(project: &Project, settings: Settings, surroundings: &Surroundings<'_>) -> Result<Prepared, Stop> {
    let session = Session::find_or_open(project, settings, surroundings.reporter).await?;
    let runs = deployer_aws::history(&session.clients, &session.settings).await?;
    let (run_id, desired) = last_good(&session, &runs).await?;
    surroundings.reporter.report(Event::Note { text: run_summaries::told(&runs, &run_id) });
    let observed = estate::observe_settled(&session, surroundings.reporter).await?;
    let mut estate = estate::decide(&session.settings, desired, observed);
    estate.faults.extend(rollback::missing_images(&estate.plan));
    Ok(Prepared { session, estate, images: BTreeMap::new(), origin: Origin::Earlier { run_id }, part: None })
}

/// The best candidate that is recorded and is not what a good newest run
/// deployed anyway: a repair of the same deployment is nothing to go back from.
async fn last_good(session: &Session, runs: &[RunRecord]) -> Result<(String, Desired), Failure> {
    let recorded =
        |run_id: String| async move { deployer_aws::deployment(&session.clients, &session.settings, &run_id).await };
    let summaries = run_summaries::deployments(runs);
    let current = match summaries.first().filter(|newest| newest.is_good()) {
        Some(newest) => recorded(newest.run_id.clone()).await?,
        None => None,
    };
    for candidate in rollback::candidates(&summaries) {
        let desired = recorded(candidate.run_id.clone()).await?;
        if let Some(desired) = desired.filter(|desired| Some(desired) != current.as_ref()) {
            return Ok((candidate.run_id.clone(), desired));
        }
    }
    let doing = format!("go back in environment {}", session.settings.environment);
    Err(Failure::new("rollback/none", doing, "the history holds no earlier good deployment")
        .with_hint(format!("deployer history --env {} lists the runs", session.settings.environment)))
}
