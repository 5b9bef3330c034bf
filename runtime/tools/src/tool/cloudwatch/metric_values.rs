//! Values of one metric, over time or summed up by series.

use serde_json::{Value, json};
use time::Duration;

use crate::service::values::{self, list, rounded, text};
use crate::service::{Ask, Findings, Series, Unread, valid_period};

/// Series that are summed up in one answer.
const SERIES: usize = 100;

/// Values that a window without a period is divided into.
const VALUES: i64 = 100;

const STATISTICS: [&str; 5] = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"];

pub(super) async fn run(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (Some(namespace), Some(metric)) = (ask.question.text("namespace"), ask.question.text("metric")) else {
        ask.note("Name the metric in `namespace` and `metric`, for example AWS/EC2 and CPUUtilization.");
        return Ok(Findings::table(&["dimensions", "latest"]));
    };
    let series =
        |dimensions| Series { namespace: namespace.into(), name: metric.into(), dimensions, statistic: statistic(ask) };
    match dimensions(ask) {
        Some(dimensions) => over_time(ask, series(dimensions)).await,
        None => {
            let all = known(ask, namespace, metric).await?;
            by_series(ask, all.into_iter().map(series).collect()).await
        }
    }
}

async fn over_time(ask: &Ask<'_>, series: Series) -> Result<Findings, Unread> {
    let (window, period) = window(ask);
    let points = ask.series(&[series], window, period).await?.pop().unwrap_or_default();
    let mut findings = Findings::table(&["time", "value"]);
    for point in &points {
        findings.push([json!(point.time.map(values::rfc3339)), json!(rounded(point.value, 6))]);
    }
    findings.sort_by("time");
    findings.sum("values", points.len());
    if points.is_empty() {
        ask.note("There is no value: no such series, or nothing was sent in this time. Names are told apart by case.");
    }
    ask.note(period_note(ask, period));
    Ok(findings)
}

async fn by_series(ask: &Ask<'_>, mut series: Vec<Series>) -> Result<Findings, Unread> {
    let (window, period) = window(ask);
    let mut findings = Findings::table(&["dimensions", "latest", "minimum", "maximum", "mean", "values"]);
    findings.sum("series", series.len());
    if series.len() > SERIES {
        ask.note(format!(
            "The metric has {} series; {SERIES} of them are here. Give `dimensions` for one.",
            series.len()
        ));
        series.truncate(SERIES);
    }
    let found = ask.series(&series, window, period).await?;
    for (series, points) in series.iter().zip(found) {
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let cell = |value: Option<f64>| json!(value.map(|value| rounded(value, 6)));
        findings.push([
            json!(
                series.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            ),
            cell(values.last().copied()),
            cell(values.iter().copied().reduce(f64::min)),
            cell(values.iter().copied().reduce(f64::max)),
            cell(mean),
            json!(values.len()),
        ]);
    }
    findings.sort_down_by("maximum");
    ask.note(period_note(ask, period));
    Ok(findings)
}

/// Dimensions of each series of the metric that CloudWatch lists: those that had
/// data within two weeks.
async fn known(ask: &Ask<'_>, namespace: &str, metric: &str) -> Result<Vec<Vec<(String, String)>>, Unread> {
    let answer = ask.read("cloudwatch:ListMetrics", json!({"Namespace": namespace, "MetricName": metric})).await?;
    let pair = |dimension: &Value| (text(dimension, "Name").to_owned(), text(dimension, "Value").to_owned());
    let known: Vec<Vec<_>> =
        list(&answer, "Metrics").map(|metric| list(metric, "Dimensions").map(pair).collect()).collect();
    if known.is_empty() {
        ask.note("CloudWatch lists no series of this metric in the last two weeks. Names are told apart by case.");
    }
    Ok(known)
}

/// `["InstanceId=i-1"]`. An empty list means the series without dimensions.
fn dimensions(ask: &Ask<'_>) -> Option<Vec<(String, String)>> {
    let pairs = ask.question.parameters.get("dimensions")?.as_array()?;
    let pair = |pair: &Value| pair.as_str()?.split_once('=').map(|(name, value)| (name.into(), value.into()));
    Some(pairs.iter().filter_map(pair).collect())
}

/// The statistic as CloudWatch spells it; percentiles and trimmed means as given.
fn statistic(ask: &Ask<'_>) -> String {
    let wanted = ask.question.text("statistic").unwrap_or("Average");
    let known = STATISTICS.into_iter().find(|name| name.eq_ignore_ascii_case(wanted));
    known.unwrap_or(wanted).to_owned()
}

