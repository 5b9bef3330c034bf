//! Instances that have been stopped for long.

use std::collections::BTreeMap;

use serde_json::json;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::instances::FILTER_VALUES;
use super::{instances_of, keeping, name_of};
use crate::service::values::{list, number, rfc3339, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn stopped(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least_days = ask.question.number("days", &["day", "days"], 30.0);
    ask.note(format!("Instances stopped for at least {least_days} days are listed."));
    let filter = json!({"Filters": [{"Name": "instance-state-name", "Values": ["stopped"]}]});
    let members = keeping(&["InstanceId", "Tags", "State", "InstanceType", "StateTransitionReason"]);
    let answer = ask.read_each("ec2:DescribeInstances", filter, members).await?;
    let mut found = Vec::new();
    for instance in instances_of(&answer).filter(|instance| instance["State"]["Name"] == "stopped") {
        let since = stopped_at(text(instance, "StateTransitionReason"));
        let days = since.map(|since| (ask.now - since).whole_days());
        if days.is_none_or(|days| days as f64 >= least_days) {
            found.push((instance, since, days));
        }
    }
    let volumes = volumes(ask, found.iter().map(|(instance, ..)| text(instance, "InstanceId")).collect()).await;
    let mut findings = Findings::table(&["id", "name", "type", "stopped", "days", "volumes", "gib"]);
    let (mut unknown, mut gib) = (0, 0.0);
    for (instance, since, days) in found {
        let used = volumes.as_ref().map(|all| all.get(text(instance, "InstanceId")).copied().unwrap_or_default());
        unknown += u64::from(since.is_none());
        gib += used.map_or(0.0, |(_, gib)| gib);
        findings.push([
            instance["InstanceId"].clone(),
            name_of(&instance["Tags"]),
            instance["InstanceType"].clone(),
            json!(since.map(rfc3339)),
            json!(days),
            json!(used.map(|(count, _)| count)),
            json!(used.map(|(_, gib)| gib)),
        ]);
    }
    findings.sort_down_by("days");
    findings.sum("stopped", findings.rows.len());
    if volumes.is_some() {
        findings.sum("gib", gib);
    }
    if unknown > 0 {
        ask.note(format!("Instances of which AWS does not say since when they are stopped: {unknown}."));
    }
    Ok(findings)
}

/// The time in `User initiated (2026-01-02 03:04:05 GMT)`; other reasons hold none.
fn stopped_at(reason: &str) -> Option<OffsetDateTime> {
    let form = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let (_, inner) = reason.split_once('(')?;
    let moment = inner.strip_suffix(" GMT)")?;
    PrimitiveDateTime::parse(moment, &form).ok().map(PrimitiveDateTime::assume_utc)
}

/// Number and GiB of the volumes of each instance; absent when they could not be read.
async fn volumes(ask: &Ask<'_>, ids: Vec<&str>) -> Option<BTreeMap<String, (u64, f64)>> {
    let mut used = BTreeMap::<String, (u64, f64)>::new();
    for ids in ids.chunks(FILTER_VALUES) {
        let parameters = json!({"Filters": [{"Name": "attachment.instance-id", "Values": ids}]});
        let answer = ask.read_whole("ec2:DescribeVolumes", parameters, |volume| volume).await.ok()?;
        for volume in list(&answer, "Volumes") {
            for attachment in list(volume, "Attachments") {
                let (count, gib) = used.entry(text(attachment, "InstanceId").to_owned()).or_default();
                *count += 1;
                *gib += number(volume, "Size");
            }
        }
    }
    Some(used)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let instance = |id, state, reason: &str| {
            json!({"InstanceId": id, "InstanceType": "m5.large",
            "State": {"Name": state}, "StateTransitionReason": reason})
        };
        FakeAccount::default().answering(
            "ec2:DescribeInstances",
            json!({"Reservations": [{"Instances": [
                instance("i-1", "stopped", "User initiated (2026-11-01 09:00:00 GMT)"),
                instance("i-2", "stopped", "User initiated (2026-08-14 09:00:00 GMT)"),
                instance("i-3", "stopped", "Server.SpotInstanceShutdown"),
                instance("i-4", "stopping", "User initiated (2020-01-01 00:00:00 GMT)"),
            ]}]}),
        )
    }

    fn volume(id: &str, gib: u64, instance: &str) -> Value {
        json!({"VolumeId": id, "Size": gib, "Attachments": [{"InstanceId": instance, "VolumeId": id,
            "State": "attached"}]})
    }

    #[tokio::test]
    async fn stopped_instances_come_with_the_longest_first_and_their_volumes() {
        let account = account().answering(
            "ec2:DescribeVolumes",
            json!({"Volumes": [volume("vol-1", 8, "i-2"), volume("vol-2", 100, "i-2")]}),
        );
        let rows = rows(TOOL, "stopped-instances", json!({}), &account).await;
        let found: Vec<_> =
            rows.iter().map(|row| json!([row["id"], row["days"], row["volumes"], row["gib"]])).collect();
        assert_eq!(found, [json!(["i-2", 100, 2, 108]), json!(["i-3", null, 0, 0])]);
        assert_eq!(rows[0]["stopped"], "2026-08-14T09:00:00Z");
    }

    #[tokio::test]
    async fn the_query_may_name_the_days() {
        let account = account().answering("ec2:DescribeVolumes", json!({"Volumes": []}));
        let arguments = json!({"query": "Which instances are stopped for 10 days?", "operation": "stopped-instances"});
        let answer = ask(TOOL, arguments, &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["i-2", "i-1", "i-3"]);
    }

    #[tokio::test]
    async fn instances_stay_when_their_volumes_cannot_be_read() {
        let account = account().failing("ec2:DescribeVolumes", 403, "UnauthorizedOperation");
        let answer = ask(TOOL, json!({"query": "", "operation": "stopped-instances"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["gib"], Value::Null);
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }
}
