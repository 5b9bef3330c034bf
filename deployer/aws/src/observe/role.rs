//! A role with its inline and attached policies: the gateway's and the functions'.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Role as IamRole;
use deployer_core::observed::{Fact, ObservedRole};
use deployer_core::resource::{Resource, Role};
use futures::future::try_join_all;
use serde_json::Value;

use super::policy_document::decode;
use super::tags::tags;
use crate::Clients;
use crate::errors::{Trouble, found};

/// The gateway role.
pub async fn observe(clients: &Clients, name: String) -> Fact<ObservedRole> {
    super::fact(read(clients, &name).await.map(|role| role.map(observed)))
}

/// A role that a stack makes.
pub async fn observe_resource(clients: &Clients, name: String) -> Fact<Resource> {
    super::fact(read(clients, &name).await.map(|live| live.map(|live| Resource::Role(live.role))))
}

/// A role as it is, with what a template does not say of it.
pub struct LiveRole {
    pub arn: String,
    pub role: Role,
}

pub async fn read(clients: &Clients, name: &str) -> Result<Option<LiveRole>, Trouble> {
    let (role, inline, attached) = tokio::join!(
        clients.iam().get_role().role_name(name).send(),
        inline_policies(clients, name),
        attached_policies(clients, name),
    );
    match found(role)?.and_then(|answer| answer.role) {
        Some(role) => live(role, inline?, attached?).map(Some),
        None => Ok(None),
    }
}

async fn inline_policies(clients: &Clients, role: &str) -> Result<BTreeMap<String, Value>, Trouble> {
    let mut names = Vec::new();
    let mut pages = clients.iam().list_role_policies().role_name(role).into_paginator().items().send();
    while let Some(name) = pages.next().await {
        names.push(name?);
    }
    let policies = try_join_all(names.iter().map(|name| inline_policy(clients, role, name))).await?;
    Ok(policies.into_iter().flatten().collect())
}

/// None for one that went away after it was listed.
async fn inline_policy(clients: &Clients, role: &str, name: &str) -> Result<Option<(String, Value)>, Trouble> {
    let request = clients.iam().get_role_policy().role_name(role).policy_name(name);
    match found(request.send().await)? {
        Some(answer) => Ok(Some((name.to_string(), decode(&answer.policy_document)?))),
        None => Ok(None),
    }
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

fn live(
    found: IamRole,
    inline_policies: BTreeMap<String, Value>,
    attached_policies: Vec<String>,
) -> Result<LiveRole, Trouble> {
    let role = Role {
        name: found.role_name,
        description: found.description.filter(|description| !description.is_empty()),
        trust_policy: decode(found.assume_role_policy_document.as_deref().unwrap_or("null"))?,
        inline_policies,
        attached_policies,
        permissions_boundary: found.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        tags: tags(found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))),
    };
    Ok(LiveRole { arn: found.arn, role })
}

fn observed(live: LiveRole) -> ObservedRole {
    ObservedRole {
        arn: live.arn,
        trust_policy: live.role.trust_policy,
        inline_policies: live.role.inline_policies,
        attached_policies: live.role.attached_policies,
        permissions_boundary: live.role.permissions_boundary,
        tags: live.role.tags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::types::AttachedPermissionsBoundary;
    use aws_smithy_types::DateTime;
    use serde_json::json;

    fn iam_role() -> aws_sdk_iam::types::builders::RoleBuilder {
        IamRole::builder()
            .path("/")
            .role_name("r")
            .role_id("AROA")
            .arn("arn:aws:iam::1:role/r")
            .create_date(DateTime::from_secs(0))
    }

    #[test]
    fn a_roles_documents_are_decoded() {
        let document = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
        let boundary = AttachedPermissionsBoundary::builder().permissions_boundary_arn("arn:b").build();
        let role = iam_role().assume_role_policy_document(document).permissions_boundary(boundary).build().unwrap();
        let role = live(role, BTreeMap::new(), vec![]).unwrap().role;
        assert_eq!(role.trust_policy["Version"], json!("2012-10-17"));
        assert_eq!(role.permissions_boundary.as_deref(), Some("arn:b"));
    }

    #[test]
    fn an_empty_description_is_none() {
        let role = iam_role().description("").build().unwrap();
        assert_eq!(live(role, BTreeMap::new(), vec![]).unwrap().role.description, None);
    }
}
