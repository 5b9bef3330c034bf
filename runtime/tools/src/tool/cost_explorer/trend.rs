//! Cost day by day, and what moved it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::costs::{self, NO_DATA, cents};
use super::period::Period;
use crate::service::values::{list, rounded, text};
use crate::service::{Ask, Findings, Unread};

/// Cost by service of each day.
type Days = BTreeMap<String, BTreeMap<String, f64>>;

pub(super) async fn daily(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 14.0).clamp(2.0, 90.0) as i64;
    let period = Period::days(days, ask.now);
    let mut findings = Findings::table(&["day", "cost", "change", "change_percent", "moved_most", "moved_by", "unit"]);
    let wanted = json!({
        "TimePeriod": period.parameter(),
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        "Filter": costs::without_credits(),
    });
    let Some(answer) = ask.read_if_any("ce:GetCostAndUsage", wanted, NO_DATA).await? else {
        costs::note_no_data(ask, period);
        costs::note_requests(ask);
        return Ok(findings);
    };
    let (days, unit) = days_of(&answer);
    let mut before: Option<&BTreeMap<String, f64>> = None;
    for (day, services) in &days {
        let cost: f64 = services.values().sum();
        let change = before.map(|before| cost - before.values().sum::<f64>());
        let percent = before.and_then(|before| percent_of(cost, before.values().sum()));
        let moved = before.and_then(|before| moved_most(before, services));
        findings.push([
            json!(day),
            cents(cost),
            json!(change.map(|change| rounded(change, 2))),
            json!(percent),
            json!(moved.map(|(service, _)| service)),
            json!(moved.map(|(_, amount)| rounded(amount, 2))),
            json!(unit),
        ]);
        before = Some(services);
    }
    findings.sort_by("day");
    summarize(&mut findings, &days);
    costs::note_period(ask, period);
    ask.note("Costs are before credits and refunds; the last day may still grow.");
    costs::note_requests(ask);
    Ok(findings)
}

/// A day may come in several parts.
fn days_of(answer: &Value) -> (Days, String) {
    let (mut days, mut currency) = (Days::new(), String::new());
    for part in list(answer, "ResultsByTime") {
        let services = days.entry(text(&part["TimePeriod"], "Start").into()).or_default();
        for group in list(part, "Groups") {
            let (amount, unit) = costs::cost(&group["Metrics"]);
            *services.entry(group["Keys"][0].as_str().unwrap_or_default().into()).or_default() += amount;
            currency = unit;
        }
    }
    (days, currency)
}

/// The service with the largest change, up or down.
fn moved_most<'a>(before: &'a BTreeMap<String, f64>, after: &'a BTreeMap<String, f64>) -> Option<(&'a str, f64)> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |day: &BTreeMap<String, f64>, name| day.get(name).copied().unwrap_or_default();
    let changes = names.into_iter().map(|name| (name.as_str(), of(after, name) - of(before, name)));
    changes.filter(|(_, change)| change.abs() >= 0.005).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

fn percent_of(cost: f64, before: f64) -> Option<f64> {
    (before.abs() >= 0.005).then(|| rounded(100.0 * (cost - before) / before, 1))
}

fn summarize(findings: &mut Findings, days: &Days) {
    let total: f64 = days.values().flat_map(BTreeMap::values).sum();
    findings.sum("days", days.len());
    findings.sum("total", cents(total));
    if !days.is_empty() {
        findings.sum("mean_of_a_day", cents(total / days.len() as f64));
    }
    let change = |row: &Vec<Value>| row[2].as_f64();
    let rises = findings.rows.iter().filter(|row| change(row).is_some_and(|change| change > 0.0));
    let steepest = rises.max_by(|a, b| change(a).unwrap_or(0.0).total_cmp(&change(b).unwrap_or(0.0)));
    if let Some(day) = steepest.map(|row| row[0].clone()) {
        findings.sum("steepest_rise", day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "cost_explorer_read_operations";
    const COSTS: &str = "ce:GetCostAndUsage";

    fn day(start: &str, costs: &[(&str, &str)]) -> Value {
        let group = |(service, amount): &(&str, &str)| {
            json!({
                "Keys": [service],
                "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}},
            })
        };
        json!({
            "TimePeriod": {"Start": start, "End": start},
            "Groups": costs.iter().map(group).collect::<Vec<_>>(),
            "Estimated": true,
        })
    }

    #[tokio::test]
    async fn each_day_names_the_service_that_moved_it_most() {
        let days = json!([
            day("2026-11-20", &[("EC2", "10"), ("S3", "1")]),
            day("2026-11-21", &[("EC2", "12")]),
            day("2026-11-21", &[("RDS", "20.25")]),
        ]);
        let account = FakeAccount::default().answering(COSTS, json!({"ResultsByTime": days}));
        let answer =
            ask(TOOL, json!({"query": "cost over the last 2 days", "operation": "daily-trend"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 2);
        assert_eq!((&rows[0]["change"], &rows[0]["moved_most"]), (&Value::Null, &Value::Null));
        assert_eq!((&rows[1]["cost"], &rows[1]["change"]), (&json!(32.25), &json!(21.25)));
        assert_eq!((&rows[1]["moved_most"], &rows[1]["moved_by"]), (&json!("RDS"), &json!(20.25)));
        assert_eq!(rows[1]["change_percent"], json!(193.2));
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"days": 2, "total": 43.25, "mean_of_a_day": 21.63, "steepest_rise": "2026-11-21"}));
        let period = &called(&account, COSTS)[0]["TimePeriod"];
        assert_eq!(*period, json!({"Start": "2026-11-20", "End": "2026-11-22"}));
    }

    #[tokio::test]
    async fn a_rise_from_nothing_has_no_percentage() {
        let days = json!([day("2026-11-20", &[]), day("2026-11-21", &[("EC2", "12")])]);
        let account = FakeAccount::default().answering(COSTS, json!({"ResultsByTime": days}));
        let rows = rows(TOOL, "daily-trend", json!({}), &account).await;
        assert_eq!((&rows[1]["change"], &rows[1]["change_percent"]), (&json!(12), &Value::Null));
    }

    #[tokio::test]
    async fn an_account_without_data_has_no_days() {
        let account = FakeAccount::default().failing(COSTS, 400, "DataUnavailableException");
        assert_eq!(rows(TOOL, "daily-trend", json!({}), &account).await.len(), 0);
    }
}
