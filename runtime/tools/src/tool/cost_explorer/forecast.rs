//! What this month will cost.

use serde_json::{Value, json};

use super::costs::{self, NO_DATA, cents};
use super::period::Period;
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn month(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings = Findings::table(&["what", "amount", "unit", "period"]);
    let so_far = match Period::month_to_yesterday(ask.now) {
        Some(period) => Part::actual(ask, "so far", period).await,
        None => Part::nothing("so far"),
    };
    let rest = match Period::rest_of_month(ask.now) {
        Some(period) => Part::forecast(ask, "forecast for the rest", period).await,
        None => Part::nothing("forecast for the rest"),
    };
    let before = match Period::month_before(ask.now) {
        Some(period) => Part::actual(ask, "month before", period).await,
        None => Part::nothing("month before"),
    };
    if [&so_far, &rest, &before].iter().all(|part| part.failed) {
        return Err(Unread);
    }
    let whole = so_far.amount.zip(rest.amount).map(|(so_far, rest)| so_far + rest);
    let unit = [&rest, &so_far, &before].into_iter().map(|part| part.unit.clone()).find(|unit| !unit.is_empty());
    for part in [&so_far, &rest] {
        findings.push(part.cells());
    }
    let unit = unit.unwrap_or_default();
    findings.push([json!("whole month"), json!(whole.map(cents)), json!(unit), Value::Null]);
    findings.push(before.cells());
    ask.note("Unblended cost before credits and refunds. A forecast is AWS's estimate from past costs.");
    costs::note_requests(ask);
    Ok(findings)
}

/// One amount of the answer.
struct Part {
    what: &'static str,
    /// Absent when it could not be read or AWS has no data.
    amount: Option<f64>,
    unit: String,
    period: Option<Period>,
    failed: bool,
}

impl Part {
    /// On the first of a month nothing has been spent in it.
    fn nothing(what: &'static str) -> Self {
        Self { what, amount: Some(0.0), unit: String::new(), period: None, failed: false }
    }

    async fn actual(ask: &Ask<'_>, what: &'static str, period: Period) -> Self {
        let wanted = json!({
            "TimePeriod": period.parameter(),
            "Granularity": "MONTHLY",
            "Metrics": ["UnblendedCost"],
            "Filter": costs::without_credits(),
        });
        let answer = ask.read_if_any("ce:GetCostAndUsage", wanted, NO_DATA).await;
        let total = |answer: &Value| {
            let parts = list(answer, "ResultsByTime").map(|part| costs::cost(&part["Total"]));
            parts.fold((0.0, String::new()), |(sum, _), (amount, unit)| (sum + amount, unit))
        };
        Self::of(ask, what, period, answer.map(|answer| answer.as_ref().map(total)))
    }

    async fn forecast(ask: &Ask<'_>, what: &'static str, period: Period) -> Self {
        let wanted = json!({
            "TimePeriod": period.parameter(),
            "Granularity": "DAILY",
            "Metric": "UNBLENDED_COST",
            "Filter": costs::without_credits(),
        });
        let answer = ask.read_if_any("ce:GetCostForecast", wanted, NO_DATA).await;
        let total = |answer: &Value| (number(&answer["Total"], "Amount"), text(&answer["Total"], "Unit").to_owned());
        Self::of(ask, what, period, answer.map(|answer| answer.as_ref().map(total)))
    }

    fn of(ask: &Ask<'_>, what: &'static str, period: Period, found: Result<Option<(f64, String)>, Unread>) -> Self {
        if found == Ok(None) {
            ask.note(format!("AWS has not enough data yet for: {what} ({}).", period.words()));
        }
        let failed = found.is_err();
        let (amount, unit) = found.ok().flatten().unzip();
        Self { what, amount, unit: unit.unwrap_or_default(), period: Some(period), failed }
    }

    fn cells(&self) -> [Value; 4] {
        [json!(self.what), json!(self.amount.map(cents)), json!(self.unit), json!(self.period.map(Period::words))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::Clock;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, ask_at, called, clock, rows, rows_of};
    use time::macros::datetime;

    const TOOL: &str = "cost_explorer_read_operations";

    fn total(amount: &str) -> Value {
        json!({
            "ResultsByTime": [
                {
                    "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-22"},
                    "Total": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}, "Groups": [], "Estimated": true,
                },
            ],
        })
    }

    fn account() -> FakeAccount {
        let before = json!({"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}});
        FakeAccount::default()
            .answering("ce:GetCostAndUsage", total("210.004"))
            .answering_when("ce:GetCostAndUsage", before, total("290"))
            .answering(
                "ce:GetCostForecast",
                json!({"Total": {"Amount": "90.5", "Unit": "USD"}, "ForecastResultsByTime": []}),
            )
    }

    fn amounts(rows: &[serde_json::Map<String, Value>]) -> Vec<Value> {
        rows.iter().map(|row| row["amount"].clone()).collect()
    }

    #[tokio::test]
    async fn the_month_is_what_was_spent_and_what_is_forecast() {
        let account = account();
        let rows = rows(TOOL, "month-forecast", json!({}), &account).await;
        assert_eq!(amounts(&rows), [json!(210), json!(90.5), json!(300.5), json!(290)]);
        let rest = &called(&account, "ce:GetCostForecast")[0]["TimePeriod"];
        assert_eq!(*rest, json!({"Start": "2026-11-22", "End": "2026-12-01"}));
        let so_far = &called(&account, "ce:GetCostAndUsage")[1]["TimePeriod"];
        assert_eq!(*so_far, json!({"Start": "2026-11-01", "End": "2026-11-22"}));
    }

    #[tokio::test]
    async fn on_the_first_of_a_month_nothing_has_been_spent_in_it() {
        let account = account();
        let clock = Clock { now: datetime!(2026-12-01 08:00 UTC), ..clock() };
        let arguments = json!({"query": "", "operation": "month-forecast"});
        let answer = ask_at(clock, TOOL, arguments, &account).await;
        assert_eq!(amounts(&rows_of(&answer))[..3], [json!(0), json!(90.5), json!(90.5)]);
    }

    #[tokio::test]
    async fn a_forecast_that_aws_cannot_make_leaves_what_was_spent() {
        for (code, failures) in [("DataUnavailableException", 0), ("AccessDeniedException", 1)] {
            let account = account().failing("ce:GetCostForecast", 400, code);
            let answer = ask(TOOL, json!({"query": "", "operation": "month-forecast"}), &account).await;
            let nothing = Value::Null;
            assert_eq!(amounts(&rows_of(&answer)), [json!(210), nothing.clone(), nothing, json!(290)]);
            assert_eq!(answer.completeness.unwrap().failed.len(), failures, "{code}");
        }
    }
}
