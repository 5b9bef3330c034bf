//! `deployer connection`: what a colleague needs to reach the agent.

use crate::arguments::Environment;
use crate::connection;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views::out::say;

pub async fn run(project: &Project, environment: &Environment) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&environment.name)?).await?;
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    say!("{}", connection::to_text(&connection::of(&session, &observed)?).trim_end());
    Ok(())
}
