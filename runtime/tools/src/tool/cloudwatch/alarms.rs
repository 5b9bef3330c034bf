//! Alarms of all three types: those that fire, that tell nobody, that have no data.

use serde_json::{Value, json};

use crate::service::values::{self, excerpt, flag, list, number, text};
use crate::service::{Ask, Findings, Unread};

/// Without a list of types AWS answers metric alarms only.
pub(super) const TYPES: [&str; 3] = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];

/// Length of a reason in a cell, in characters.
pub(super) const REASON: usize = 200;

pub(super) async fn firing(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("cloudwatch:DescribeAlarms", json!({"AlarmTypes": TYPES, "StateValue": "ALARM"})).await?;
    let mut findings = Findings::table(&["alarm", "type", "since", "watches", "condition", "actions", "reason"]);
    for (kind, alarm) in alarms(&answer) {
        findings.push([
            alarm["AlarmName"].clone(),
            json!(kind),
            since(alarm),
            watches(alarm),
            condition(alarm),
            json!(actions(alarm)),
            json!(excerpt(text(alarm, "StateReason"), REASON)),
        ]);
    }
    findings.sort_down_by("since");
    findings.sum("firing", findings.rows.len());
    findings.sum("composite", list(&answer, "CompositeAlarms").count());
    Ok(findings)
}

pub(super) async fn without_actions(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("cloudwatch:DescribeAlarms", json!({"AlarmTypes": TYPES})).await?;
    let rules: Vec<_> = list(&answer, "CompositeAlarms").map(|alarm| text(alarm, "AlarmRule")).collect();
    let mut findings = Findings::table(&["alarm", "type", "why", "state", "in_composite", "watches"]);
    for (kind, alarm) in alarms(&answer) {
        let why = match (flag(alarm, "ActionsEnabled"), list(alarm, "AlarmActions").count()) {
            (_, 0) => "no action for ALARM",
            (false, _) => "actions are switched off",
            (true, _) => continue,
        };
        findings.push([
            alarm["AlarmName"].clone(),
            json!(kind),
            json!(why),
            alarm["StateValue"].clone(),
            json!(rules.iter().any(|rule| is_named_in(rule, alarm))),
            watches(alarm),
        ]);
    }
    findings.sort_by("alarm");
    findings.sum("alarms", alarms(&answer).count());
    findings.sum("without_actions", findings.rows.len());
    if findings.rows.iter().any(|row| row[4] == true) {
        ask.note("An alarm with in_composite is part of a composite alarm, which may notify for it.");
    }
    Ok(findings)
}

pub(super) async fn insufficient_data(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let wanted = json!({"AlarmTypes": TYPES, "StateValue": "INSUFFICIENT_DATA"});
    let answer = ask.read("cloudwatch:DescribeAlarms", wanted).await?;
    let mut findings = Findings::table(&["alarm", "type", "since", "days", "watches", "dimensions", "missing_data"]);
    for (kind, alarm) in alarms(&answer) {
        let since = since(alarm);
        let days = since_time(alarm).map(|time| (ask.now - time).whole_days());
        findings.push([
            alarm["AlarmName"].clone(),
            json!(kind),
            since,
            json!(days),
            watches(alarm),
            dimensions(alarm),
            alarm["TreatMissingData"].clone(),
        ]);
    }
    findings.sort_by("since");
    findings.sum("insufficient_data", findings.rows.len());
    Ok(findings)
}

/// Alarms of all types with their type.
pub(super) fn alarms(answer: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let lists = TYPES.into_iter().zip(["MetricAlarms", "CompositeAlarms", "LogAlarms"]);
    lists.flat_map(move |(kind, member)| list(answer, member).map(move |alarm| (kind, alarm)))
}

/// When the state changed. Older alarms have only the time of the last update.
fn since_time(alarm: &Value) -> Option<time::OffsetDateTime> {
    values::time(alarm, "StateTransitionedTimestamp").or_else(|| values::time(alarm, "StateUpdatedTimestamp"))
}

fn since(alarm: &Value) -> Value {
    json!(since_time(alarm).map(values::rfc3339))
}

