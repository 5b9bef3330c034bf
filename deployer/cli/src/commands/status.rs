//! `deployer status`: addresses and the state of every resource.

use crate::arguments::Status;
use crate::documents::{self, StatusDocument};
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Status) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let session = Session::find(project, settings).await?;
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    let status = StatusDocument::of(&session, &observed);
    match arguments.json {
        true => documents::print(&status),
        false => views::status::show(&status),
    }
    Ok(())
}
