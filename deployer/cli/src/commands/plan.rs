//! `deployer plan`: what `up` would do, without doing it.

use deployer_core::Settings;
use deployer_core::saved_plan::{Origin, SavedPlan};

use crate::arguments::Plan;
use crate::artifacts::{self, Artifacts};
use crate::documents::{self, PlanDocument};
use crate::estate::{self, Estate};
use crate::plan_folder;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::tell;
use crate::views::plan::Detail;

pub async fn run(project: &Project, arguments: &Plan) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let building = async { Ok::<_, Stop>(artifacts::build(project, &settings, &view).await?) };
    let opening = Session::open(project, settings.clone(), &view);
    let (artifacts, session) = tokio::try_join!(building, opening)?;
    let estate = estate::plan_deployment(&session, &artifacts).await?;
    let estate = estate.limited_to(arguments.only.map(Into::into), &session.settings);
    show(arguments, &estate);
    if !estate.faults.is_empty() {
        return Err(Stop::Failures(estate.faults));
    }
    save(arguments, &settings, &artifacts, &estate)?;
    if arguments.detailed_exitcode && !estate.plan.is_empty() { Err(Stop::ChangesFound) } else { Ok(()) }
}

fn show(arguments: &Plan, estate: &Estate) {
    match arguments.json {
        true => documents::print(&PlanDocument::of(&estate.plan, arguments.only.map(Into::into), &estate.faults)),
        false => views::plan::show(&estate.plan, Detail::of(arguments.verbose)),
    }
}

/// Saves the plan where `--out` says.
fn save(arguments: &Plan, settings: &Settings, artifacts: &Artifacts, estate: &Estate) -> Result<(), Stop> {
    let Some(folder) = &arguments.out else { return Ok(()) };
    let origin = Origin { settings, only: arguments.only.map(Into::into), deployer: env!("CARGO_PKG_VERSION") };
    let saved = SavedPlan::new(&origin, &estate.plan, &estate.desired);
    plan_folder::save(folder, &saved, &artifacts.images)?;
    let folder = folder.display();
    tell!("saved to {folder}; deployer up --env {} --plan {folder} applies it", settings.environment);
    Ok(())
}
