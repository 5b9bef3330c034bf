//! What functions did lately, by their metrics: errors, throttles, long runs.

use serde_json::{Value, json};
use time::Duration;

use super::functions_of;
use crate::service::values::{number, rounded, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

/// Metrics are read with one value an hour, so that a week of a thousand functions stays small.
const PERIOD: u32 = 3600;
const WINDOW: Duration = Duration::DAY;

pub(super) async fn failing(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least = ask.question.number("percent", &["%", "percent"], 5.0);
    ask.note(format!("Functions with more than {least} errors in 100 invocations are listed."));
    let functions = functions_of(ask).await?;
    let usage = read(ask, &functions, &[("Invocations", Statistic::Sum), ("Errors", Statistic::Sum)]).await;
    let mut findings = Findings::table(&["name", "error_percent", "errors", "invocations"]);
    let (mut invoked, mut errors_of_all) = (0_u64, 0.0);
    for (function, values) in functions.iter().zip(&usage.values) {
        let (invocations, errors) = (sum(&values[0]), sum(&values[1]));
        errors_of_all += errors;
        // A function that nobody called has no error rate.
        if invocations <= 0.0 {
            continue;
        }
        invoked += 1;
        let percent = 100.0 * errors / invocations;
        if percent > least {
            findings.push([
                function["FunctionName"].clone(),
                json!(rounded(percent, 2)),
                json!(errors as u64),
                json!(invocations as u64),
            ]);
        }
    }
    if usage.is_unread {
        unjudged(&functions, &mut findings);
    }
    findings.sort_down_by("error_percent");
    findings.sum("failing", if usage.is_unread { 0 } else { findings.rows.len() });
    findings.sum("invoked", invoked);
    findings.sum("errors", errors_of_all as u64);
    findings.sum("functions", functions.len());
    Ok(findings)
}

pub(super) async fn throttled(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let functions = functions_of(ask).await?;
    let usage = read(ask, &functions, &[("Invocations", Statistic::Sum), ("Throttles", Statistic::Sum)]).await;
    let mut findings = Findings::table(&["name", "throttles", "invocations", "throttled_percent"]);
    let mut throttles_of_all = 0.0;
    for (function, values) in functions.iter().zip(&usage.values) {
        let (invocations, throttles) = (sum(&values[0]), sum(&values[1]));
        throttles_of_all += throttles;
        if throttles > 0.0 {
            // Throttled requests are not counted as invocations (Lambda developer guide, "Types of metrics").
            let percent = 100.0 * throttles / (throttles + invocations);
            findings.push([
                function["FunctionName"].clone(),
                json!(throttles as u64),
                json!(invocations as u64),
                json!(rounded(percent, 2)),
            ]);
        }
    }
    if usage.is_unread {
        unjudged(&functions, &mut findings);
    }
    findings.sort_down_by("throttles");
    findings.sum("throttled", if usage.is_unread { 0 } else { findings.rows.len() });
    findings.sum("throttles", throttles_of_all as u64);
    findings.sum("functions", functions.len());
    Ok(findings)
}

pub(super) async fn near_timeout(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least = ask.question.number("percent", &["%", "percent"], 80.0);
    ask.note(format!("Functions whose longest run took at least {least} % of the timeout are listed."));
    let functions = functions_of(ask).await?;
    let durations = [("Duration", Statistic::Maximum), ("Duration", Statistic::Sum), ("Invocations", Statistic::Sum)];
    let usage = read(ask, &functions, &durations).await;
    let mut findings = Findings::table(&["name", "longest_percent", "longest_s", "average_s", "timeout_s"]);
    let mut at_timeout = 0_u64;
    for (function, values) in functions.iter().zip(&usage.values) {
        let timeout = number(function, "Timeout");
        let Some(longest) = values[0].iter().copied().reduce(f64::max) else { continue };
        // CloudWatch has milliseconds.
        let percent = longest / 10.0 / timeout.max(1.0);
        at_timeout += u64::from(percent >= 100.0);
        // Averages of hours would let a quiet hour weigh as much as a busy one.
        let (total, invocations) = (sum(&values[1]), sum(&values[2]));
        let average = (invocations > 0.0).then(|| rounded(total / invocations / 1000.0, 2));
        if percent >= least {
            findings.push([
                function["FunctionName"].clone(),
                json!(rounded(percent, 1)),
                json!(rounded(longest / 1000.0, 2)),
                json!(average),
                function["Timeout"].clone(),
            ]);
        }
    }
    if usage.is_unread {
        for function in &functions {
            findings.push([
                function["FunctionName"].clone(),
                Value::Null,
                Value::Null,
                Value::Null,
                function["Timeout"].clone(),
            ]);
        }
    }
    findings.sort_down_by("longest_percent");
    findings.sum("near_timeout", if usage.is_unread { 0 } else { findings.rows.len() });
    findings.sum("at_timeout", at_timeout);
    findings.sum("functions", functions.len());
    Ok(findings)
}

/// Values of the metrics of each function, in the order of the functions.
struct Usage {
    values: Vec<Vec<Vec<f64>>>,
    is_unread: bool,
}

async fn read(ask: &Ask<'_>, functions: &[Value], wanted: &[(&'static str, Statistic)]) -> Usage {
    let window = ask.question.window(ask.now, WINDOW);
    let metrics: Vec<Metric> = functions
        .iter()
        .flat_map(|function| wanted.iter().map(|(name, statistic)| metric(function, name, *statistic)))
        .collect();
    if metrics.is_empty() {
        return Usage { values: Vec::new(), is_unread: false };
    }
    match ask.metrics(&metrics, (window.start, window.end), PERIOD).await {
        Ok(values) => Usage { values: values.chunks(wanted.len()).map(<[_]>::to_vec).collect(), is_unread: false },
        Err(Unread) => Usage { values: Vec::new(), is_unread: true },
    }
}

