//! `deployer plan`: what `up` would do, without doing it.

use crate::arguments::Plan;
use crate::artifacts;
use crate::estate;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Plan) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let building = async { Ok::<_, Stop>(artifacts::build(project, &settings, &view).await?) };
    let opening = Session::open(project, settings.clone(), &view);
    let (artifacts, session) = tokio::try_join!(building, opening)?;
    let estate = estate::plan_deployment(&session, &artifacts).await?;
    match arguments.json {
        true => views::plan::show_json(&estate.plan, &estate.faults),
        false => views::plan::show(&estate.plan),
    }
    if !estate.faults.is_empty() {
        return Err(Stop::Failures(estate.faults));
    }
    if arguments.detailed_exitcode && !estate.plan.is_empty() { Err(Stop::ChangesFound) } else { Ok(()) }
}
