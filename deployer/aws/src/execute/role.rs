//! The gateway role: created or corrected as a whole, deleted with its policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use deployer_core::Failure;
use deployer_core::desired::DesiredRole;
use deployer_core::ownership::is_owned;

use super::context::Context;
use crate::errors::{Kind, Trouble, failed, found};
use crate::observe::live::{self, LiveRole};
use crate::wait::Pace;

/// Makes the role what the plan says. `existed` is true where the plan has seen it.
///
/// Errors: `plan/not-owned` when somebody else's role of this name appeared meanwhile.
pub async fn ensure(context: &Context<'_>, role: &DesiredRole, existed: bool) -> Result<String, Failure> {
    let created = !existed && create(context, role).await?;
    if !created {
        correct(context, role).await?;
    }
    put_policy(context, role).await?;
    remove_other_policies(context, &role.name, &role.policy_name).await?;
    visible(context, role).await?;
    Ok(if created { "created" } else { "updated" }.into())
}

/// Deletes the role with all its policies.
pub async fn delete(context: &Context<'_>, name: &str) -> Result<String, Failure> {
    remove_other_policies(context, name, "").await?;
    let answer = context.clients.iam().delete_role().role_name(name).send().await;
    match found(answer).map_err(|trouble| trouble.failure(format!("delete role `{name}`")))? {
        Some(_) => Ok("deleted".into()),
        None => Ok("already gone".into()),
    }
}

/// False when it is there already: an attempt whose answer was lost has made it.
async fn create(context: &Context<'_>, role: &DesiredRole) -> Result<bool, Failure> {
    let request = context
        .clients
        .iam()
        .create_role()
        .role_name(&role.name)
        .description(&role.description)
        .assume_role_policy_document(role.trust_policy.to_string())
        .set_permissions_boundary(role.permissions_boundary.clone())
        .set_tags(Some(tags(&role.tags)));
    let doing = format!("create role `{}`", role.name);
    match request.send().await.map_err(Trouble::from) {
        Ok(_) => Ok(true),
        Err(trouble) if trouble.kind == Kind::Conflict => owned(context, &role.name).await.map(|()| false),
        Err(trouble) => Err(trouble.failure(doing)),
    }
}

async fn owned(context: &Context<'_>, name: &str) -> Result<(), Failure> {
    let doing = format!("create role `{name}`");
    let answer = context.clients.iam().get_role().role_name(name).send().await.map_err(failed(&doing))?;
    let tags = answer.role.and_then(|role| role.tags).unwrap_or_default();
    let tags: BTreeMap<_, _> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    match is_owned(&tags, &context.settings.names()) {
        true => Ok(()),
        false => Err(Failure::new("plan/not-owned", doing, "it exists and does not carry our tags")),
    }
}

async fn correct(context: &Context<'_>, role: &DesiredRole) -> Result<(), Failure> {
    let iam = context.clients.iam();
    let doing = format!("update role `{}`", role.name);
    let trust = iam.update_assume_role_policy().role_name(&role.name);
    let trust = trust.policy_document(role.trust_policy.to_string());
    trust.send().await.map_err(failed(&doing))?;
    iam.update_role().role_name(&role.name).description(&role.description).send().await.map_err(failed(&doing))?;
    let tagging = iam.tag_role().role_name(&role.name).set_tags(Some(tags(&role.tags)));
    tagging.send().await.map_err(failed(&doing))?;
    match &role.permissions_boundary {
        Some(arn) => {
            let boundary = iam.put_role_permissions_boundary().role_name(&role.name).permissions_boundary(arn);
            boundary.send().await.map(drop).map_err(failed(&doing))
        }
        None => {
            let boundary = iam.delete_role_permissions_boundary().role_name(&role.name).send().await;
            found(boundary).map(drop).map_err(|trouble| trouble.failure(&doing))
        }
    }
}

async fn put_policy(context: &Context<'_>, role: &DesiredRole) -> Result<(), Failure> {
    let request = context.clients.iam().put_role_policy().role_name(&role.name).policy_name(&role.policy_name);
    let request = request.policy_document(role.policy.to_string());
    request.send().await.map(drop).map_err(failed(format!("write the policy of role `{}`", role.name)))
}

/// The role is ours and has one policy: what else was put on it goes.
async fn remove_other_policies(context: &Context<'_>, role: &str, kept: &str) -> Result<(), Failure> {
    let iam = context.clients.iam();
    let doing = format!("remove policies from role `{role}`");
    let failure = |trouble: Trouble| trouble.failure(&doing);
    // Both lists are read to their ends by the observation.
    let Some(LiveRole { role: live, .. }) = live::role(context.clients, role).await.map_err(failure)? else {
        return Ok(());
    };
    for name in live.inline_policies.keys().filter(|name| *name != kept) {
        let removed = iam.delete_role_policy().role_name(role).policy_name(name).send().await;
        found(removed).map_err(failure)?;
    }
    for arn in live.attached_policies {
        found(iam.detach_role_policy().role_name(role).policy_arn(arn).send().await).map_err(failure)?;
    }
    Ok(())
}

/// IAM is eventually consistent even with itself.
async fn visible(context: &Context<'_>, role: &DesiredRole) -> Result<(), Failure> {
    let doing = format!("wait for role `{}`", role.name);
    let visible = context.until(Pace::IAM, &doing, async || {
        let request = context.clients.iam().get_role_policy().role_name(&role.name).policy_name(&role.policy_name);
        let answer = found(request.send().await).map_err(|trouble| trouble.failure(&doing))?;
        Ok(answer.map(drop))
    });
    visible.await
}

/// The SDK wants both members of a tag, which ours always have.
fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}
