//! The three ways to a plan: made of the sources, saved before, or made of an
//! earlier deployment's record.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_aws::{RunKind, RunRecord};
use deployer_core::{Desired, Failure, Settings, rollback};
use deployer_image::Image;

use super::Surroundings;
use crate::artifacts;
use crate::estate::{self, Estate};
use crate::plan_folder::PlanFolder;
use crate::project::Project;
use crate::run_summaries;
use crate::session::Session;
use crate::stop::Stop;

/// A plan, where it is applied, and the images that it pushes.
pub struct Prepared {
    pub session: Session,
    pub estate: Estate,
    pub images: BTreeMap<String, Image>,
    pub kind: RunKind,
    pub rolls_back: Option<String>,
    /// A part only, so that what is desired is not what is deployed.
    partial: bool,
}

impl Prepared {
    /// What the history records as deployed; nothing for a part.
    pub fn recorded(&self) -> Option<&Desired> {
        (!self.partial).then_some(&self.estate.desired)
    }
}

pub async fn prepare(project: &Project, settings: Settings, surroundings: &Surroundings<'_>) -> Result<Prepared, Stop> {
    match &surroundings.arguments.plan {
        Some(folder) => saved(project, settings, folder, surroundings).await,
        None if surroundings.arguments.rollback => earlier(project, settings, surroundings).await,
        None => fresh(project, settings, surroundings).await,
    }
}

/// Compiles while the platform starts and AWS is asked who we are.
async fn fresh(project: &Project, settings: Settings, surroundings: &Surroundings<'_>) -> Result<Prepared, Stop> {
    let reporter = surroundings.reporter;
    let building = async { Ok::<_, Stop>(artifacts::build(project, &settings, reporter).await?) };
    let opening = Session::open(project, settings.clone(), reporter);
    let (artifacts, session) = tokio::try_join!(building, opening)?;
    let part = surroundings.arguments.only.map(Into::into);
    let estate = estate::plan_settled(&session, &artifacts, reporter).await?.limited_to(part, &session.settings);
    let (kind, partial) = (RunKind::Up, part.is_some());
    Ok(Prepared { session, estate, images: artifacts.images, kind, rolls_back: None, partial })
}

/// Exactly the saved plan, or nothing. Compiles nothing.
async fn saved(
    project: &Project,
    settings: Settings,
    folder: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<Prepared, Stop> {
    let PlanFolder { saved, images } = PlanFolder::load(folder)?;
    saved.check_settings(&settings)?;
    let session = Session::find_or_open(project, settings, surroundings.reporter).await?;
    let settings = &session.settings;
    saved.check_location(settings, session.clients.location())?;
    saved.check_desired(settings, &estate::desired_by(&session, &saved.digests())?)?;
    let observed = estate::observe_settled(&session, surroundings.reporter).await?;
    let mut estate = estate::decide(settings, saved.desired.clone(), observed).limited_to(saved.only, settings);
    saved.check_state(settings, &estate.plan)?;
    let partial = saved.only.is_some();
    estate.plan = saved.plan;
    Ok(Prepared { session, estate, images, kind: RunKind::Up, rolls_back: None, partial })
}

/// The last good deployment's record against what is there now. Compiles nothing.
async fn earlier(project: &Project, settings: Settings, surroundings: &Surroundings<'_>) -> Result<Prepared, Stop> {
    let session = Session::find_or_open(project, settings, surroundings.reporter).await?;
    let runs = deployer_aws::history(&session.clients, &session.settings).await?;
    let (run_id, desired) = last_good(&session, &runs).await?;
    surroundings.reporter.report(deployer_core::Event::Note { text: run_summaries::told(&runs, &run_id) });
    let observed = estate::observe_settled(&session, surroundings.reporter).await?;
    let mut estate = estate::decide(&session.settings, desired, observed);
    estate.faults.extend(rollback::missing_images(&estate.plan));
    let (kind, rolls_back) = (RunKind::Rollback, Some(run_id));
    Ok(Prepared { session, estate, images: BTreeMap::new(), kind, rolls_back, partial: false })
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
