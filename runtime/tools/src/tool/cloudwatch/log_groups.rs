//! Log groups by size and by how long they keep their events.

use serde_json::{Value, json};

use crate::service::values::{self, list, number, rounded, text};
use crate::service::{Ask, Findings, Unread};

const GIB: f64 = (1_u64 << 30) as f64;

pub(super) async fn without_retention(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let groups = read(ask).await?;
    let mut findings = Findings::table(&["log_group", "bytes", "class", "created"]);
    let forever: Vec<_> = groups.iter().filter(|group| group["retentionInDays"].is_null()).collect();
    for group in &forever {
        findings.push([
            group["logGroupName"].clone(),
            group["storedBytes"].clone(),
            group["logGroupClass"].clone(),
            json!(values::time(group, "creationTime").map(values::rfc3339)),
        ]);
    }
    findings.sort_down_by("bytes");
    findings.sum("log_groups", groups.len());
    findings.sum("without_retention", forever.len());
    findings.sum("gib_without_retention", gib(forever.into_iter()));
    // Events of this class are kept for a day or two, whatever the group says.
    if findings.rows.iter().any(|row| row[2] == "DELIVERY") {
        ask.note("Log groups of class DELIVERY have a fixed short retention that AWS sets.");
    }
    Ok(findings)
}

pub(super) async fn largest(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let top = ask.question.number("top", &[], 20.0).max(1.0) as usize;
    let mut groups = read(ask).await?;
    groups.sort_by(|a, b| number(b, "storedBytes").total_cmp(&number(a, "storedBytes")));
    let mut findings = Findings::table(&["log_group", "bytes", "retention_days", "class"]);
    for group in groups.iter().take(top) {
        findings.push([
            group["logGroupName"].clone(),
            group["storedBytes"].clone(),
            group["retentionInDays"].clone(),
            group["logGroupClass"].clone(),
        ]);
    }
    findings.sort_down_by("bytes");
    findings.sum("log_groups", groups.len());
    findings.sum("gib", gib(groups.iter()));
    if findings.rows.iter().any(|row| row[2].is_null()) {
        ask.note("A log group without retention_days keeps its events forever.");
    }
    Ok(findings)
}

async fn read(ask: &Ask<'_>) -> Result<Vec<Value>, Unread> {
    let answer = ask.read_each("logs:DescribeLogGroups", json!({}), small).await?;
    Ok(list(&answer, "logGroups").cloned().collect())
}

fn small(group: Value) -> Value {
    let kept = ["logGroupName", "storedBytes", "retentionInDays", "logGroupClass", "creationTime"];
    kept.into_iter().map(|member| (member.to_owned(), group[member].clone())).collect::<serde_json::Map<_, _>>().into()
}

fn gib<'a>(groups: impl Iterator<Item = &'a Value>) -> f64 {
    rounded(groups.map(|group| number(group, "storedBytes")).sum::<f64>() / GIB, 2)
}

/// Names of the groups whose names hold this text, in whatever case.
pub(super) async fn named_like(ask: &Ask<'_>, part: &str) -> Result<Vec<String>, Unread> {
    let answer = ask.read_each("logs:DescribeLogGroups", json!({"logGroupNamePattern": part}), small).await?;
    let names: Vec<_> = list(&answer, "logGroups").map(|group| text(group, "logGroupName").to_owned()).collect();
    let exact = names.iter().find(|name| *name == part).cloned();
    Ok(exact.map_or(names, |name| vec![name]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows};

    const TOOL: &str = "cloudwatch_read_operations";

    fn account() -> FakeAccount {
        let groups = json!([
            {
                "logGroupName": "/a", "storedBytes": 1_073_741_824_u64, "creationTime": 1_767_225_600_000_u64,
                "logGroupClass": "STANDARD",
            },
            {"logGroupName": "/b", "storedBytes": 5, "retentionInDays": 30, "creationTime": 1_767_225_600_000_u64},
            {"logGroupName": "/c", "storedBytes": 2_147_483_648_u64, "creationTime": 1_767_225_600_000_u64},
            {"logGroupName": "/new", "creationTime": 1_767_225_600_000_u64},
        ]);
        FakeAccount::default().answering("logs:DescribeLogGroups", json!({"logGroups": groups}))
    }

    #[tokio::test]
    async fn groups_that_never_expire_come_with_the_largest_first() {
        let rows = rows(TOOL, "log-groups-without-retention", json!({}), &account()).await;
        let cells: Vec<_> =
            rows.iter().map(|row| (row["log_group"].as_str().unwrap(), row["bytes"].as_u64())).collect();
        assert_eq!(cells, [("/c", Some(2_147_483_648)), ("/a", Some(1_073_741_824)), ("/new", None)]);
        assert_eq!(rows[1]["created"], "2026-01-01T00:00:00Z");
    }

    #[tokio::test]
    async fn the_summary_counts_all_groups_and_adds_up_their_size() {
        let arguments = json!({"query": "", "operation": "log-groups-without-retention"});
        let answer = ask(TOOL, arguments, &account()).await;
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"log_groups": 4, "without_retention": 3, "gib_without_retention": 3}));
    }

    #[tokio::test]
    async fn the_largest_groups_are_cut_to_the_number_asked() {
        let rows = rows(TOOL, "largest-log-groups", json!({"top": 2}), &account()).await;
        assert_eq!(rows.iter().map(|row| row["log_group"].as_str().unwrap()).collect::<Vec<_>>(), ["/c", "/a"]);
        assert_eq!(rows[0]["retention_days"], Value::Null);
    }

    #[tokio::test]
    async fn a_refused_read_is_no_empty_account() {
        let account = FakeAccount::default().failing("logs:DescribeLogGroups", 400, "AccessDeniedException");
        let arguments = json!({"query": "", "operation": "largest-log-groups"});
        let answer = ask(TOOL, arguments, &account).await;
        let failed = answer.completeness.unwrap().failed;
        assert_eq!(
            (failed[0].code.as_str(), failed[0].operation.as_str()),
            ("AccessDeniedException", "logs:DescribeLogGroups")
        );
    }
}
