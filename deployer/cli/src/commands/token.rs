//! `deployer token`: an access token for trying things by hand.

use deployer_core::Failure;

use crate::arguments::Environment;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views::out::say;

pub async fn run(project: &Project, environment: &Environment) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&environment.name)?).await?;
    match session.token().await? {
        Some(token) => say!("{}", token.reveal()),
        None => {
            let doing = format!("get a token for environment {}", environment.name);
            return Err(Failure::new("config/no-token-source", doing, "its smoke.token.source is none")
                .with_hint("set smoke.token in the environment file, or log in with `chat login`")
                .into());
        }
    }
    Ok(())
}
