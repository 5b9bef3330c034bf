//! `deployer outputs`: the names and addresses of what is deployed.

use crate::arguments::Outputs;
use crate::documents;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views::addresses::Addresses;

pub async fn run(project: &Project, arguments: &Outputs) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    let addresses = Addresses::of(&session, &observed)?;
    match arguments.json {
        true => documents::print(&addresses),
        false => addresses.show(),
    }
    Ok(())
}