/// `AWS/EC2 CPUUtilization`, the expressions of metric math, or the rule of a composite alarm.
fn watches(alarm: &Value) -> Value {
    if let Some(rule) = alarm["AlarmRule"].as_str() {
        return json!(excerpt(rule, REASON));
    }
    if let Some(metric) = alarm["MetricName"].as_str() {
        return json!(format!("{} {metric}", text(alarm, "Namespace")));
    }
    let parts: Vec<_> = list(alarm, "Metrics").filter_map(math_part).collect();
    let query = text(&alarm["ScheduledQueryConfiguration"], "AggregationExpression");
    let query = if query.is_empty() { text(&alarm["EvaluationCriteria"]["PromQLCriteria"], "Query") } else { query };
    match (parts.is_empty(), query) {
        (true, "") => Value::Null,
        (true, query) => json!(excerpt(query, REASON)),
        (false, _) => json!(excerpt(&parts.join("; "), REASON)),
    }
}

/// `m1 = AWS/Lambda Errors`, `e1 = m1 / m2`
fn math_part(query: &Value) -> Option<String> {
    let metric = &query["MetricStat"]["Metric"];
    let value = match query["Expression"].as_str() {
        Some(expression) => expression.to_owned(),
        None => format!("{} {}", text(metric, "Namespace"), metric["MetricName"].as_str()?),
    };
    Some(format!("{} = {value}", text(query, "Id")))
}

fn dimensions(alarm: &Value) -> Value {
    let pairs = list(alarm, "Dimensions").map(|pair| format!("{}={}", text(pair, "Name"), text(pair, "Value")));
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() { Value::Null } else { json!(pairs.join(" ")) }
}

/// `GreaterThanThreshold 90, 3 of 5 periods of 60 s`
fn condition(alarm: &Value) -> Value {
    let Some(operator) = alarm["ComparisonOperator"].as_str() else { return Value::Null };
    let threshold = alarm["Threshold"].as_f64().map(|threshold| format!(" {threshold}")).unwrap_or_default();
    let of = number(alarm, "EvaluationPeriods");
    let to_alarm = alarm["DatapointsToAlarm"].as_f64().unwrap_or(of);
    let periods = match alarm["Period"].as_f64() {
        Some(period) if of > 0.0 => format!(", {to_alarm} of {of} periods of {period} s"),
        _ => String::new(),
    };
    json!(format!("{operator}{threshold}{periods}"))
}

/// `on`, `off` or `none`: whether somebody is told when the alarm fires.
fn actions(alarm: &Value) -> &'static str {
    match (list(alarm, "AlarmActions").count(), flag(alarm, "ActionsEnabled")) {
        (0, _) => "none",
        (_, true) => "on",
        (_, false) => "off",
    }
}

