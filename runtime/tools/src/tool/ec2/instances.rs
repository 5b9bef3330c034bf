//! Instances as a list, with their status checks, and with their metadata service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{instances_of, keeping, name_of};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// Values of one filter (EC2 API: at most 200).
pub(super) const FILTER_VALUES: usize = 200;

const COLUMNS: [&str; 8] = ["id", "name", "type", "state", "zone", "private_address", "public_address", "launched"];

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let parameters = match wanted_state(ask) {
        Some(state) => json!({"Filters": [{"Name": "instance-state-name", "Values": [state]}]}),
        None => json!({}),
    };
    let mut answer = ask.read_each("ec2:DescribeInstances", parameters, rows_of_reservation).await?;
    let mut findings = Findings::table(&COLUMNS);
    let mut states = BTreeMap::<String, u64>::new();
    for reservation in answer["Reservations"].as_array_mut().into_iter().flatten() {
        for row in reservation.as_array_mut().into_iter().flatten() {
            let Value::Array(row) = row.take() else { continue };
            *states.entry(row[3].as_str().unwrap_or("unknown").to_owned()).or_default() += 1;
            findings.rows.push(row);
        }
    }
    findings.sort_by("id");
    findings.sum("instances", findings.rows.len());
    for (state, count) in states {
        findings.sum(&state, count);
    }
    Ok(findings)
}

/// The parameter, or `running` where the query asks for what runs.
fn wanted_state(ask: &Ask<'_>) -> Option<String> {
    let runs = || ask.question.query.to_lowercase().split_whitespace().any(|word| word == "running");
    ask.question.text("state").map(str::to_owned).or_else(|| runs().then(|| "running".to_owned()))
}

/// A reservation's rows, each a list of cells, so that 10,000 instances stay small.
fn rows_of_reservation(reservation: Value) -> Value {
    let row = |instance: &Value| {
        json!([
            instance["InstanceId"],
            name_of(&instance["Tags"]),
            instance["InstanceType"],
            instance["State"]["Name"],
            instance["Placement"]["AvailabilityZone"],
            address(&instance["PrivateIpAddress"]),
            address(&instance["PublicIpAddress"]),
            instance["LaunchTime"],
        ])
    };
    list(&reservation, "Instances").map(row).collect()
}

/// Some answers hold an empty text where there is no address.
fn address(value: &Value) -> Value {
    json!(value.as_str().filter(|address| !address.is_empty()))
}

pub(super) async fn impaired(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("ec2:DescribeInstanceStatus", json!({})).await?;
    let (mut impaired, mut with_event) = (0, 0);
    let mut found = Vec::new();
    for status in list(&answer, "InstanceStatuses") {
        let fails = ["SystemStatus", "InstanceStatus", "AttachedEbsStatus"]
            .iter()
            .any(|check| status[*check]["Status"] == "impaired");
        let event = next_event(status);
        impaired += u64::from(fails);
        with_event += u64::from(event.is_some());
        if fails || event.is_some() {
            found.push((status, event.unwrap_or(&Value::Null)));
        }
    }
    let names = names(ask, found.iter().map(|(status, _)| text(status, "InstanceId"))).await;
    let mut findings = Findings::table(&[
        "id",
        "name",
        "zone",
        "system_check",
        "instance_check",
        "volume_check",
        "event",
        "event_from",
    ]);
    for (status, event) in found {
        findings.push([
            status["InstanceId"].clone(),
            names.get(text(status, "InstanceId")).cloned().unwrap_or_default(),
            status["AvailabilityZone"].clone(),
            status["SystemStatus"]["Status"].clone(),
            status["InstanceStatus"]["Status"].clone(),
            status["AttachedEbsStatus"]["Status"].clone(),
            event["Code"].clone(),
            event["NotBefore"].clone(),
        ]);
    }
    findings.sort_by("id");
    findings.sum("impaired", impaired);
    findings.sum("with_event", with_event);
    findings.sum("instances", list(&answer, "InstanceStatuses").count());
    Ok(findings)
}

