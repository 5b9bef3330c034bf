//! `deployer target`: the targets of a gateway as they are.

use deployer_aws::{TargetSummary, list_targets, target_details};
use deployer_core::Failure;
use deployer_core::settings::did_you_mean;
use serde_json::json;

use super::gateway;
use crate::arguments::{Target, TargetGet, TargetList};
use crate::documents;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, command: &Target) -> Result<(), Stop> {
    match command {
        Target::List(arguments) => list(project, arguments).await,
        Target::Get(arguments) => get(project, arguments).await,
    }
}

async fn list(project: &Project, arguments: &TargetList) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let gateway_id = gateway::find(&session, arguments.gateway.as_deref()).await?;
    let targets = list_targets(&session.clients, &gateway_id).await?;
    match arguments.json {
        true => documents::print(&json!({"version": 1, "gateway_id": gateway_id, "targets": targets})),
        false => views::targets::show_list(&targets, &gateway_id),
    }
    Ok(())
}

async fn get(project: &Project, arguments: &TargetGet) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let gateway_id = gateway::find(&session, arguments.gateway.as_deref()).await?;
    let targets = list_targets(&session.clients, &gateway_id).await?;
    let wanted = arguments.target.as_deref().unwrap_or(contract::names::TARGET);
    let target = chosen(&targets, wanted).ok_or_else(|| unknown(&targets, wanted, &gateway_id))?;
    let target = target_details(&session.clients, &gateway_id, &target.id).await?;
    match arguments.json {
        true => documents::print(&json!({"version": 1, "target": target})),
        false => views::targets::show(&target),
    }
    Ok(())
}

/// By id first; of two with one name, that which is not being deleted.
fn chosen<'a>(targets: &'a [TargetSummary], wanted: &str) -> Option<&'a TargetSummary> {
    let named = || targets.iter().filter(|target| target.name == wanted);
    let by_id = targets.iter().find(|target| target.id == wanted);
    by_id.or_else(|| named().find(|target| target.status != "DELETING")).or_else(|| named().next())
}

fn unknown(targets: &[TargetSummary], wanted: &str, gateway_id: &str) -> Failure {
    let names = targets.iter().map(|target| target.name.as_str());
    let known = || match names.clone().collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "the gateway has no target".to_string(),
        all => format!("it has: {all}"),
    };
    let cause = format!("gateway {gateway_id} has no target of this name or id");
    Failure::new("run/unknown-name", format!("find target {wanted}"), cause)
        .with_hint(did_you_mean(wanted, names.clone()).unwrap_or_else(known))
}
