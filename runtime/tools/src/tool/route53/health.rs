//! Health checks that fail.

use aws_read::Region;
use serde_json::{Value, json};
use time::Duration;

use crate::service::values::{excerpt, flag, list, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

/// Route 53 considers an endpoint healthy when more than 18 % of its checkers do
/// (Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy").
const HEALTHY_SHARE: f64 = 0.18;

/// Checkers look at endpoints; of other kinds only the result is known, as a metric.
const WITHOUT_CHECKERS: [&str; 3] = ["CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"];

/// Length of a checker's report in a cell, in characters.
const REPORT: usize = 160;

pub(super) async fn failing(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("route53:ListHealthChecks", json!({})).await?;
    let checks: Vec<_> = list(&answer, "HealthChecks").collect();
    let is_disabled = |check: &&Value| flag(&check["HealthCheckConfig"], "Disabled");
    let (disabled, enabled): (Vec<_>, Vec<_>) = checks.iter().copied().partition(is_disabled);
    let results = results(ask, &enabled).await;
    let mut findings =
        Findings::table(&["health_check", "state", "type", "checks", "healthy_checkers", "report", "inverted"]);
    for (check, result) in enabled.iter().zip(&results) {
        if result.is_healthy != Some(true) {
            findings.push(cells(check, result));
        }
    }
    findings.sort_by("health_check");
    findings.sort_down_by("state");
    let count = |state| results.iter().filter(|result| result.is_healthy == state).count();
    findings.sum("health_checks", checks.len());
    findings.sum("unhealthy", count(Some(false)));
    findings.sum("unknown", count(None));
    findings.sum("disabled", disabled.len());
    if !disabled.is_empty() {
        ask.note("Route 53 takes a disabled health check for healthy.");
    }
    if findings.rows.iter().any(|row| row[6] == true) {
        ask.note("An inverted health check is unhealthy while its endpoint is healthy; report is about the endpoint.");
    }
    Ok(findings)
}

/// What is known about one health check.
#[derive(Debug, Clone, Default, PartialEq)]
struct Health {
    /// Absent when nobody has reported or the reports could not be read.
    is_healthy: Option<bool>,
    /// Healthy ones and all; absent for kinds without checkers.
    checkers: Option<(usize, usize)>,
    /// What a checker said that found a failure.
    report: Option<String>,
}

async fn results(ask: &Ask<'_>, checks: &[&Value]) -> Vec<Health> {
    let has_checkers = |check: &&Value| !WITHOUT_CHECKERS.contains(&text(&check["HealthCheckConfig"], "Type"));
    let mut computed = from_metrics(ask, checks.iter().copied().filter(|check| !has_checkers(check))).await.into_iter();
    let mut observed =
        ask.each(checks.iter().copied().filter(has_checkers), |check| from_checkers(ask, check)).await.into_iter();
    let next = |check: &&Value| if has_checkers(check) { observed.next() } else { computed.next() };
    checks.iter().map(next).map(Option::unwrap_or_default).collect()
}

async fn from_checkers(ask: &Ask<'_>, check: &Value) -> Health {
    let wanted = json!({"HealthCheckId": check["Id"]});
    let Ok(answer) = ask.read("route53:GetHealthCheckStatus", wanted).await else { return Health::default() };
    let observations = list(&answer, "HealthCheckObservations");
    let reports: Vec<_> = observations.map(|observation| text(&observation["StatusReport"], "Status")).collect();
    let is_success = |report: &&&str| report.starts_with("Success");
    let healthy = reports.iter().filter(is_success).count();
    let endpoint = (!reports.is_empty()).then_some(healthy as f64 > HEALTHY_SHARE * reports.len() as f64);
    let failure = reports.iter().find(|report| !is_success(report));
    Health {
        is_healthy: endpoint.map(|endpoint| endpoint != flag(&check["HealthCheckConfig"], "Inverted")),
        checkers: Some((healthy, reports.len())),
        report: failure.map(|report| excerpt(report, REPORT)),
    }
}

/// The metric is Route 53's own verdict: 1 for healthy. It is kept in us-east-1 alone.
async fn from_metrics<'v>(ask: &Ask<'_>, checks: impl Iterator<Item = &'v Value>) -> Vec<Health> {
    let metric = |check: &Value| Metric {
        namespace: "AWS/Route53",
        name: "HealthCheckStatus",
        dimensions: vec![("HealthCheckId", text(check, "Id").to_owned())],
        statistic: Statistic::Minimum,
    };
    let metrics: Vec<_> = checks.map(metric).collect();
    let virginia = ask.in_region(Region::parse("us-east-1").unwrap_or_else(|| ask.region.clone()));
    let window = (ask.now - Duration::minutes(10), ask.now);
    let Ok(values) = virginia.metrics(&metrics, window, 60).await else { return Vec::new() };
    let health =
        |values: Vec<f64>| Health { is_healthy: values.last().map(|value| *value >= 1.0), ..Health::default() };
    values.into_iter().map(health).collect()
}

fn cells(check: &Value, health: &Health) -> [Value; 7] {
    let config = &check["HealthCheckConfig"];
    [
        check["Id"].clone(),
        json!(if health.is_healthy.is_some() { "unhealthy" } else { "unknown" }),
        config["Type"].clone(),
        json!(target(config)),
        json!(health.checkers.map(|(healthy, all)| format!("{healthy} of {all}"))),
        json!(health.report),
        json!(flag(config, "Inverted")),
    ]
}