/// The earliest event that is still to come. A completed or canceled one is described
/// for up to a week, with a mark in front (EC2 API, InstanceStatusEvent).
fn next_event(status: &Value) -> Option<&Value> {
    let done = |event: &&Value| {
        let description = text(event, "Description");
        description.starts_with("[Completed]") || description.starts_with("[Canceled]")
    };
    let pending = list(status, "Events").filter(|event| !done(event));
    pending.min_by(|a, b| text(a, "NotBefore").cmp(text(b, "NotBefore")))
}

/// Names by instance; those that could not be read are missing.
async fn names(ask: &Ask<'_>, ids: impl Iterator<Item = &str>) -> BTreeMap<String, Value> {
    let ids: Vec<&str> = ids.collect();
    let mut names = BTreeMap::new();
    for ids in ids.chunks(FILTER_VALUES) {
        let parameters = json!({"Filters": [{"Name": "instance-id", "Values": ids}]});
        let members = keeping(&["InstanceId", "Tags"]);
        let Ok(answer) = ask.read_each("ec2:DescribeInstances", parameters, members).await else { break };
        names.extend(
            instances_of(&answer).map(|instance| (text(instance, "InstanceId").to_owned(), name_of(&instance["Tags"]))),
        );
    }
    names
}

pub(super) async fn metadata_without_token(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let members = keeping(&["InstanceId", "Tags", "State", "MetadataOptions", "LaunchTime"]);
    let answer = ask.read_each("ec2:DescribeInstances", json!({}), members).await?;
    let mut findings = Findings::table(&["id", "name", "state", "hop_limit", "launched"]);
    let (mut instances, mut unknown) = (0_u64, 0_u64);
    for instance in instances_of(&answer).filter(|instance| exists(instance)) {
        instances += 1;
        let options = &instance["MetadataOptions"];
        unknown += u64::from(options["HttpTokens"].is_null());
        if options["HttpTokens"] != "optional" || options["HttpEndpoint"] == "disabled" {
            continue;
        }
        findings.push([
            instance["InstanceId"].clone(),
            name_of(&instance["Tags"]),
            instance["State"]["Name"].clone(),
            options["HttpPutResponseHopLimit"].clone(),
            instance["LaunchTime"].clone(),
        ]);
    }
    findings.sort_by("id");
    findings.sum("with_imdsv1", findings.rows.len());
    findings.sum("instances", instances);
    if unknown > 0 {
        ask.note(format!("Instances that came without metadata options and are not judged: {unknown}."));
    }
    Ok(findings)
}

