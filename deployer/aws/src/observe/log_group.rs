//! One CloudWatch log group: its retention and tags.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types::LogGroup as LiveLogGroup;
use deployer_core::observed::Fact;
use deployer_core::resource::{LogGroup, Resource};

use super::tags::tags;
use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<Resource> {
    super::fact(read(clients, &name).await.map(|group| group.map(Resource::LogGroup)))
}

pub async fn read(clients: &Clients, name: &str) -> Result<Option<LogGroup>, Trouble> {
    let (group, tags) = tokio::join!(description(clients, name), tags_of(clients, name));
    match group? {
        Some(found) => Ok(Some(log_group(name, &found, tags?))),
        None => Ok(None),
    }
}

/// Of exactly this name: the call finds all groups whose names begin with it.
async fn description(clients: &Clients, name: &str) -> Result<Option<LiveLogGroup>, Trouble> {
    let request = clients.cloudwatchlogs().describe_log_groups().log_group_name_prefix(name);
    let mut groups = request.into_paginator().items().send();
    while let Some(group) = groups.next().await {
        let group = group?;
        if group.log_group_name.as_deref() == Some(name) {
            return Ok(Some(group));
        }
    }
    Ok(None)
}

async fn tags_of(clients: &Clients, name: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let request = clients.cloudwatchlogs().list_tags_for_resource().resource_arn(arn(clients, name));
    Ok(tags(found(request.send().await)?.and_then(|answer| answer.tags).unwrap_or_default()))
}

/// A log group's ARN without the `:*` at its end, as the tagging calls want it.
pub fn arn(clients: &Clients, name: &str) -> String {
    let location = clients.location();
    format!("arn:aws:logs:{}:{}:log-group:{name}", location.region, location.account)
}

fn log_group(name: &str, found: &LiveLogGroup, tags: BTreeMap<String, String>) -> LogGroup {
    let retention_days = found.retention_in_days.and_then(|days| u32::try_from(days).ok());
    LogGroup { name: name.to_string(), retention_days, tags }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_without_retention_keeps_its_events_forever() {
        let of = |days| {
            let group = LiveLogGroup::builder().set_retention_in_days(days).build();
            log_group("/aws/lambda/f", &group, BTreeMap::new()).retention_days
        };
        assert_eq!((of(Some(14)), of(None)), (Some(14), None));
    }
}
