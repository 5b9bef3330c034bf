//! CloudWatch metrics of many resources in few calls.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat;

use aws_read::Budget;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::ask::{Ask, Unread};
use super::values;

/// Queries of one GetMetricData call, and the data points that it answers in one
/// page (GetMetricData in the CloudWatch API reference).
const QUERIES: usize = 500;
const DATA_POINTS: i64 = 100_800;

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

/// A metric by names that are known only when the question is: `MetricStat` of
/// GetMetricData without its period.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub namespace: String,
    pub name: String,
    pub dimensions: Vec<(String, String)>,
    /// `Average`, `p99`, ...
    pub statistic: String,
}

/// A value of a metric and the start of the period that it stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub time: Option<OffsetDateTime>,
    pub value: f64,
}

impl Ask<'_> {
    /// The values of each metric in the window, oldest first, in the order of the
    /// metrics; none for a metric without data. `period` in seconds; a window that
    /// reaches far back gets the shortest period that CloudWatch still keeps.
    pub async fn metrics(
        &self,
        metrics: &[Metric],
        window: (OffsetDateTime, OffsetDateTime),
        period: u32,
    ) -> Result<Vec<Vec<f64>>, Unread> {
        let series: Vec<_> = metrics.iter().map(Series::from).collect();
        let points = self.series(&series, window, period).await?;
        Ok(points.into_iter().map(|points| points.into_iter().map(|point| point.value).collect()).collect())
    }

    /// As [`Self::metrics`], with the time of each value.
    ///
    /// A metric that CloudWatch gives in part, or not at all because of its own
    /// fault, is asked once more. What is incomplete after that is in the notes.
    pub async fn series(
        &self,
        series: &[Series],
        window: (OffsetDateTime, OffsetDateTime),
        period: u32,
    ) -> Result<Vec<Vec<Point>>, Unread> {
        let period = valid_period(period, window.0, self.now);
        let mut found = Vec::with_capacity(series.len());
        for batch in series.chunks(queries_in_a_page(window, period)) {
            found.extend(self.batch(batch, window, period).await?);
        }
        let again: Vec<usize> = (0..found.len()).filter(|index| found[*index].is_worth_another_try()).collect();
        for indexes in again.chunks(QUERIES) {
            let batch: Vec<_> = indexes.iter().map(|index| series[*index].clone()).collect();
            let Ok(second) = self.batch(&batch, window, period).await else { break };
            for (index, result) in indexes.iter().zip(second) {
                found[*index].take_better(result);
            }
        }
        self.note_what_is_incomplete(&found);
        Ok(found.into_iter().map(|result| result.points).collect())
    }

    async fn batch(
        &self,
        batch: &[Series],
        (start, end): (OffsetDateTime, OffsetDateTime),
        period: u32,
    ) -> Result<Vec<Found>, Unread> {
        let queries: Vec<_> = batch.iter().enumerate().map(|(index, series)| series.query(index, period)).collect();
        let parameters = json!({
            "MetricDataQueries": queries,
            "StartTime": values::rfc3339(start),
            "EndTime": values::rfc3339(end),
            "ScanBy": "TimestampAscending",
        });
        // A metric that goes on in a later page counts as an item again.
        let budget = Budget { max_items: usize::MAX, ..self.budget() };
        let answer = self.answer("cloudwatch:GetMetricData", parameters, budget, None).await?.value;
        for message in values::list(&answer, "Messages") {
            let (code, text) = (values::text(message, "Code"), values::text(message, "Value"));
            self.note(format!("CloudWatch says about these metrics: {code}: {text}"));
        }
        let mut by_id: BTreeMap<&str, Found> = BTreeMap::new();
        for result in values::list(&answer, "MetricDataResults") {
            by_id.entry(values::text(result, "Id")).or_default().add_page(result);
        }
        Ok((0..batch.len()).map(|index| by_id.remove(id(index).as_str()).unwrap_or_default()).collect())
    }

    fn note_what_is_incomplete(&self, found: &[Found]) {
        let statuses: BTreeSet<&str> = found.iter().filter_map(Found::fault).collect();
        if statuses.is_empty() {
            return;
        }
        let count = found.iter().filter(|result| result.fault().is_some()).count();
        let statuses: Vec<_> = statuses.into_iter().collect();
        self.note(format!(
            "{count} of {} metrics came incomplete from CloudWatch ({}): a missing value there does not mean that \
             there is no data",
            found.len(),
            statuses.join(", "),
        ));
    }
}