/// `www.example.com:443/health`, the alarm, or how many children have to be healthy.
fn target(config: &Value) -> String {
    match text(config, "Type") {
        "CALCULATED" => {
            let children = list(config, "ChildHealthChecks").count();
            format!("at least {} of {children} health checks", config["HealthThreshold"])
        }
        "CLOUDWATCH_METRIC" => {
            let alarm = &config["AlarmIdentifier"];
            format!("alarm {} in {}", text(alarm, "Name"), text(alarm, "Region"))
        }
        "RECOVERY_CONTROL" => text(config, "RoutingControlArn").to_owned(),
        _ => {
            let host = [text(config, "FullyQualifiedDomainName"), text(config, "IPAddress")];
            let host = host.into_iter().find(|host| !host.is_empty()).unwrap_or_default();
            let port = config["Port"].as_u64().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{host}{port}{}", text(config, "ResourcePath"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "route53_read_operations";
    const STATUS: &str = "route53:GetHealthCheckStatus";

    fn check(id: &str, kind: &str, more: Value) -> Value {
        let mut config = json!({
            "Type": kind, "FullyQualifiedDomainName": "www.example.com", "Port": 443, "ResourcePath": "/health",
        });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Id": id, "CallerReference": "1", "HealthCheckConfig": config, "HealthCheckVersion": 1})
    }

    fn status(healthy: usize, all: usize) -> Value {
        let report = |index| {
            if index < healthy { "Success: HTTP Status Code 200, OK" } else { "Failure: Connection timed out." }
        };
        let observation = |index| {
            json!({
                "Region": "us-east-1",
                "IPAddress": "192.0.2.1",
                "StatusReport": {"Status": report(index), "CheckedTime": "2026-11-22T08:59:00Z"},
            })
        };
        json!({"HealthCheckObservations": (0..all).map(observation).collect::<Vec<_>>()})
    }

    fn account(checks: &[Value]) -> FakeAccount {
        let answer = json!({"HealthChecks": checks, "Marker": "", "IsTruncated": false, "MaxItems": "100"});
        FakeAccount::default()
            .answering("route53:ListHealthChecks", answer)
            .answering_when(STATUS, json!({"HealthCheckId": "bad"}), status(2, 16))
            .answering_when(STATUS, json!({"HealthCheckId": "good"}), status(3, 16))
            .answering_when(STATUS, json!({"HealthCheckId": "turned"}), status(16, 16))
            .answering_when(STATUS, json!({"HealthCheckId": "new"}), status(0, 0))
    }

    #[tokio::test]
    async fn a_check_fails_when_18_percent_of_its_checkers_or_fewer_find_it_healthy() {
        let checks = [
            check("bad", "HTTPS", json!({})),
            check("good", "HTTPS", json!({})),
            check("new", "TCP", json!({})),
            check("off", "HTTPS", json!({"Disabled": true})),
            check("turned", "HTTP", json!({"Inverted": true})),
        ];
        let account = account(&checks);
        let answer = ask(TOOL, json!({"query": "", "operation": "health-checks-failing"}), &account).await;
        let rows = rows_of(&answer);
        let cells: Vec<_> =
            rows.iter().map(|row| (row["health_check"].as_str().unwrap(), row["state"].as_str().unwrap())).collect();
        assert_eq!(cells, [("new", "unknown"), ("bad", "unhealthy"), ("turned", "unhealthy")]);
        assert_eq!(
            (&rows[1]["healthy_checkers"], &rows[1]["checks"]),
            (&json!("2 of 16"), &json!("www.example.com:443/health"))
        );
        assert_eq!(rows[1]["report"], "Failure: Connection timed out.");
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"health_checks": 5, "unhealthy": 2, "unknown": 1, "disabled": 1}));
        assert_eq!(called(&account, STATUS).len(), 4);
    }

    #[tokio::test]
    async fn checks_without_checkers_are_judged_by_their_metric_in_us_east_1() {
        let alarm = json!({"AlarmIdentifier": {"Region": "eu-west-1", "Name": "queue"}});
        let checks = [
            check("sum", "CALCULATED", json!({"HealthThreshold": 1, "ChildHealthChecks": ["good", "bad"]})),
            check("alarm", "CLOUDWATCH_METRIC", alarm),
            check("good", "HTTP", json!({})),
        ];
        let result = |id, values: &[f64]| json!({"Id": id, "Values": values, "StatusCode": "Complete"});
        let account = account(&checks).answering_in(
            "us-east-1",
            "cloudwatch:GetMetricData",
            json!({"MetricDataResults": [result("m0", &[1.0, 0.0]), result("m1", &[0.0, 1.0])]}),
        );
        let rows = rows(TOOL, "health-checks-failing", json!({}), &account).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (&rows[0]["health_check"], &rows[0]["checks"]),
            (&json!("sum"), &json!("at least 1 of 2 health checks"))
        );
    }

    #[tokio::test]
    async fn a_status_that_cannot_be_read_is_unknown_and_not_healthy() {
        let account = account(&[check("bad", "HTTPS", json!({})), check("sum", "CALCULATED", json!({}))])
            .failing(STATUS, 400, "Throttling")
            .failing("cloudwatch:GetMetricData", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "health-checks-failing"}), &account).await;
        assert!(rows_of(&answer).iter().all(|row| row["state"] == "unknown"));
        assert_eq!(answer.completeness.unwrap().failed.len(), 2);
    }

    #[tokio::test]
    async fn an_account_without_health_checks_has_no_rows_and_asks_no_more() {
        let account = account(&[]);
        assert_eq!(rows(TOOL, "health-checks-failing", json!({}), &account).await.len(), 0);
        assert_eq!(account.asked().len(), 1);
    }
}
