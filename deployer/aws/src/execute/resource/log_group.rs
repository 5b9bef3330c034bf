//! A log group: its retention and tags.

use std::collections::HashMap;

use deployer_core::Failure;
use deployer_core::resource::LogGroup;

use super::repairs::{Repairs, missing_tags};
use crate::errors::{Kind, Trouble, failed, found};
use crate::execute::context::Context;
use crate::observe::live;

pub async fn ensure(context: &Context<'_>, wanted: &LogGroup) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let found = match read(context, &wanted.name).await? {
        Some(found) => found,
        None => {
            create(context, wanted).await?;
            repairs.created();
            LogGroup { name: wanted.name.clone(), retention_days: None, tags: wanted.tags.clone() }
        }
    };
    if found.retention_days != wanted.retention_days {
        put_retention(context, wanted).await?;
        repairs.note("retention");
    }
    let missing = missing_tags(&wanted.tags, &found.tags);
    if !missing.is_empty() {
        let tags: HashMap<String, String> =
            missing.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let arn = live::log_group_arn(context.clients, &wanted.name);
        let request = context.clients.cloudwatchlogs().tag_resource().resource_arn(arn).set_tags(Some(tags));
        request.send().await.map_err(failed(format!("tag log group `{}`", wanted.name)))?;
        repairs.note("tags");
    }
    Ok(repairs)
}

async fn read(context: &Context<'_>, name: &str) -> Result<Option<LogGroup>, Failure> {
    let found = live::log_group(context.clients, name).await;
    found.map_err(|trouble| trouble.failure(format!("read log group `{name}`")))
}

/// One that appeared meanwhile is fine: a function that logs makes it too.
async fn create(context: &Context<'_>, wanted: &LogGroup) -> Result<(), Failure> {
    let tags = wanted.tags.clone().into_iter().collect();
    let request = context.clients.cloudwatchlogs().create_log_group().log_group_name(&wanted.name);
    match request.set_tags(Some(tags)).send().await.map_err(Trouble::from) {
        Err(trouble) if trouble.kind != Kind::Conflict => {
            Err(trouble.failure(format!("create log group `{}`", wanted.name)))
        }
        _ => Ok(()),
    }
}

async fn put_retention(context: &Context<'_>, wanted: &LogGroup) -> Result<(), Failure> {
    let doing = format!("set the retention of log group `{}`", wanted.name);
    let logs = context.clients.cloudwatchlogs();
    match wanted.retention_days.and_then(|days| i32::try_from(days).ok()) {
        Some(days) => {
            let request = logs.put_retention_policy().log_group_name(&wanted.name).retention_in_days(days);
            request.send().await.map(drop).map_err(failed(doing))
        }
        None => {
            let answer = logs.delete_retention_policy().log_group_name(&wanted.name).send().await;
            found(answer).map(drop).map_err(|trouble| trouble.failure(doing))
        }
    }
}