/// What CloudWatch said about one metric.
#[derive(Debug, Clone, Default, PartialEq)]
struct Found {
    points: Vec<Point>,
    /// `StatusCode` of the last page that held the metric; empty when no page did.
    status: String,
}

impl Found {
    /// A metric goes on in later pages while its data is partial.
    fn add_page(&mut self, result: &Value) {
        let times = values::list(result, "Timestamps").map(|time| OffsetDateTime::parse(time.as_str()?, &Rfc3339).ok());
        let points = values::list(result, "Values").zip(times.chain(repeat(None)));
        self.points.extend(points.filter_map(|(value, time)| Some(Point { time, value: value.as_f64()? })));
        self.status = values::text(result, "StatusCode").to_owned();
    }

    /// The status, unless it says that all data is here.
    fn fault(&self) -> Option<&str> {
        Some(self.status.as_str()).filter(|status| !["", "Complete"].contains(status))
    }

    /// Missing permissions stay missing.
    fn is_worth_another_try(&self) -> bool {
        self.fault().is_some_and(|status| status != "Forbidden")
    }

    fn take_better(&mut self, second: Self) {
        if second.fault().is_none() || second.points.len() > self.points.len() {
            *self = second;
        }
    }
}

impl Series {
    fn query(&self, index: usize, period: u32) -> Value {
        let dimensions: Vec<_> =
            self.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        json!({
            "Id": id(index),
            "ReturnData": true,
            "MetricStat": {
                "Metric": {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions},
                "Period": period,
                "Stat": self.statistic,
            },
        })
    }
}

