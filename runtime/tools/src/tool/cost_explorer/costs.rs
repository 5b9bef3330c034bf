//! Reading costs: requests to Cost Explorer, amounts and what each request costs itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::period::Period;
use crate::service::values::{list, number, rounded, text};
use crate::service::{Ask, Unread};

/// A request to the Cost Explorer API (AWS Cost Explorer pricing).
const DOLLARS_A_REQUEST: f64 = 0.01;

/// Kinds of records that lower a bill without lowering what was used.
const CREDITS: [&str; 2] = ["Credit", "Refund"];

/// AWS has nothing for the period: Cost Explorer was just switched on, the account is
/// new, or nothing of that kind was used.
pub(super) const NO_DATA: &[&str] = &["DataUnavailableException"];

/// An amount of money in the currency that the account is billed in.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Amount {
    /// Before credits and refunds.
    pub gross: f64,
    pub net: f64,
    pub unit: String,
}

impl Amount {
    pub fn add(&mut self, other: &Self) {
        self.gross += other.gross;
        self.net += other.net;
        if self.unit.is_empty() {
            self.unit.clone_from(&other.unit);
        }
    }
}

/// Costs by the given group, before and after credits and refunds: the kind of
/// record is the second group, so that one request is enough. Absent when AWS has no data.
pub(super) async fn by_group(ask: &Ask<'_>, period: Period, kind: &str, key: &str) -> Result<Option<Grouped>, Unread> {
    let groups = json!([{"Type": kind, "Key": key}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]);
    let wanted = json!({
        "TimePeriod": period.parameter(),
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": groups,
    });
    let answer = ask.read_if_any("ce:GetCostAndUsage", wanted, NO_DATA).await?;
    if answer.is_none() {
        note_no_data(ask, period);
    }
    Ok(answer.map(|answer| Grouped::of(&answer)))
}

/// Costs by one group, and the names that AWS has for the group's keys.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Grouped {
    pub by_key: BTreeMap<String, Amount>,
    pub names: BTreeMap<String, String>,
}

impl Grouped {
    /// A period may come in several parts, each with some of its groups.
    fn of(answer: &Value) -> Self {
        let mut grouped = Self::default();
        for group in list(answer, "ResultsByTime").flat_map(|part| list(part, "Groups")) {
            let key = |index: usize| group["Keys"][index].as_str().unwrap_or_default();
            let (net, unit) = cost(&group["Metrics"]);
            let gross = if CREDITS.contains(&key(1)) { 0.0 } else { net };
            grouped.by_key.entry(key(0).into()).or_default().add(&Amount { gross, net, unit });
        }
        for value in list(answer, "DimensionValueAttributes") {
            let name = text(&value["Attributes"], "description");
            grouped.names.insert(text(value, "Value").into(), name.into());
        }
        grouped
    }
}

/// The unblended cost and its currency.
pub(super) fn cost(metrics: &Value) -> (f64, String) {
    let metric = &metrics["UnblendedCost"];
    (number(metric, "Amount"), text(metric, "Unit").into())
}

/// Lets credits and refunds out of a request.
pub(super) fn without_credits() -> Value {
    json!({"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": CREDITS}}})
}

/// To the cent.
pub(super) fn cents(amount: f64) -> Value {
    json!(rounded(amount, 2))
}

pub(super) fn note_no_data(ask: &Ask<'_>, period: Period) {
    ask.note(format!(
        "Cost Explorer has no data for {}: it takes up to 24 hours after it was switched on, or there was none.",
        period.words()
    ));
}

/// Says what the answer itself cost. For the end of a recipe.
pub(super) fn note_requests(ask: &Ask<'_>) {
    let requests = ask.requests("ce");
    let dollars = rounded(DOLLARS_A_REQUEST * requests as f64, 2);
    ask.note(format!(
        "Each Cost Explorer request costs 0.01 USD; this answer made {requests}, which is {dollars} USD."
    ));
}

/// Says which days a cost is of.
pub(super) fn note_period(ask: &Ask<'_>, period: Period) {
    ask.note(format!("Unblended cost of {}, days of UTC; AWS adds to recent days for up to 24 hours.", period.words()));
}
