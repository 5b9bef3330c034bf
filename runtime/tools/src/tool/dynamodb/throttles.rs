//! Requests that DynamoDB refused for want of capacity, as CloudWatch counts them.
//!
//! DynamoDB Developer Guide, "DynamoDB metrics and dimensions": ReadThrottleEvents
//! and WriteThrottleEvents are counted for a table, and for each of its global
//! secondary indexes on its own.

use serde_json::{Value, json};
use time::Duration;

use super::tables::{Table, read_tables};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

const METRICS: [&str; 2] = ["ReadThrottleEvents", "WriteThrottleEvents"];
const HOUR: u32 = 3600;

/// A table, or one of its indexes.
struct Place<'a> {
    table: &'a Table,
    index: Option<&'a str>,
}

pub(super) async fn throttled(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let tables = read_tables(ask).await?;
    let places: Vec<Place> = tables.iter().flat_map(places).collect();
    let metrics: Vec<Metric> =
        places.iter().flat_map(|place| METRICS.into_iter().map(|name| place.metric(name))).collect();
    let window = ask.question.window(ask.now, Duration::hours(24));
    let counts = ask.metrics(&metrics, (window.start, window.end), HOUR).await.ok();
    let mut findings = Findings::table(&["table", "index", "throttled_reads", "throttled_writes", "billing"]);
    let (mut reads, mut writes) = (0, 0);
    for (position, place) in places.iter().enumerate() {
        let sum = |metric: usize| Some(counts.as_ref()?[position * METRICS.len() + metric].iter().sum::<f64>() as u64);
        let (read, write) = (sum(0), sum(1));
        reads += read.unwrap_or(0);
        writes += write.unwrap_or(0);
        if read.zip(write).is_none_or(|(read, write)| read + write > 0) {
            findings.push([
                json!(place.table.name),
                json!(place.index),
                json!(read),
                json!(write),
                place.table.billing(),
            ]);
        }
    }
    findings.rows.sort_by_key(|row| std::cmp::Reverse(total(row)));
    findings.sum("tables", tables.len());
    findings.sum("throttled_reads", reads);
    findings.sum("throttled_writes", writes);
    findings.sum("tables_without_description", tables.iter().filter(|table| table.description.is_none()).count());
    ask.note(format!(
        "Counts are of the last {} hours, and of single items: one request for many items can be throttled several \
         times.",
        (window.end - window.start).whole_hours(),
    ));
    Ok(findings)
}

fn total(row: &[Value]) -> u64 {
    row[2].as_u64().unwrap_or(0) + row[3].as_u64().unwrap_or(0)
}

/// The table itself, then its global indexes, when they are known.
fn places(table: &Table) -> Vec<Place<'_>> {
    let indexes = table.description.iter().flat_map(|table| list(table, "GlobalSecondaryIndexes"));
    let indexes = indexes.map(|index| Place { table, index: Some(text(index, "IndexName")) });
    std::iter::once(Place { table, index: None }).chain(indexes).collect()
}

impl Place<'_> {
    fn metric(&self, name: &'static str) -> Metric {
        let table = ("TableName", self.table.name.clone());
        let index = self.index.map(|index| ("GlobalSecondaryIndexName", index.to_owned()));
        let dimensions = std::iter::once(table).chain(index).collect();
        Metric { namespace: "AWS/DynamoDB", name, dimensions, statistic: Statistic::Sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::dynamodb::tables::tests::account;

    const TOOL: &str = "dynamodb_read_operations";

    fn tables() -> FakeAccount {
        let indexed = json!({"GlobalSecondaryIndexes": [{"IndexName": "by-day"}]});
        account(&[("busy", indexed), ("quiet", json!({}))])
    }

    fn result(id: &str, values: Value) -> Value {
        json!({"Id": id, "Values": values, "StatusCode": "Complete"})
    }

    #[tokio::test]
    async fn only_throttled_tables_and_indexes_are_listed_the_worst_first() {
        // Two metrics for each of: busy, its index, quiet.
        let data = json!({"MetricDataResults": [result("m0", json!([1, 2])), result("m3", json!([40])), result("m4", json!([0]))]});
        let account = tables().answering("cloudwatch:GetMetricData", data);
        let rows = rows(TOOL, "throttled-tables", json!({"hours": 6}), &account).await;
        let found: Vec<_> =
            rows.iter().map(|row| (&row["index"], &row["throttled_reads"], &row["throttled_writes"])).collect();
        assert_eq!(found, [(&json!("by-day"), &json!(0), &json!(40)), (&Value::Null, &json!(3), &json!(0))]);
        let call = account.asked().into_iter().find(|call| call.starts_with("cloudwatch:")).unwrap();
        assert!(call.contains("2026-11-22T03:00:00") && call.contains("GlobalSecondaryIndexName"), "{call}");
    }

    #[tokio::test]
    async fn tables_stay_as_unknown_when_cloudwatch_is_denied() {
        let account = tables().failing("cloudwatch:GetMetricData", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "throttled-tables"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row["throttled_reads"] == Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "cloudwatch:GetMetricData");
    }
}