fn window(ask: &Ask<'_>) -> ((time::OffsetDateTime, time::OffsetDateTime), u32) {
    let window = ask.question.window(ask.now, Duration::hours(3));
    let seconds = (window.end - window.start).whole_seconds() / VALUES;
    let fitting = u32::try_from(seconds).unwrap_or(u32::MAX).max(60).next_multiple_of(60);
    let period = ask.question.number("period", &[], f64::from(fitting)).clamp(1.0, 2_592_000.0) as u32;
    ((window.start, window.end), valid_period(period, window.start, ask.now))
}

fn period_note(ask: &Ask<'_>, period: u32) -> String {
    format!("Each value is the {} of {period} seconds.", statistic(ask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows};

    const TOOL: &str = "cloudwatch_read_operations";

    fn result(id: &str, values: &[f64]) -> Value {
        let times: Vec<_> = (0..values.len()).map(|minute| format!("2026-11-22T08:0{minute}:00Z")).collect();
        json!({"Id": id, "Timestamps": times, "Values": values, "StatusCode": "Complete"})
    }

    fn account(results: &[Value]) -> FakeAccount {
        let series = |name| {
            json!({
                "Namespace": "AWS/EC2",
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": name}],
            })
        };
        FakeAccount::default()
            .answering("cloudwatch:ListMetrics", json!({"Metrics": [series("i-1"), series("i-2"), series("i-3")]}))
            .answering("cloudwatch:GetMetricData", json!({"MetricDataResults": results}))
    }

    fn parameters(more: Value) -> Value {
        let mut all = json!({"namespace": "AWS/EC2", "metric": "CPUUtilization"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    }

    #[tokio::test]
    async fn with_dimensions_the_values_come_with_their_times() {
        let account = account(&[result("m0", &[1.25, 2.5])]);
        let wanted = parameters(json!({"dimensions": ["InstanceId=i-1"], "statistic": "maximum", "period": 60}));
        let rows = rows(TOOL, "metric-values", wanted, &account).await;
        let cells: Vec<_> =
            rows.iter().map(|row| (row["time"].as_str().unwrap(), row["value"].as_f64().unwrap())).collect();
        assert_eq!(cells, [("2026-11-22T08:00:00Z", 1.25), ("2026-11-22T08:01:00Z", 2.5)]);
        let stat = &called(&account, "cloudwatch:GetMetricData")[0]["MetricDataQueries"][0]["MetricStat"];
        assert_eq!((&stat["Period"], &stat["Stat"]), (&json!(60), &json!("Maximum")));
        assert_eq!(stat["Metric"]["Dimensions"], json!([{"Name": "InstanceId", "Value": "i-1"}]));
    }

    #[tokio::test]
    async fn without_dimensions_each_series_is_summed_up_and_one_without_data_has_no_values() {
        let account = account(&[result("m0", &[1.0, 3.0]), result("m1", &[9.0])]);
        let rows = rows(TOOL, "metric-values", parameters(json!({})), &account).await;
        assert_eq!(
            rows.iter().map(|row| row["dimensions"].as_str().unwrap()).collect::<Vec<_>>(),
            ["InstanceId=i-2", "InstanceId=i-1", "InstanceId=i-3"]
        );
        assert_eq!((rows[1]["latest"].as_f64(), rows[1]["mean"].as_f64()), (Some(3.0), Some(2.0)));
        assert_eq!((&rows[2]["latest"], &rows[2]["values"]), (&Value::Null, &json!(0)));
    }

    #[tokio::test]
    async fn a_long_window_gets_a_period_that_cloudwatch_keeps() {
        let account = account(&[]);
        let wanted = parameters(json!({"dimensions": [], "hours": 24 * 100, "period": 60}));
        rows(TOOL, "metric-values", wanted, &account).await;
        let query = &called(&account, "cloudwatch:GetMetricData")[0]["MetricDataQueries"][0];
        assert_eq!(query["MetricStat"]["Period"], 3600);
    }

    #[tokio::test]
    async fn without_a_metric_the_answer_says_what_to_name() {
        let account = FakeAccount::default();
        let answer = ask(TOOL, json!({"query": "", "operation": "metric-values"}), &account).await;
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("`namespace`")));
    }
}