pub(super) fn metric(function: &Value, name: &'static str, statistic: Statistic) -> Metric {
    let dimensions = vec![("FunctionName", text(function, "FunctionName").to_owned())];
    Metric { namespace: "AWS/Lambda", name, dimensions, statistic }
}

/// Functions whose metrics could not be read stay, with null cells.
fn unjudged(functions: &[Value], findings: &mut Findings) {
    for function in functions {
        findings.push([function["FunctionName"].clone(), Value::Null, Value::Null, Value::Null]);
    }
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    /// Functions a, b, c, d with a timeout of 10 seconds each, and so many metrics for each in this order.
    fn account<const METRICS: usize>(values: [[Value; METRICS]; 4]) -> FakeAccount {
        let functions: Vec<_> =
            ["a", "b", "c", "d"].iter().map(|name| json!({"FunctionName": name, "Timeout": 10})).collect();
        let result = |(index, values): (usize, Value)| {
            json!({"Id": format!("m{index}"), "StatusCode": "Complete",
            "Timestamps": [], "Values": values})
        };
        let results: Vec<_> = values.into_iter().flatten().enumerate().map(result).collect();
        FakeAccount::default()
            .answering("lambda:ListFunctions", json!({"Functions": functions}))
            .answering("cloudwatch:GetMetricData", json!({"MetricDataResults": results}))
    }

    #[tokio::test]
    async fn error_rates_are_over_all_invocations_of_the_window_and_uncalled_functions_have_none() {
        let account = account([
            [json!([50.0, 50.0]), json!([1.0, 4.0])],
            [json!([100.0]), json!([20.0])],
            [json!([]), json!([])],
            [json!([1000.0]), json!([51.0])],
        ]);
        let answer = ask(TOOL, json!({"query": "error rate", "operation": "failing-functions"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(result["rows"], json!([["b", 20, 20, 100], ["d", 5.1, 51, 1000]]), "5 % is not over 5 %");
        assert_eq!(result["summary"], json!({"failing": 2, "invoked": 3, "errors": 76, "functions": 4}));
    }

    #[tokio::test]
    async fn the_query_may_name_percent_and_window() {
        let account = account(std::array::from_fn(|_| [json!([100.0]), json!([12.0])]));
        let arguments = json!({"query": "errors over 15% in 3 days", "operation": "failing-functions"});
        let answer = ask(TOOL, arguments, &account).await;
        assert!(rows_of(&answer).is_empty());
        let asked = &account.asked()[0];
        assert!(asked.contains(r#""StartTime":"2026-11-19T09:00:00Z","EndTime":"2026-11-22T09:00:00Z""#), "{asked}");
    }

    #[tokio::test]
    async fn functions_stay_without_numbers_when_metrics_cannot_be_read() {
        let account = account(std::array::from_fn(|_| [json!([]), json!([])])).failing(
            "cloudwatch:GetMetricData",
            403,
            "AccessDenied",
        );
        for recipe in ["failing-functions", "throttled-functions", "functions-near-timeout"] {
            let answer = ask(TOOL, json!({"query": "", "operation": recipe}), &account).await;
            let rows = rows_of(&answer);
            assert_eq!(rows.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["a", "b", "c", "d"], "{recipe}");
            assert!(rows[0].values().nth(1).unwrap().is_null(), "{recipe}");
            assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
        }
    }

    #[tokio::test]
    async fn throttles_are_a_share_of_all_requests() {
        let account = account([
            [json!([90.0]), json!([10.0])],
            [json!([100.0]), json!([0.0])],
            [json!([]), json!([5.0])],
            [json!([]), json!([])],
        ]);
        let rows = rows(TOOL, "throttled-functions", json!({}), &account).await;
        let found: Vec<_> =
            rows.iter().map(|row| json!([row["name"], row["throttles"], row["throttled_percent"]])).collect();
        assert_eq!(found, [json!(["a", 10, 10]), json!(["c", 5, 100])]);
    }

    #[tokio::test]
    async fn the_longest_run_is_compared_with_the_timeout() {
        let account = account([
            [json!([100.0, 7990.0]), json!([8090.0]), json!([2.0])],
            [json!([8000.0, 10.0]), json!([8000.0, 990.0]), json!([1.0, 99.0])],
            [json!([10000.0]), json!([10000.0]), json!([])],
            [json!([]), json!([]), json!([])],
        ]);
        let answer = ask(TOOL, json!({"query": "", "operation": "functions-near-timeout"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(result["rows"], json!([["c", 100, 10, null, 10], ["b", 80, 8, 0.09, 10]]));
        assert_eq!(result["summary"], json!({"near_timeout": 2, "at_timeout": 1, "functions": 4}));
    }
}