/// A rule names alarms by name or by ARN, in quotes or bare: `ALARM("cpu (web)") OR ALARM(disk)`.
fn is_named_in(rule: &str, alarm: &Value) -> bool {
    let names = [text(alarm, "AlarmName"), text(alarm, "AlarmArn")];
    let is_name = |part: &str| !part.is_empty() && names.contains(&part);
    // Every second part is in quotes, where brackets belong to the name.
    rule.split('"').enumerate().any(|(index, part)| match index % 2 {
        0 => part.split(['(', ')']).any(|part| is_name(part.trim())),
        _ => is_name(part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{called, rows};

    const TOOL: &str = "cloudwatch_read_operations";
    const ALARMS: &str = "cloudwatch:DescribeAlarms";

    fn metric_alarm(name: &str, state: &str) -> Value {
        json!({
            "AlarmName": name, "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}"),
            "StateValue": state, "StateReason": "Threshold Crossed", "ActionsEnabled": true,
            "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:ops"],
            "StateUpdatedTimestamp": "2026-11-20T01:00:00Z", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
            "Threshold": 90.0, "ComparisonOperator": "GreaterThanThreshold", "Period": 300,
            "EvaluationPeriods": 5, "DatapointsToAlarm": 3, "TreatMissingData": "missing",
        })
    }

    fn with(mut alarm: Value, members: Value) -> Value {
        alarm.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        alarm
    }

    fn composite(name: &str, rule: &str) -> Value {
        json!({
            "AlarmName": name, "AlarmRule": rule, "StateValue": "ALARM", "ActionsEnabled": true,
            "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:ops"],
            "StateTransitionedTimestamp": "2026-11-22T01:00:00Z",
        })
    }

    fn names(rows: &[serde_json::Map<String, Value>]) -> Vec<&str> {
        rows.iter().map(|row| row["alarm"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn firing_alarms_of_all_types_come_with_the_newest_first() {
        let math = json!([
            {"Id": "e1", "Expression": "m1/m2"},
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors"},
                    "Period": 60,
                    "Stat": "Sum",
                },
            },
        ]);
        let ratio = json!({
            "AlarmName": "ratio", "Metrics": math, "StateValue": "ALARM",
            "StateUpdatedTimestamp": "2026-11-21T01:00:00Z",
        });
        let account = FakeAccount::default().answering(
            ALARMS,
            json!({
                "MetricAlarms": [metric_alarm("cpu", "ALARM"), ratio],
                "CompositeAlarms": [composite("all", "ALARM(cpu)")],
            }),
        );
        let rows = rows(TOOL, "alarms-firing", json!({}), &account).await;
        assert_eq!(names(&rows), ["all", "ratio", "cpu"]);
        assert_eq!(rows[0]["watches"], "ALARM(cpu)");
        assert_eq!(rows[1]["watches"], "e1 = m1/m2; m1 = AWS/Lambda Errors");
        assert_eq!((&rows[1]["actions"], &rows[1]["condition"]), (&json!("none"), &Value::Null));
        assert_eq!(rows[2]["condition"], "GreaterThanThreshold 90, 3 of 5 periods of 300 s");
        assert_eq!(called(&account, ALARMS), [json!({"AlarmTypes": TYPES, "StateValue": "ALARM"})]);
    }

    #[tokio::test]
    async fn no_alarms_are_no_rows() {
        let account = FakeAccount::default().answering(ALARMS, json!({"MetricAlarms": [], "CompositeAlarms": []}));
        for recipe in ["alarms-firing", "alarms-without-actions", "alarms-insufficient-data"] {
            assert_eq!(rows(TOOL, recipe, json!({}), &account).await.len(), 0, "{recipe}");
        }
    }

    #[tokio::test]
    async fn alarms_that_tell_nobody_say_why_and_whether_a_composite_alarm_does() {
        let off = with(metric_alarm("off", "OK"), json!({"ActionsEnabled": false}));
        let part = with(metric_alarm("part (web)", "OK"), json!({"AlarmActions": []}));
        let web = with(metric_alarm("web", "OK"), json!({"AlarmActions": []}));
        let only_ok = with(
            metric_alarm("part-2", "OK"),
            json!({"AlarmActions": [], "OKActions": ["arn:aws:sns:us-east-1:111122223333:ops"]}),
        );
        let all = composite("all", "ALARM(\"part (web)\") OR ALARM( part-2 ) OR ALARM(other)");
        let account = FakeAccount::default().answering(
            ALARMS,
            json!({"MetricAlarms": [only_ok, part, off, web, metric_alarm("told", "OK")], "CompositeAlarms": [all]}),
        );
        let rows = rows(TOOL, "alarms-without-actions", json!({}), &account).await;
        assert_eq!(names(&rows), ["off", "part (web)", "part-2", "web"]);
        assert_eq!(rows[0]["why"], "actions are switched off");
        let in_composite: Vec<_> = rows.iter().map(|row| row["in_composite"] == true).collect();
        assert_eq!(in_composite, [false, true, true, false]);
    }

    #[tokio::test]
    async fn alarms_without_data_come_with_the_oldest_first() {
        let newer = with(
            metric_alarm("newer", "INSUFFICIENT_DATA"),
            json!({"StateTransitionedTimestamp": "2026-11-21T09:00:00Z"}),
        );
        let account = FakeAccount::default()
            .answering(ALARMS, json!({"MetricAlarms": [newer, metric_alarm("older", "INSUFFICIENT_DATA")]}));
        let rows = rows(TOOL, "alarms-insufficient-data", json!({}), &account).await;
        assert_eq!(names(&rows), ["older", "newer"]);
        assert_eq!((&rows[1]["days"], &rows[1]["dimensions"]), (&json!(1), &json!("InstanceId=i-1")));
    }
}