impl From<&Metric> for Series {
    fn from(metric: &Metric) -> Self {
        Self {
            namespace: metric.namespace.into(),
            name: metric.name.into(),
            dimensions: metric.dimensions.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
            statistic: metric.statistic.name().into(),
        }
    }
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

/// A period that CloudWatch has data for when the window starts then: it keeps
/// periods below a minute for 3 hours, of a minute for 15 days, of 5 minutes for
/// 63 days and of an hour for 455 days, and answers nothing to a shorter one
/// (MetricStat in the CloudWatch API reference).
pub(crate) fn valid_period(period: u32, start: OffsetDateTime, now: OffsetDateTime) -> u32 {
    let age = now - start;
    let step = match () {
        () if age > Duration::days(63) => 3600,
        () if age > Duration::days(15) => 300,
        () if age > Duration::hours(3) || ![1, 5, 10, 20, 30].contains(&period) => 60,
        () => 1,
    };
    period.max(1).div_ceil(step) * step
}

/// As many queries as one page holds all data points of, so that paging is left
/// to what CloudWatch itself gives in part.
fn queries_in_a_page((start, end): (OffsetDateTime, OffsetDateTime), period: u32) -> usize {
    let points = ((end - start).whole_seconds() / i64::from(period)).max(0) + 1;
    usize::try_from(DATA_POINTS / points).unwrap_or(QUERIES).clamp(1, QUERIES)
}

fn id(index: usize) -> String {
    format!("m{index}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::ledger::Ledger;
    use crate::service::question::Question;
    use crate::service::testing::{called, clock};
    use aws_read::Region;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-22 09:00 UTC);
    const OPERATION: &str = "cloudwatch:GetMetricData";

    fn metrics(count: usize) -> Vec<Metric> {
        let metric = |index| Metric {
            namespace: "AWS/Lambda",
            name: "Errors",
            dimensions: vec![("FunctionName", format!("f{index}"))],
            statistic: Statistic::Sum,
        };
        (0..count).map(metric).collect()
    }

    fn result(index: usize, values: &[f64], status: &str) -> Value {
        let times: Vec<_> = (0..values.len()).map(|hour| format!("2026-11-22T0{hour}:00:00Z")).collect();
        json!({"Id": id(index), "Label": "Errors", "Timestamps": times, "Values": values, "StatusCode": status})
    }

    /// Values, notes and codes of failed reads for a window of the last hours.
    async fn asked(account: &FakeAccount, count: usize, hours: i64) -> (Result<Vec<Vec<f64>>, Unread>, Vec<String>) {
        let (ledger, question) = (Ledger::default(), Question::default());
        let budget = Budget::until(clock().deadline);
        let ask = Ask::new(account, &ledger, &question, Region::default_region(), NOW, budget);
        let found = ask.metrics(&metrics(count), (NOW - Duration::hours(hours), NOW), 300).await;
        (found, ledger.completeness().notes)
    }

    #[tokio::test]
    async fn values_come_in_the_order_of_the_metrics_and_none_where_there_is_no_data() {
        let results = json!([result(1, &[2.0, 3.0], "Complete"), result(0, &[1.0], "Complete")]);
        let account = FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": results}));
        let (found, notes) = asked(&account, 3, 1).await;
        assert_eq!(found, Ok(vec![vec![1.0], vec![2.0, 3.0], vec![]]));
        assert_eq!(notes, [""; 0]);
    }

    #[tokio::test]
    async fn a_metric_that_goes_on_in_the_next_page_is_put_together() {
        let results =
            json!([result(0, &[1.0], "PartialData"), result(1, &[5.0], "Complete"), result(0, &[2.0], "Complete"),]);
        let account = FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": results}));
        let (found, notes) = asked(&account, 2, 1).await;
        assert_eq!(found, Ok(vec![vec![1.0, 2.0], vec![5.0]]));
        assert_eq!((notes.len(), account.asked().len()), (0, 1));
    }

    #[tokio::test]
    async fn what_stays_incomplete_is_asked_once_more_and_then_said() {
        let results = json!([result(0, &[1.0], "InternalError"), result(1, &[], "Forbidden")]);
        let message = json!([{"Code": "MaxMetricsExceeded", "Value": "Too many metrics."}]);
        let account =
            FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": results, "Messages": message}));
        let (found, notes) = asked(&account, 2, 1).await;
        assert_eq!(found, Ok(vec![vec![1.0], vec![]]));
        assert_eq!(account.asked().len(), 2);
        assert_eq!(
            notes,
            [
                "CloudWatch says about these metrics: MaxMetricsExceeded: Too many metrics.",
                "2 of 2 metrics came incomplete from CloudWatch (Forbidden, InternalError): \
                 a missing value there does not mean that there is no data",
            ]
        );
    }

    #[tokio::test]
    async fn many_metrics_are_asked_in_calls_of_500_and_fewer_for_long_windows() {
        let account = FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": []}));
        assert_eq!(asked(&account, 501, 1).await.0.unwrap().len(), 501);
        assert_eq!(account.asked().len(), 2);
        let account = FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": []}));
        asked(&account, 100, 24 * 14).await.0.unwrap();
        assert_eq!(account.asked().len(), 5);
    }

    #[tokio::test]
    async fn no_metrics_are_no_call_and_a_refused_call_is_an_error() {
        let account = FakeAccount::default().failing(OPERATION, 403, "AccessDenied");
        assert_eq!(asked(&account, 0, 1).await.0, Ok(vec![]));
        assert_eq!(account.asked().len(), 0);
        assert_eq!(asked(&account, 1, 1).await.0, Err(Unread));
    }

    #[test]
    fn the_period_is_one_that_cloudwatch_keeps_for_the_age_of_the_window() {
        let period = |period, hours| valid_period(period, NOW - Duration::hours(hours), NOW);
        assert_eq!([period(10, 2), period(45, 2), period(0, 2)], [10, 60, 60]);
        assert_eq!([period(10, 4), period(60, 24 * 15), period(90, 24)], [60, 60, 120]);
        assert_eq!([period(60, 24 * 15 + 1), period(300, 24 * 63), period(400, 24 * 30)], [300, 300, 600]);
        assert_eq!([period(300, 24 * 63 + 1), period(86_400, 24 * 90)], [3600, 86_400]);
    }

    #[tokio::test]
    async fn the_call_holds_the_metric_the_period_and_the_window() {
        let account = FakeAccount::default().answering(OPERATION, json!({"MetricDataResults": []}));
        asked(&account, 1, 24 * 20).await.0.unwrap();
        let parameters = called(&account, OPERATION).pop().unwrap();
        let dimensions = json!([{"Name": "FunctionName", "Value": "f0"}]);
        let metric = json!({"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions});
        assert_eq!(
            parameters,
            json!({
                "MetricDataQueries": [{
                    "Id": "m0",
                    "ReturnData": true,
                    "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"},
                }],
                "StartTime": "2026-11-02T09:00:00Z",
                "EndTime": "2026-11-22T09:00:00Z",
                "ScanBy": "TimestampAscending",
            })
        );
    }
}
