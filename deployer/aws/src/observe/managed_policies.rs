//! The policies of what the tools may read. They are found by their names, of
//! which there are as many as a role of ours may have policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyVersion;
use contract::Names;
use deployer_core::observed::Fact;
use deployer_core::read_access::MOST_POLICIES;
use deployer_core::resource::{ManagedPolicies, ManagedPolicy, Resource};
use futures::future::try_join_all;

use super::policy_document::decode;
use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, names: &Names) -> Fact<Resource> {
    let all: Vec<String> = (1..=MOST_POLICIES).map(|number| names.read_policy(number)).collect();
    super::fact(read(clients, names, &all).await.map(|found| found.map(Resource::ManagedPolicies)))
}

/// Those of the named policies that exist; None where none does.
pub async fn read(clients: &Clients, names: &Names, all: &[String]) -> Result<Option<ManagedPolicies>, Trouble> {
    let read = all.iter().map(async |name| Ok::<_, Trouble>((name.clone(), policy(clients, name).await?)));
    let found = try_join_all(read).await?.into_iter();
    let policies: BTreeMap<_, _> = found.filter_map(|(name, policy)| Some((name, policy?))).collect();
    Ok((!policies.is_empty()).then(|| ManagedPolicies { name: names.read_policies(), policies }))
}

/// The policy with the document of its default version.
async fn policy(clients: &Clients, name: &str) -> Result<Option<ManagedPolicy>, Trouble> {
    let arn = Names::policy_arn(clients.account(), name);
    let Some(policy) = found(clients.iam().get_policy().policy_arn(&arn).send().await)?.and_then(|got| got.policy)
    else {
        return Ok(None);
    };
    let version = policy.default_version_id.unwrap_or_default();
    let request = clients.iam().get_policy_version().policy_arn(&arn).version_id(version);
    let version = found(request.send().await)?.and_then(|answer| answer.policy_version);
    // One that went away after it was found.
    let Some(document) = version.and_then(|version| version.document) else { return Ok(None) };
    let description = policy.description.filter(|text| !text.is_empty());
    Ok(Some(ManagedPolicy { description, document: decode(&document)? }))
}

/// Every version of a policy, the oldest first; none where there is no policy.
pub async fn versions(clients: &Clients, arn: &str) -> Result<Vec<PolicyVersion>, Trouble> {
    let mut versions = Vec::new();
    let mut pages = clients.iam().list_policy_versions().policy_arn(arn).into_paginator().items().send();
    while let Some(version) = pages.next().await {
        versions.extend(found(version)?);
    }
    versions.sort_by_key(|version| number(version.version_id.as_deref().unwrap_or_default()));
    Ok(versions)
}

/// 12 of `v12`: IAM counts a policy's versions and never uses a number again.
fn number(version_id: &str) -> u32 {
    version_id.trim_start_matches('v').parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_counted() {
        assert!(number("v9") < number("v10"));
    }
}
