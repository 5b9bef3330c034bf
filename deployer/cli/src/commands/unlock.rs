//! `deployer unlock`: takes the lease away from a run that will not end.

use deployer_aws::{LeaseRecord, lease_holder, unlock};

use super::ask::Question;
use crate::arguments::Unlock;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views::out::say;

pub async fn run(project: &Project, arguments: &Unlock) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let environment = &session.settings.environment;
    let Some(holder) = lease_holder(&session.clients, &session.settings).await? else {
        say!("Nobody holds the lease of environment {environment}.");
        return Ok(());
    };
    warn(environment, &holder);
    let doing = format!("break the lease of environment {environment}");
    let text = format!("Type {environment} to take the lease away:");
    if !arguments.yes {
        Question { doing: &doing, text: &text, flags: "--yes" }.typed(environment)?;
    }
    match unlock(&session.clients, &session.settings).await? {
        Some(broken) => say!("The lease of {} is broken.", broken.holder),
        None => say!("Nobody holds the lease of environment {environment} any more."),
    }
    Ok(())
}

fn warn(environment: &str, holder: &LeaseRecord) {
    say!("{} holds the lease of environment {environment} since {}.", holder.holder, holder.since);
    say!("A run that still works stops before its next change once its lease is gone; `up` then finishes its work.");
}
