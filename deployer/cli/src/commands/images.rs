//! `deployer images`: what is in the repositories, and what of it can go.

use std::collections::BTreeMap;

use deployer_aws::{Run, RunKind, execute, lease_holder, observe};
use deployer_core::plan::{Action, Draft, Operation, Plan};
use deployer_core::{Failure, Observed, StepId};
use serde_json::json;

use super::ask::Question;
use crate::arguments::{Images, ImagesGc, ImagesList};
use crate::documents;
use crate::inspection::images::{InventoryEntry, inventory};
use crate::interrupt;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::say;

pub async fn run(project: &Project, command: &Images) -> Result<(), Stop> {
    match command {
        Images::List(arguments) => list(project, arguments).await,
        Images::Gc(arguments) => collect(project, arguments).await,
    }
}

async fn list(project: &Project, arguments: &ImagesList) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let images = inventory(&session, arguments.keep).await?;
    match arguments.json {
        true => documents::print(&json!({"version": 1, "images": images})),
        false => views::images::show(&images),
    }
    Ok(())
}

async fn collect(project: &Project, arguments: &ImagesGc) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    refuse_beside_a_run(&session).await?;
    // Before the images are judged: what is pushed after that ends the run as stale.
    let observed = observe(&session.clients, &session.settings).await;
    let unused: Vec<InventoryEntry> =
        inventory(&session, arguments.keep).await?.into_iter().filter(InventoryEntry::is_unused).collect();
    if unused.is_empty() {
        say!("Nothing to delete: every image is in use, kept for a rollback, or younger than an hour.");
        return Ok(());
    }
    views::images::show_unused(&unused);
    if arguments.dry_run {
        return Ok(());
    }
    let text = "Type delete to delete them:";
    if !arguments.yes {
        Question { doing: "delete unused images", text, flags: "--yes" }.typed("delete")?;
    }
    delete(&session, &observed, &unused).await
}

/// The run that deletes takes the lease itself; this spares the question.
async fn refuse_beside_a_run(session: &Session) -> Result<(), Failure> {
    let Some(holder) = lease_holder(&session.clients, &session.settings).await? else { return Ok(()) };
    let cause = format!("{} is at work on the environment since {}", holder.holder, holder.since);
    Err(Failure::new("run/locked", "delete unused images", cause).with_hint("wait until that run has ended"))
}

async fn delete(session: &Session, observed: &Observed, unused: &[InventoryEntry]) -> Result<(), Stop> {
    let plan = plan(session, observed, unused);
    let view = views::progress::ProgressView::new();
    let run = Run {
        clients: &session.clients,
        settings: &session.settings,
        kind: RunKind::ImagesGc,
        plan: &plan,
        desired: None,
        rolls_back: None,
        saved_plan: None,
        images: &BTreeMap::new(),
        reporter: &view,
        cancel: interrupt::token(),
    };
    execute(&run).await?;
    Ok(())
}

fn plan(session: &Session, observed: &Observed, unused: &[InventoryEntry]) -> Plan {
    let names = session.settings.names();
    let repositories = [(StepId::AgentImage, names.agent_repository()), (StepId::ToolsImage, names.tools_repository())];
    let steps = repositories.into_iter().filter_map(|(id, repository)| {
        let of_repository = unused.iter().filter(|entry| entry.image.repository == repository);
        let digests: Vec<String> = of_repository.map(|entry| entry.image.digest.clone()).collect();
        let draft = Draft::of(format!("unused images in {repository}"));
        let reason = format!("{} that nothing needs", digests.len());
        let operation = Operation::DeleteImages { repository, digests: digests.clone() };
        let step = draft.act(Action::Delete, reason, vec![], operation).into_step(id, vec![], observed);
        (!digests.is_empty()).then_some(step)
    });
    let location = session.clients.location();
    Plan {
        environment: session.settings.environment.clone(),
        account: location.account.clone(),
        region: location.region.clone(),
        steps: steps.collect(),
        access: vec![],
    }
}
