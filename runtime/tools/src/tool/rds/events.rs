//! What happened to databases, and what will.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::Duration;

use crate::service::values::{list, rfc3339, text};
use crate::service::{Ask, Findings, Unread};

/// How long RDS keeps events (RDS API, DescribeEvents).
const KEPT: Duration = Duration::days(14);

pub(super) async fn recent(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let window = ask.question.window(ask.now, Duration::hours(24));
    // A start that is older than that when the request arrives may be refused.
    let oldest = ask.now - KEPT + Duration::minutes(5);
    if window.start < oldest {
        ask.note("RDS keeps events for 14 days; older ones cannot be read.");
    }
    let parameters = json!({"StartTime": rfc3339(window.start.max(oldest)), "EndTime": rfc3339(window.end)});
    let answer = ask.read("rds:DescribeEvents", parameters).await?;
    let mut findings = Findings::table(&["time", "source", "kind", "categories", "message"]);
    let mut categories = BTreeMap::<&str, u64>::new();
    for event in list(&answer, "Events") {
        let names: Vec<&str> = list(event, "EventCategories").filter_map(Value::as_str).collect();
        names.iter().for_each(|name| *categories.entry(name).or_default() += 1);
        findings.push([
            event["Date"].clone(),
            event["SourceIdentifier"].clone(),
            event["SourceType"].clone(),
            json!(names.join(", ")),
            event["Message"].clone(),
        ]);
    }
    findings.sort_down_by("time");
    findings.sum("events", findings.rows.len());
    for (category, count) in categories {
        findings.sum(category, count);
    }
    Ok(findings)
}

pub(super) async fn pending_maintenance(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("rds:DescribePendingMaintenanceActions", json!({})).await?;
    let mut findings =
        Findings::table(&["id", "kind", "action", "description", "planned", "applied_after", "forced", "opt_in"]);
    let resources = list(&answer, "PendingMaintenanceActions");
    for resource in resources.clone() {
        let (kind, id) = kind_and_id(text(resource, "ResourceIdentifier"));
        for action in list(resource, "PendingMaintenanceActionDetails") {
            findings.push([
                json!(id),
                json!(kind),
                action["Action"].clone(),
                action["Description"].clone(),
                action["CurrentApplyDate"].clone(),
                action["AutoAppliedAfterDate"].clone(),
                action["ForcedApplyDate"].clone(),
                action["OptInStatus"].clone(),
            ]);
        }
    }
    // What has a date comes first, the earliest at the top.
    findings.rows.sort_by_key(|row| (row[4].is_null(), row[4].to_string(), row[0].to_string()));
    let forced = findings.rows.iter().filter(|row| !row[6].is_null()).count();
    findings.sum("actions", findings.rows.len());
    findings.sum("forced_actions", forced);
    findings.sum("resources", resources.count());
    Ok(findings)
}

/// `db` and `orders` of `arn:aws:rds:us-east-1:123456789012:db:orders`.
fn kind_and_id(arn: &str) -> (&str, &str) {
    let mut parts = arn.splitn(7, ':').skip(5);
    match (parts.next(), parts.next()) {
        (Some(kind), Some(id)) => (kind, id),
        _ => ("", arn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    #[tokio::test]
    async fn events_come_with_the_latest_first_and_categories_are_counted() {
        let event = |date: &str, categories: Value| {
            json!({"Date": date, "SourceIdentifier": "orders",
            "SourceType": "db-instance", "Message": "m", "EventCategories": categories})
        };
        let account = FakeAccount::default().answering(
            "rds:DescribeEvents",
            json!({"Events": [
                event("2026-11-22T01:00:00Z", json!(["backup"])),
                event("2026-11-22T02:00:00Z", json!(["failover", "availability"])),
                event("2026-11-22T00:00:00Z", json!([])),
            ]}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "database-events"}), &account).await;
        let found: Vec<_> = rows_of(&answer).iter().map(|row| row["categories"].clone()).collect();
        assert_eq!(found, ["failover, availability", "backup", ""]);
        assert_eq!(
            answer.result.unwrap()["summary"],
            json!({"events": 3, "availability": 1, "backup": 1, "failover": 1})
        );
        let asked =
            r#"rds:DescribeEvents us-east-1 {"StartTime":"2026-11-21T09:00:00Z","EndTime":"2026-11-22T09:00:00Z"}"#;
        assert_eq!(account.asked(), [asked]);
    }

    #[tokio::test]
    async fn events_reach_back_as_far_as_aws_keeps_them() {
        let account = FakeAccount::default().answering("rds:DescribeEvents", json!({"Events": []}));
        let arguments = json!({"query": "events of the last 90 days", "operation": "database-events"});
        let answer = ask(TOOL, arguments, &account).await;
        assert!(account.asked()[0].contains("2026-11-08T09:05:00Z"), "{:?}", account.asked());
        let note = "RDS keeps events for 14 days; older ones cannot be read.";
        assert!(answer.completeness.unwrap().notes.contains(&note.to_owned()));
    }

    #[tokio::test]
    async fn maintenance_with_the_nearest_date_comes_first() {
        let action = |action: &str, planned: Value| {
            json!({"Action": action, "Description": "d",
            "CurrentApplyDate": planned, "OptInStatus": "pending"})
        };
        let account = FakeAccount::default().answering(
            "rds:DescribePendingMaintenanceActions",
            json!({"PendingMaintenanceActions": [
                {"ResourceIdentifier": "arn:aws:rds:us-east-1:123456789012:db:orders",
                    "PendingMaintenanceActionDetails": [
                    {"Action": "os-upgrade", "Description": "d"},
                    action("db-upgrade", json!("2026-12-02T00:00:00Z")),
                ]},
                {"ResourceIdentifier": "arn:aws:rds:us-east-1:123456789012:cluster:shop",
                    "PendingMaintenanceActionDetails": [
                    action("system-update", json!("2026-12-01T00:00:00Z")),
                ]},
            ]}),
        );
        let rows = rows(TOOL, "pending-maintenance", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["kind"], row["action"]])).collect();
        assert_eq!(
            found,
            [
                json!(["shop", "cluster", "system-update"]),
                json!(["orders", "db", "db-upgrade"]),
                json!(["orders", "db", "os-upgrade"])
            ]
        );
    }

    #[tokio::test]
    async fn a_denied_read_is_a_failure_and_not_an_empty_answer() {
        let account = FakeAccount::default().failing("rds:DescribePendingMaintenanceActions", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "pending-maintenance"}), &account).await;
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
    }
}
