//! CloudWatch metrics of many resources in few calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::ask::{Ask, Unread};
use super::values;

/// Queries of one GetMetricData call (CloudWatch quotas).
const QUERIES: usize = 500;

/// One metric of one resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Metric {
    /// `AWS/Lambda`
    pub namespace: &'static str,
    pub name: &'static str,
    /// `[("FunctionName", "orders")]`
    pub dimensions: Vec<(&'static str, String)>,
    pub statistic: Statistic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statistic {
    Average,
    Maximum,
    Minimum,
    Sum,
}

impl Ask<'_> {
    /// The values of each metric in the window, oldest first, in the order of the
    /// metrics; none for a metric without data. `period` in seconds.
    pub async fn metrics(
        &self,
        metrics: &[Metric],
        (start, end): (OffsetDateTime, OffsetDateTime),
        period: u32,
    ) -> Result<Vec<Vec<f64>>, Unread> {
        let mut found = Vec::with_capacity(metrics.len());
        for batch in metrics.chunks(QUERIES) {
            let queries: Vec<_> =
                batch.iter().enumerate().map(|(index, metric)| query(index, metric, period)).collect();
            let parameters = json!({
                "MetricDataQueries": queries,
                "StartTime": values::rfc3339(start),
                "EndTime": values::rfc3339(end),
                "ScanBy": "TimestampAscending",
            });
            let answer = self.read("cloudwatch:GetMetricData", parameters).await?;
            let mut by_id: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for result in values::list(&answer, "MetricDataResults") {
                let values = values::list(result, "Values").filter_map(Value::as_f64);
                by_id.entry(values::text(result, "Id").to_owned()).or_default().extend(values);
            }
            found.extend((0..batch.len()).map(|index| by_id.remove(&format!("m{index}")).unwrap_or_default()));
        }
        Ok(found)
    }
}

fn query(index: usize, metric: &Metric, period: u32) -> Value {
    let dimensions: Vec<_> =
        metric.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    json!({
        "Id": format!("m{index}"),
        "ReturnData": true,
        "MetricStat": {
            "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
            "Period": period,
            "Stat": metric.statistic.name(),
        },
    })
}

impl Statistic {
    fn name(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Maximum => "Maximum",
            Self::Minimum => "Minimum",
            Self::Sum => "Sum",
        }
    }
}