/// False for instances that are gone or going; AWS still lists them for about an hour.
pub(super) fn exists(instance: &Value) -> bool {
    instance["State"]["Name"] != "terminated" && instance["State"]["Name"] != "shutting-down"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn instance(id: &str, state: &str) -> Value {
        json!({
            "InstanceId": id, "InstanceType": "t3.micro", "State": {"Code": 16, "Name": state},
            "Placement": {"AvailabilityZone": "us-east-1a"}, "PrivateIpAddress": "10.0.0.4",
            "LaunchTime": "2026-01-02T03:04:05Z", "Tags": [{"Key": "Name", "Value": "web"}],
        })
    }

    fn account(instances: Value) -> FakeAccount {
        FakeAccount::default().answering(
            "ec2:DescribeInstances",
            json!({"Reservations": [{"ReservationId": "r-1", "Instances": instances}]}),
        )
    }

    #[tokio::test]
    async fn an_overview_has_a_row_for_each_instance_of_all_reservations() {
        let account = FakeAccount::default().answering(
            "ec2:DescribeInstances",
            json!({"Reservations": [
                {"Instances": [instance("i-2", "running"), instance("i-3", "stopped")]},
                {"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}, "PublicIpAddress": ""}]},
            ]}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "instances"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(result["columns"], json!(COLUMNS));
        assert_eq!(
            result["rows"],
            json!([
                ["i-1", null, null, "running", null, null, null, null],
                ["i-2", "web", "t3.micro", "running", "us-east-1a", "10.0.0.4", null, "2026-01-02T03:04:05Z"],
                ["i-3", "web", "t3.micro", "stopped", "us-east-1a", "10.0.0.4", null, "2026-01-02T03:04:05Z"],
            ])
        );
        assert_eq!(result["summary"], json!({"instances": 3, "running": 2, "stopped": 1}));
    }

    #[tokio::test]
    async fn an_empty_account_has_no_instances() {
        let account = FakeAccount::default().answering("ec2:DescribeInstances", json!({"Reservations": []}));
        assert!(rows(TOOL, "instances", json!({}), &account).await.is_empty());
    }

    #[tokio::test]
    async fn a_state_that_is_asked_for_is_filtered_by_aws() {
        let account = account(json!([instance("i-1", "stopped")]));
        rows(TOOL, "instances", json!({"state": "stopped"}), &account).await;
        let filter = r#"{"Filters":[{"Name":"instance-state-name","Values":["stopped"]}]}"#;
        assert_eq!(account.asked(), [format!("ec2:DescribeInstances us-east-1 {filter}")]);
    }

    fn failing_checks() -> FakeAccount {
        let ok = json!({"Status": "ok"});
        FakeAccount::default().answering(
            "ec2:DescribeInstanceStatus",
            json!({"InstanceStatuses": [
                {"InstanceId": "i-1", "SystemStatus": {"Status": "impaired"}, "InstanceStatus": ok},
                {"InstanceId": "i-2", "SystemStatus": ok, "InstanceStatus": ok, "Events": [
                    {"Code": "system-reboot", "Description": "[Completed] reboot", "NotBefore": "2026-11-20T00:00:00Z"},
                ]},
                {"InstanceId": "i-3", "SystemStatus": ok, "InstanceStatus": ok, "Events": [
                    {"Code": "instance-retirement", "Description": "hardware", "NotBefore": "2026-12-20T00:00:00Z"},
                    {"Code": "instance-stop", "Description": "hardware", "NotBefore": "2026-12-01T00:00:00Z"},
                ]},
                {"InstanceId": "i-4", "SystemStatus": {"Status": "initializing"},
                    "InstanceStatus": {"Status": "insufficient-data"}},
            ]}),
        )
    }

    #[tokio::test]
    async fn impaired_checks_and_coming_events_count_and_completed_events_do_not() {
        let account = failing_checks()
            .answering("ec2:DescribeInstances", json!({"Reservations": [{"Instances": [instance("i-1", "running")]}]}));
        let rows = rows(TOOL, "impaired-instances", json!({}), &account).await;
        assert_eq!(rows.iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["i-1", "i-3"]);
        assert_eq!(rows[0]["name"], "web");
        assert_eq!(rows[0]["event"], Value::Null);
        assert_eq!(
            (&rows[1]["event"], &rows[1]["event_from"]),
            (&json!("instance-stop"), &json!("2026-12-01T00:00:00Z"))
        );
    }

    #[tokio::test]
    async fn impaired_instances_stay_when_their_names_cannot_be_read() {
        let account = failing_checks().failing("ec2:DescribeInstances", 403, "UnauthorizedOperation");
        let answer = ask(TOOL, json!({"query": "", "operation": "impaired-instances"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 2);
        assert_eq!(rows_of(&answer)[0]["name"], Value::Null);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "UnauthorizedOperation");
    }

    #[tokio::test]
    async fn only_instances_that_exist_and_take_requests_without_token_have_imdsv1() {
        let with = |id, state, tokens, endpoint| {
            let mut instance = instance(id, state);
            instance["MetadataOptions"] =
                json!({"HttpTokens": tokens, "HttpEndpoint": endpoint, "HttpPutResponseHopLimit": 1});
            instance
        };
        let account = account(json!([
            with("i-1", "running", "optional", "enabled"),
            with("i-2", "running", "required", "enabled"),
            with("i-3", "running", "optional", "disabled"),
            with("i-4", "terminated", "optional", "enabled"),
            instance("i-5", "running"),
        ]));
        let answer = ask(TOOL, json!({"query": "", "operation": "instances-with-imdsv1"}), &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["i-1"]);
        let note = "Instances that came without metadata options and are not judged: 1.";
        assert!(answer.completeness.unwrap().notes.contains(&note.to_owned()));
    }
}
