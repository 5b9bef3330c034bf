//! Auto Scaling groups that launched or terminated instances lately.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::Duration;

use crate::service::values::{list, rfc3339, text, time};
use crate::service::{Ask, Findings, Unread};

/// What a group did in the window.
#[derive(Default)]
struct Activity<'a> {
    launched: u64,
    terminated: u64,
    failed: u64,
    latest: Option<&'a Value>,
}

pub(super) async fn recent(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let window = ask.question.window(ask.now, Duration::hours(24));
    let since = json!({"Filters": [{"Name": "StartTimeLowerBound", "Values": [rfc3339(window.start)]}]});
    let (activities, groups) = futures::join!(
        ask.read("autoscaling:DescribeScalingActivities", since),
        ask.read("autoscaling:DescribeAutoScalingGroups", json!({"IncludeInstances": false})),
    );
    let activities = activities?;
    let groups = groups.unwrap_or_default();
    let sizes: BTreeMap<&str, &Value> =
        list(&groups, "AutoScalingGroups").map(|group| (text(group, "AutoScalingGroupName"), group)).collect();
    let mut by_group = BTreeMap::<&str, Activity<'_>>::new();
    // Looked at again here: not every endpoint knows the filter.
    for activity in list(&activities, "Activities")
        .filter(|activity| time(activity, "StartTime").is_some_and(|start| start >= window.start))
    {
        count(by_group.entry(text(activity, "AutoScalingGroupName")).or_default(), activity);
    }
    let mut findings = Findings::table(&[
        "group",
        "launched",
        "terminated",
        "failed",
        "last",
        "last_status",
        "cause",
        "desired",
        "min",
        "max",
    ]);
    for (name, activity) in &by_group {
        let size = sizes.get(name).copied().unwrap_or(&Value::Null);
        let latest = activity.latest.unwrap_or(&Value::Null);
        findings.push([
            json!(name),
            json!(activity.launched),
            json!(activity.terminated),
            json!(activity.failed),
            latest["StartTime"].clone(),
            latest["StatusCode"].clone(),
            reason(latest),
            size["DesiredCapacity"].clone(),
            size["MinSize"].clone(),
            size["MaxSize"].clone(),
        ]);
    }
    findings.sort_down_by("last");
    findings.sum("groups_with_activity", by_group.len());
    findings.sum("launched", by_group.values().map(|activity| activity.launched).sum::<u64>());
    findings.sum("terminated", by_group.values().map(|activity| activity.terminated).sum::<u64>());
    findings.sum("failed", by_group.values().map(|activity| activity.failed).sum::<u64>());
    Ok(findings)
}

/// An activity that failed or was cancelled changed nothing. Descriptions begin with what is
/// done: "Launching a new EC2 instance: i-...", "Terminating EC2 instance: i-..." (Auto Scaling
/// user guide, "Verify a scaling activity").
fn count<'a>(group: &mut Activity<'a>, activity: &'a Value) {
    match (text(activity, "StatusCode"), text(activity, "Description")) {
        ("Failed" | "Cancelled", _) => group.failed += 1,
        (_, description) if description.starts_with("Launching") => group.launched += 1,
        (_, description) if description.starts_with("Terminating") => group.terminated += 1,
        _ => {}
    }
    if group.latest.is_none_or(|latest| time(latest, "StartTime") < time(activity, "StartTime")) {
        group.latest = Some(activity);
    }
}

/// Why it failed, or why it was begun. Causes tell their own time first: "At 2026-11-22T08:00:00Z ...".
fn reason(activity: &Value) -> Value {
    let message = text(activity, "StatusMessage");
    json!(if message.is_empty() { activity["Cause"].as_str() } else { Some(message) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let activity = |group: &str, start: &str, status: &str, description: &str| {
            json!({
                "ActivityId": start, "AutoScalingGroupName": group, "StartTime": start, "StatusCode": status,
                "Description": description, "Cause": "At some time a monitor alarm changed the desired capacity.",
            })
        };
        let mut failed =
            activity("web", "2026-11-22T08:00:00Z", "Failed", "Launching a new EC2 instance.  Status Reason: quota");
        failed["StatusMessage"] = json!("You have requested more vCPU capacity than your quota.");
        FakeAccount::default().answering(
            "autoscaling:DescribeScalingActivities",
            json!({"Activities": [
                failed,
                activity("web", "2026-11-22T07:00:00Z", "Successful", "Launching a new EC2 instance: i-1"),
                activity("jobs", "2026-11-22T08:30:00Z", "InProgress", "Terminating EC2 instance: i-2"),
                activity("old", "2026-11-20T07:00:00Z", "Successful", "Launching a new EC2 instance: i-3"),
            ]}),
        )
    }

    fn found(rows: &[serde_json::Map<String, Value>]) -> Vec<Value> {
        let cells = |row: &serde_json::Map<String, Value>| {
            json!([row["group"], row["launched"], row["terminated"], row["failed"], row["desired"]])
        };
        rows.iter().map(cells).collect()
    }

    #[tokio::test]
    async fn groups_come_with_the_latest_activity_first_and_older_ones_are_left_out() {
        let group = json!({"AutoScalingGroupName": "web", "DesiredCapacity": 3, "MinSize": 1, "MaxSize": 9});
        let account =
            account().answering("autoscaling:DescribeAutoScalingGroups", json!({"AutoScalingGroups": [group]}));
        let rows = rows(TOOL, "recent-scaling", json!({}), &account).await;
        assert_eq!(found(&rows), [json!(["jobs", 0, 1, 0, null]), json!(["web", 1, 0, 1, 3])]);
        assert_eq!(rows[1]["cause"], "You have requested more vCPU capacity than your quota.");
        assert!(account.asked()[1].contains("2026-11-21T09:00:00Z"), "{:?}", account.asked());
    }

    #[tokio::test]
    async fn the_window_may_be_longer() {
        let account = account().answering("autoscaling:DescribeAutoScalingGroups", json!({"AutoScalingGroups": []}));
        assert_eq!(rows(TOOL, "recent-scaling", json!({"days": 7}), &account).await.len(), 3);
    }

    #[tokio::test]
    async fn activities_stay_when_groups_cannot_be_read() {
        let account = account().failing("autoscaling:DescribeAutoScalingGroups", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "recent-scaling"}), &account).await;
        assert_eq!(found(&rows_of(&answer)), [json!(["jobs", 0, 1, 0, null]), json!(["web", 1, 0, 1, null])]);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
    }
}
