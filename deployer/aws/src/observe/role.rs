//! The gateway role with its inline and attached policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Role;
use deployer_core::observed::{Fact, ObservedRole};
use serde_json::Value;

use super::policy_document::decode;
use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<ObservedRole> {
    super::fact(read(clients, &name).await)
}

async fn read(clients: &Clients, name: &str) -> Result<Option<ObservedRole>, Trouble> {
    let answer = found(clients.iam().get_role().role_name(name).send().await)?;
    let Some(role) = answer.and_then(|answer| answer.role) else { return Ok(None) };
    let (inline, attached) = tokio::try_join!(inline_policies(clients, name), attached_policies(clients, name))?;
    observed(role, inline, attached).map(Some)
}

async fn inline_policies(clients: &Clients, role: &str) -> Result<BTreeMap<String, Value>, Trouble> {
    let mut policies = BTreeMap::new();
    let mut names = clients.iam().list_role_policies().role_name(role).into_paginator().items().send();
    while let Some(name) = names.next().await {
        let name = name?;
        let answer = clients.iam().get_role_policy().role_name(role).policy_name(&name).send().await?;
        policies.insert(name, decode(&answer.policy_document)?);
    }
    Ok(policies)
}

/// ARNs, sorted.
async fn attached_policies(clients: &Clients, role: &str) -> Result<Vec<String>, Trouble> {
    let mut arns = Vec::new();
    let mut policies = clients.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
    while let Some(policy) = policies.next().await {
        arns.extend(policy?.policy_arn);
    }
    arns.sort();
    Ok(arns)
}

fn observed(role: Role, inline: BTreeMap<String, Value>, attached: Vec<String>) -> Result<ObservedRole, Trouble> {
    Ok(ObservedRole {
        trust_policy: decode(role.assume_role_policy_document.as_deref().unwrap_or("null"))?,
        arn: role.arn,
        inline_policies: inline,
        attached_policies: attached,
        permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        tags: role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
    })
}
