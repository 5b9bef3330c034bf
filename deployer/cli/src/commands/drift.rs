//! `deployer drift`: what is live against what should be.

use crate::arguments::Drift;
use crate::documents::{self, DriftDocument};
use crate::inspection::drift::{Source, compare};
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Drift) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let session = Session::find(project, settings.clone()).await?;
    let source = match arguments.no_build {
        true => Source::Record,
        false => Source::built(project, &settings, &view).await,
    };
    let report = compare(&session, source).await?;
    match arguments.json {
        true => documents::print(&DriftDocument::of(&report)),
        false => views::drift::show(&report),
    }
    if report.clean { Ok(()) } else { Err(Stop::ChangesFound) }
}
