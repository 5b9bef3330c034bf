//! An execution role: trust, policies, boundary, description and tags. It is
//! ours alone, so a policy that the template does not have goes, but for policies
//! that others attached where the template attaches some itself.

use aws_sdk_iam::types::Tag;
use deployer_core::Failure;
use deployer_core::resource::Role;

use super::repairs::{Repairs, missing_tags};
use crate::errors::{Kind, Trouble, failed, found};
use crate::execute::context::Context;
use crate::observe::live;
use crate::wait::Pace;

pub async fn ensure(context: &Context<'_>, wanted: &Role) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let found = match read(context, &wanted.name).await? {
        Some(found) => found,
        None => {
            create(context, wanted).await?;
            repairs.created();
            visible(context, &wanted.name).await?
        }
    };
    put_settings(context, wanted, &found, &mut repairs).await?;
    put_boundary(context, wanted, &found, &mut repairs).await?;
    put_inline_policies(context, wanted, &found, &mut repairs).await?;
    put_attached_policies(context, wanted, &found, &mut repairs).await?;
    Ok(repairs)
}

async fn read(context: &Context<'_>, name: &str) -> Result<Option<Role>, Failure> {
    let found =
        live::role(context.clients, name).await.map_err(|trouble| trouble.failure(format!("read role `{name}`")));
    Ok(found?.map(|live| live.role))
}

/// One that appeared meanwhile is corrected like any other.
async fn create(context: &Context<'_>, wanted: &Role) -> Result<(), Failure> {
    let request = context
        .clients
        .iam()
        .create_role()
        .role_name(&wanted.name)
        .set_description(wanted.description.clone())
        .assume_role_policy_document(wanted.trust_policy.to_string())
        .set_permissions_boundary(wanted.permissions_boundary.clone())
        .set_tags(Some(wanted.tags.iter().filter_map(|(key, value)| tag(key, value)).collect()));
    match request.send().await.map_err(Trouble::from) {
        Err(trouble) if trouble.kind != Kind::Conflict => {
            Err(trouble.failure(format!("create role `{}`", wanted.name)))
        }
        _ => Ok(()),
    }
}

/// IAM is eventually consistent even with itself.
async fn visible(context: &Context<'_>, name: &str) -> Result<Role, Failure> {
    let doing = format!("wait for role `{name}`");
    context.until(Pace::IAM, &doing, async || read(context, name).await).await
}

async fn put_settings(
    context: &Context<'_>,
    wanted: &Role,
    found: &Role,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    let iam = context.clients.iam();
    let doing = format!("update role `{}`", wanted.name);
    if found.trust_policy != wanted.trust_policy {
        let request = iam.update_assume_role_policy().role_name(&wanted.name);
        request.policy_document(wanted.trust_policy.to_string()).send().await.map_err(failed(&doing))?;
        repairs.note("trust policy");
    }
    if found.description != wanted.description {
        let description = wanted.description.clone().unwrap_or_default();
        let request = iam.update_role().role_name(&wanted.name).description(description);
        request.send().await.map_err(failed(&doing))?;
        repairs.note("description");
    }
    let missing = missing_tags(&wanted.tags, &found.tags);
    if !missing.is_empty() {
        let tags = missing.into_iter().filter_map(|(key, value)| tag(key, value)).collect();
        iam.tag_role().role_name(&wanted.name).set_tags(Some(tags)).send().await.map_err(failed(&doing))?;
        repairs.note("tags");
    }
    Ok(())
}

async fn put_boundary(context: &Context<'_>, wanted: &Role, live: &Role, repairs: &mut Repairs) -> Result<(), Failure> {
    if live.permissions_boundary == wanted.permissions_boundary {
        return Ok(());
    }
    let iam = context.clients.iam();
    let doing = format!("set the permissions boundary of role `{}`", wanted.name);
    repairs.note("permissions boundary");
    match &wanted.permissions_boundary {
        Some(arn) => {
            let request = iam.put_role_permissions_boundary().role_name(&wanted.name).permissions_boundary(arn);
            request.send().await.map(drop).map_err(failed(doing))
        }
        None => {
            let answer = iam.delete_role_permissions_boundary().role_name(&wanted.name).send().await;
            found(answer).map(drop).map_err(|trouble| trouble.failure(doing))
        }
    }
}

async fn put_inline_policies(
    context: &Context<'_>,
    wanted: &Role,
    live: &Role,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    let iam = context.clients.iam();
    let differing =
        wanted.inline_policies.iter().filter(|(name, policy)| live.inline_policies.get(*name) != Some(policy));
    for (name, policy) in differing {
        let request = iam.put_role_policy().role_name(&wanted.name).policy_name(name);
        let written = request.policy_document(policy.to_string()).send().await;
        written.map_err(failed(format!("write policy `{name}` of role `{}`", wanted.name)))?;
        repairs.note(format!("policy {name}"));
    }
    for name in live.inline_policies.keys().filter(|name| !wanted.inline_policies.contains_key(*name)) {
        let removed = iam.delete_role_policy().role_name(&wanted.name).policy_name(name).send().await;
        let doing = format!("remove policy `{name}` from role `{}`", wanted.name);
        found(removed).map_err(|trouble| trouble.failure(doing))?;
        repairs.note(format!("policy {name}"));
    }
    Ok(())
}

async fn put_attached_policies(
    context: &Context<'_>,
    wanted: &Role,
    live: &Role,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    let iam = context.clients.iam();
    for arn in wanted.attached_policies.iter().filter(|arn| !live.attached_policies.contains(arn)) {
        let attached = iam.attach_role_policy().role_name(&wanted.name).policy_arn(arn).send().await;
        attached.map_err(failed(format!("attach policy `{arn}` to role `{}`", wanted.name)))?;
        repairs.note(format!("policy {arn}"));
    }
    // Where the template attaches some, others may attach more (`plan/resource_changes`).
    let ours_alone = wanted.attached_policies.is_empty();
    for arn in live.attached_policies.iter().filter(|_| ours_alone) {
        let detached = iam.detach_role_policy().role_name(&wanted.name).policy_arn(arn).send().await;
        let doing = format!("detach policy `{arn}` from role `{}`", wanted.name);
        found(detached).map_err(|trouble| trouble.failure(doing))?;
        repairs.note(format!("policy {arn}"));
    }
    Ok(())
}

/// The SDK wants both members of a tag, which ours always have.
fn tag(key: &str, value: &str) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}
