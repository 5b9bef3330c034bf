//! The policies of what the tools may read: documents put back as new default
//! versions, policies that are gone made again. Who has them is their roles' matter.

use aws_sdk_iam::types::PolicyVersion;
use contract::Names;
use deployer_core::Failure;
use deployer_core::resource::{ManagedPolicies, ManagedPolicy};

use super::repairs::Repairs;
use crate::errors::{Kind, Trouble, failed, found};
use crate::execute::context::Context;
use crate::observe::live;
use crate::wait::Pace;

/// Versions that IAM keeps of one policy (IAM and STS quotas).
const MOST_VERSIONS: usize = 5;

pub async fn ensure(context: &Context<'_>, wanted: &ManagedPolicies) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let found = read(context, wanted).await?;
    for (name, policy) in &wanted.policies {
        match found.as_ref().and_then(|found| found.policies.get(name)) {
            Some(live) if live.document == policy.document => continue,
            Some(_) => put(context, name, policy).await?,
            None => create(context, name, policy).await?,
        }
        repairs.note(format!("policy {name}"));
    }
    visible(context, wanted).await?;
    Ok(repairs)
}

async fn read(context: &Context<'_>, wanted: &ManagedPolicies) -> Result<Option<ManagedPolicies>, Failure> {
    let names: Vec<String> = wanted.policies.keys().cloned().collect();
    let read = live::managed_policies(context.clients, &context.settings.names(), &names).await;
    read.map_err(|trouble| trouble.failure(format!("read policies `{}`", wanted.name)))
}

/// One that appeared meanwhile gets the document like any other.
async fn create(context: &Context<'_>, name: &str, policy: &ManagedPolicy) -> Result<(), Failure> {
    let request = context.clients.iam().create_policy().policy_name(name);
    let request = request.set_description(policy.description.clone()).policy_document(policy.document.to_string());
    match request.send().await.map_err(Trouble::from) {
        Ok(_) => Ok(()),
        Err(trouble) if trouble.kind == Kind::Conflict => put(context, name, policy).await,
        Err(trouble) => Err(trouble.failure(format!("create policy `{name}`"))),
    }
}

/// A new default version, in the place of the oldest one where there is no room.
async fn put(context: &Context<'_>, name: &str, policy: &ManagedPolicy) -> Result<(), Failure> {
    let (iam, doing) = (context.clients.iam(), format!("write policy `{name}`"));
    let arn = Names::policy_arn(context.clients.account(), name);
    let versions = live::policy_versions(context.clients, &arn).await.map_err(|trouble| trouble.failure(&doing))?;
    if let Some(oldest) = superfluous(&versions) {
        let removed = iam.delete_policy_version().policy_arn(&arn).version_id(oldest).send().await;
        found(removed).map_err(|trouble| trouble.failure(&doing))?;
    }
    let request = iam.create_policy_version().policy_arn(&arn).set_as_default(true);
    request.policy_document(policy.document.to_string()).send().await.map(drop).map_err(failed(doing))
}

/// The oldest version that is not in force, when IAM would take no further one.
fn superfluous(versions: &[PolicyVersion]) -> Option<&str> {
    let is_old = |version: &&PolicyVersion| !version.is_default_version;
    versions.iter().find(is_old).filter(|_| versions.len() >= MOST_VERSIONS)?.version_id.as_deref()
}

/// IAM is eventually consistent even with itself.
async fn visible(context: &Context<'_>, wanted: &ManagedPolicies) -> Result<(), Failure> {
    let doing = format!("wait for policies `{}`", wanted.name);
    let visible = context.until(Pace::IAM, &doing, async || {
        let found = read(context, wanted).await?;
        let same = |(name, policy): (&String, &ManagedPolicy)| {
            let live = found.as_ref().and_then(|found| found.policies.get(name));
            live.is_some_and(|live| live.document == policy.document)
        };
        Ok(wanted.policies.iter().all(same).then_some(()))
    });
    visible.await
}

/// Deletes the policies with all their versions. A role that still has one keeps it.
pub async fn delete(context: &Context<'_>, made: &ManagedPolicies) -> Result<(), Failure> {
    let iam = context.clients.iam();
    for name in made.policies.keys() {
        let failure = |trouble: Trouble| trouble.failure(format!("delete policy `{name}`"));
        let arn = Names::policy_arn(context.clients.account(), name);
        let versions = live::policy_versions(context.clients, &arn).await.map_err(failure)?;
        for version in versions.iter().filter(|version| !version.is_default_version) {
            let id = version.version_id.as_deref().unwrap_or_default();
            found(iam.delete_policy_version().policy_arn(&arn).version_id(id).send().await).map_err(failure)?;
        }
        found(iam.delete_policy().policy_arn(&arn).send().await).map_err(failure)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(default: usize, count: usize) -> Vec<PolicyVersion> {
        let version = |number: usize| {
            PolicyVersion::builder().version_id(format!("v{number}")).is_default_version(number == default).build()
        };
        (1..=count).map(version).collect()
    }

    #[test]
    fn room_is_made_only_where_there_is_none_and_never_of_the_version_in_force() {
        assert_eq!(superfluous(&versions(4, 4)), None);
        assert_eq!(superfluous(&versions(5, 5)), Some("v1"));
        assert_eq!(superfluous(&versions(1, 5)), Some("v2"));
    }
}
