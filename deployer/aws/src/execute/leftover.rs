//! Resources of ours that a stack left behind when it went: deleted by the API
//! that owns them, with what is in them.

use deployer_core::Failure;
use deployer_core::resource::Resource;

use super::context::Context;
use super::{image, resource, role, table};
use crate::errors::{Trouble, found};
use crate::observe::live;

/// Deletes the resource; one that is gone already is fine.
///
/// Errors: `plan/not-owned` when what has this name now is not marked as ours.
pub async fn delete(context: &Context<'_>, left: &Resource) -> Result<String, Failure> {
    let doing = format!("delete {}", left.label());
    let present = owned(context, left, &doing).await?;
    if !present {
        return Ok("already gone".into());
    }
    let name = left.name();
    let failure = |trouble: Trouble| trouble.failure(&doing);
    let (lambda, logs) = (context.clients.lambda(), context.clients.cloudwatchlogs());
    match left {
        Resource::Table(_) => table::delete(context, name).await?,
        Resource::Repository(_) => {
            image::empty_repository(context, name).await?;
            drop(found(context.clients.ecr().delete_repository().repository_name(name).send().await).map_err(failure)?);
        }
        Resource::LogGroup(_) => {
            drop(found(logs.delete_log_group().log_group_name(name).send().await).map_err(failure)?);
        }
        Resource::Role(_) => drop(role::delete(context, name).await?),
        Resource::ManagedPolicies(made) => resource::delete_managed_policies(context, made).await?,
        Resource::Function(_) => {
            drop(found(lambda.delete_function().function_name(name).send().await).map_err(failure)?);
        }
        Resource::FunctionUrl(_) | Resource::FunctionPolicy(_) => return Ok("goes with its function".into()),
    }
    Ok("deleted".into())
}

/// False where nothing has this name any more.
async fn owned(context: &Context<'_>, resource: &Resource, doing: &str) -> Result<bool, Failure> {
    let (clients, name) = (context.clients, resource.name());
    let live = match resource {
        Resource::Table(_) => live::table(clients, name).await.map(|found| found.map(Resource::Table)),
        Resource::Repository(_) => live::repository(clients, name).await.map(|found| found.map(Resource::Repository)),
        Resource::LogGroup(_) => live::log_group(clients, name).await.map(|found| found.map(Resource::LogGroup)),
        Resource::Role(_) => live::role(clients, name).await.map(|found| found.map(|live| Resource::Role(live.role))),
        Resource::ManagedPolicies(made) => {
            let names: Vec<String> = made.policies.keys().cloned().collect();
            let found = live::managed_policies(clients, &context.settings.names(), &names).await;
            found.map(|found| found.map(Resource::ManagedPolicies))
        }
        Resource::Function(_) => live::function(clients, name).await.map(|found| found.map(Resource::Function)),
        Resource::FunctionUrl(_) | Resource::FunctionPolicy(_) => return Ok(false),
    };
    let Some(live) = live.map_err(|trouble: Trouble| trouble.failure(doing))? else { return Ok(false) };
    match live.is_owned(&context.settings.names()) {
        true => Ok(true),
        false => Err(Failure::new("plan/not-owned", doing, "what has this name now is not marked as ours")),
    }
}
