//! A table: what can be switched on it, its indexes and its tags. Keys cannot
//! be changed; the plan says so.

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, Tag};
use deployer_core::Failure;
use deployer_core::resource::Table;

use super::repairs::{Repairs, missing_tags};
use super::table_switches::{put_recovery, put_time_to_live};
use super::table_types::{attributes, indexes, key_schema, projection, stream_of, stream_off};
use crate::errors::{Kind, Trouble, failed};
use crate::execute::context::Context;
use crate::execute::table::settled;
use crate::observe::live;

/// Errors: `plan/table-missing` for the conversation table, which is never made
/// again: an empty one in its place would hide the loss.
pub async fn ensure(context: &Context<'_>, wanted: &Table) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    if settled(context, &wanted.name).await?.is_none() {
        create(context, wanted).await?;
        repairs.created();
        settled(context, &wanted.name).await?;
    }
    let found = live::table(context.clients, &wanted.name).await;
    let found = found.map_err(|trouble| trouble.failure(format!("read table `{}`", wanted.name)))?;
    let found = found.ok_or_else(|| missing(wanted))?;
    put_settings(context, wanted, &found, &mut repairs).await?;
    put_stream(context, wanted, &found, &mut repairs).await?;
    put_indexes(context, wanted, &found, &mut repairs).await?;
    if found.time_to_live != wanted.time_to_live {
        put_time_to_live(context, wanted).await?;
        repairs.note("time to live");
    }
    if found.point_in_time_recovery != wanted.point_in_time_recovery {
        put_recovery(context, wanted).await?;
        repairs.note("point-in-time recovery");
    }
    put_tags(context, wanted, &found, &mut repairs).await?;
    Ok(repairs)
}

fn missing(wanted: &Table) -> Failure {
    Failure::new("plan/table-missing", format!("repair table `{}`", wanted.name), "it does not exist")
        .with_hint("restore it from a backup under the same name")
}

/// One that appeared meanwhile is corrected like any other.
async fn create(context: &Context<'_>, wanted: &Table) -> Result<(), Failure> {
    if wanted.name == context.settings.names().conversations_table() {
        return Err(missing(wanted));
    }
    let doing = format!("create table `{}`", wanted.name);
    let request = creation(context, wanted).map_err(|error| Failure::new("aws/failed", &doing, error))?;
    match request.send().await.map_err(Trouble::from) {
        Err(trouble) if trouble.kind != Kind::Conflict => Err(trouble.failure(doing)),
        _ => Ok(()),
    }
}

fn creation(
    context: &Context<'_>,
    wanted: &Table,
) -> Result<CreateTableFluentBuilder, aws_smithy_types::error::operation::BuildError> {
    let indexes = Some(indexes(wanted)?).filter(|indexes| !indexes.is_empty());
    Ok(context
        .clients
        .dynamodb()
        .create_table()
        .table_name(&wanted.name)
        .set_key_schema(Some(key_schema(&wanted.keys)?))
        .set_attribute_definitions(Some(attributes(wanted)?))
        .set_global_secondary_indexes(indexes)
        .billing_mode(BillingMode::from(&*wanted.billing_mode))
        .set_stream_specification(wanted.stream.as_deref().map(stream_of).transpose()?)
        .deletion_protection_enabled(wanted.deletion_protection)
        .set_tags(Some(wanted.tags.iter().filter_map(|(key, value)| tag(key, value)).collect())))
}

async fn put_settings(
    context: &Context<'_>,
    wanted: &Table,
    found: &Table,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    if found.deletion_protection != wanted.deletion_protection {
        update(context, wanted, |request| request.deletion_protection_enabled(wanted.deletion_protection)).await?;
        repairs.note("deletion protection");
    }
    if found.billing_mode != wanted.billing_mode {
        update(context, wanted, |request| request.billing_mode(BillingMode::from(&*wanted.billing_mode))).await?;
        repairs.note("billing mode");
    }
    Ok(())
}

/// A stream's view cannot be changed: it is switched off, then on.
async fn put_stream(
    context: &Context<'_>,
    wanted: &Table,
    found: &Table,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    if found.stream == wanted.stream {
        return Ok(());
    }
    let unusable = |error| Failure::new("aws/failed", format!("set the stream of table `{}`", wanted.name), error);
    if found.stream.is_some() {
        let off = stream_off().map_err(unusable)?;
        update(context, wanted, |request| request.stream_specification(off)).await?;
    }
    if let Some(view) = &wanted.stream {
        let on = stream_of(view).map_err(unusable)?;
        update(context, wanted, |request| request.stream_specification(on)).await?;
    }
    repairs.note("stream");
    Ok(())
}

/// Makes the indexes that are gone; DynamoDB fills one at a time.
async fn put_indexes(
    context: &Context<'_>,
    wanted: &Table,
    found: &Table,
    repairs: &mut Repairs,
) -> Result<(), Failure> {
    let unusable = |error| Failure::new("aws/failed", format!("make an index of table `{}`", wanted.name), error);
    for (name, index) in wanted.indexes.iter().filter(|(name, _)| !found.indexes.contains_key(*name)) {
        let creation = CreateGlobalSecondaryIndexAction::builder()
            .index_name(name)
            .set_key_schema(Some(key_schema(&index.keys).map_err(unusable)?))
            .projection(projection(index))
            .build()
            .map_err(unusable)?;
        let definitions = attributes(wanted).map_err(unusable)?;
        let creation = GlobalSecondaryIndexUpdate::builder().create(creation).build();
        update(context, wanted, |request| {
            request.set_attribute_definitions(Some(definitions)).global_secondary_index_updates(creation)
        })
        .await?;
        repairs.note(format!("index {name}"));
    }
    Ok(())
}

/// One change, and the wait until the table accepts the next.
async fn update(
    context: &Context<'_>,
    wanted: &Table,
    change: impl FnOnce(UpdateTableFluentBuilder) -> UpdateTableFluentBuilder,
) -> Result<(), Failure> {
    let request = change(context.clients.dynamodb().update_table().table_name(&wanted.name));
    request.send().await.map_err(failed(format!("update table `{}`", wanted.name)))?;
    settled(context, &wanted.name).await.map(drop)
}

async fn put_tags(context: &Context<'_>, wanted: &Table, found: &Table, repairs: &mut Repairs) -> Result<(), Failure> {
    let missing = missing_tags(&wanted.tags, &found.tags);
    if missing.is_empty() {
        return Ok(());
    }
    let tags = missing.into_iter().filter_map(|(key, value)| tag(key, value)).collect();
    let arn = live::table_arn(context.clients, &wanted.name);
    let request = context.clients.dynamodb().tag_resource().resource_arn(arn).set_tags(Some(tags));
    request.send().await.map_err(failed(format!("tag table `{}`", wanted.name)))?;
    repairs.note("tags");
    Ok(())
}

/// The SDK wants both members of a tag, which ours always have.
fn tag(key: &str, value: &str) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}
