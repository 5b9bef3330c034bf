//! An ECR repository: tag mutability, scanning, its policy and tags.

use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Tag,
};
use deployer_core::Failure;
use deployer_core::resource::Repository;

use super::repairs::{Repairs, missing_tags};
use crate::errors::{Kind, Trouble, failed, found};
use crate::execute::context::Context;
use crate::observe::live;

pub async fn ensure(context: &Context<'_>, wanted: &Repository) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let found = match read(context, &wanted.name).await? {
        Some(found) => found,
        None => {
            create(context, wanted).await?;
            repairs.created();
            there(context, &wanted.name).await?
        }
    };
    if found.tag_mutability != wanted.tag_mutability {
        put_mutability(context, wanted).await?;
        repairs.note("tag mutability");
    }
    if found.scan_on_push != wanted.scan_on_push {
        put_scanning(context, wanted).await?;
        repairs.note("scan on push");
    }
    if found.policy != wanted.policy {
        put_policy(context, wanted).await?;
        repairs.note("policy");
    }
    if !missing_tags(&wanted.tags, &found.tags).is_empty() {
        put_tags(context, wanted, &found).await?;
        repairs.note("tags");
    }
    Ok(repairs)
}

async fn read(context: &Context<'_>, name: &str) -> Result<Option<Repository>, Failure> {
    let found = live::repository(context.clients, name).await;
    found.map_err(|trouble| trouble.failure(format!("read repository `{name}`")))
}

async fn there(context: &Context<'_>, name: &str) -> Result<Repository, Failure> {
    let gone = || Failure::new("plan/stale", format!("create repository `{name}`"), "it went away at once");
    read(context, name).await?.ok_or_else(gone)
}

/// One that appeared meanwhile is corrected like any other.
async fn create(context: &Context<'_>, wanted: &Repository) -> Result<(), Failure> {
    let doing = format!("create repository `{}`", wanted.name);
    let encryption = EncryptionConfiguration::builder().encryption_type(EncryptionType::from(&*wanted.encryption));
    let encryption = encryption.build().map_err(|error| Failure::new("aws/failed", &doing, error))?;
    let request = context
        .clients
        .ecr()
        .create_repository()
        .repository_name(&wanted.name)
        .image_tag_mutability(ImageTagMutability::from(&*wanted.tag_mutability))
        .image_scanning_configuration(scanning(wanted))
        .encryption_configuration(encryption)
        .set_tags(Some(wanted.tags.iter().filter_map(|(key, value)| tag(key, value)).collect()));
    match request.send().await.map_err(Trouble::from) {
        Err(trouble) if trouble.kind != Kind::Conflict => Err(trouble.failure(doing)),
        _ => Ok(()),
    }
}

async fn put_mutability(context: &Context<'_>, wanted: &Repository) -> Result<(), Failure> {
    let request = context.clients.ecr().put_image_tag_mutability().repository_name(&wanted.name);
    let request = request.image_tag_mutability(ImageTagMutability::from(&*wanted.tag_mutability));
    request.send().await.map(drop).map_err(failed(format!("set the tag mutability of repository `{}`", wanted.name)))
}

async fn put_scanning(context: &Context<'_>, wanted: &Repository) -> Result<(), Failure> {
    let request = context.clients.ecr().put_image_scanning_configuration().repository_name(&wanted.name);
    let request = request.image_scanning_configuration(scanning(wanted));
    request.send().await.map(drop).map_err(failed(format!("set the scanning of repository `{}`", wanted.name)))
}

async fn put_policy(context: &Context<'_>, wanted: &Repository) -> Result<(), Failure> {
    let doing = format!("set the policy of repository `{}`", wanted.name);
    let ecr = context.clients.ecr();
    match &wanted.policy {
        Some(policy) => {
            let request = ecr.set_repository_policy().repository_name(&wanted.name).policy_text(policy.to_string());
            request.send().await.map(drop).map_err(failed(doing))
        }
        None => {
            let answer = ecr.delete_repository_policy().repository_name(&wanted.name).send().await;
            found(answer).map(drop).map_err(|trouble| trouble.failure(doing))
        }
    }
}

async fn put_tags(context: &Context<'_>, wanted: &Repository, found: &Repository) -> Result<(), Failure> {
    let missing = missing_tags(&wanted.tags, &found.tags);
    let tags = missing.into_iter().filter_map(|(key, value)| tag(key, value)).collect();
    let arn = live::repository_arn(context.clients, &wanted.name);
    let request = context.clients.ecr().tag_resource().resource_arn(arn).set_tags(Some(tags));
    request.send().await.map(drop).map_err(failed(format!("tag repository `{}`", wanted.name)))
}

fn scanning(wanted: &Repository) -> ImageScanningConfiguration {
    ImageScanningConfiguration::builder().scan_on_push(wanted.scan_on_push).build()
}

/// The SDK wants both members of a tag, which ours always have.
fn tag(key: &str, value: &str) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}
