//! Reserved instances and Savings Plans: how far they are used, and how far they cover the usage.

use serde_json::{Value, json};

use super::costs::{self, NO_DATA};
use super::period::Period;
use crate::service::values::{list, number, rounded};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn run(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 30.0).clamp(1.0, 365.0) as i64;
    let period = Period::days(days, ask.now);
    let reads = [
        "ce:GetReservationUtilization",
        "ce:GetReservationCoverage",
        "ce:GetSavingsPlansUtilization",
        "ce:GetSavingsPlansCoverage",
    ];
    let wanted = json!({"TimePeriod": period.parameter(), "Granularity": "MONTHLY"});
    let answers = ask.each(reads, |read| ask.read_if_any(read, wanted.clone(), NO_DATA)).await;
    if answers.iter().all(Result::is_err) {
        return Err(Unread);
    }
    let mut answers = answers.into_iter().map(|answer| answer.ok().flatten().unwrap_or_default());
    let mut next = || answers.next().unwrap_or_default();
    let (reserved_use, reserved_cover, plan_use, plan_cover) = (next(), next(), next(), next());
    let columns = ["commitment", "utilization_percent", "coverage_percent", "unused", "unit", "net_savings"];
    let mut findings = Findings::table(&columns);
    findings.push(reservations(&reserved_use["Total"], &reserved_cover["Total"]["CoverageHours"]));
    findings.push(savings_plans(&plan_use["Total"], &plan_cover));
    note_what_is_missing(ask, &findings, period);
    ask.note("Coverage of reserved instances is that of EC2. net_savings is in the account's currency.");
    costs::note_requests(ask);
    Ok(findings)
}

fn reservations(used: &Value, covered: &Value) -> [Value; 6] {
    [
        json!("reserved instances"),
        cell(used, "UtilizationPercentage"),
        cell(covered, "CoverageHoursPercentage"),
        cell(used, "UnusedHours"),
        json!("hours"),
        cell(used, "NetRISavings"),
    ]
}

fn savings_plans(used: &Value, covered: &Value) -> [Value; 6] {
    let utilization = &used["Utilization"];
    [
        json!("Savings Plans"),
        cell(utilization, "UtilizationPercentage"),
        json!(covered_by_plans(covered)),
        cell(utilization, "UnusedCommitment"),
        json!("commitment, in currency"),
        cell(&used["Savings"], "NetSavings"),
    ]
}

/// The answer has no total, and months of a different size have no common mean:
/// covered spend is divided by all spend that a plan could have covered.
fn covered_by_plans(answer: &Value) -> Option<f64> {
    let parts = || list(answer, "SavingsPlansCoverages").map(|part| &part["Coverage"]);
    let sum = |member| parts().map(|part| number(part, member)).sum::<f64>();
    let total = sum("TotalCost");
    (total > 0.0).then(|| rounded(100.0 * sum("SpendCoveredBySavingsPlans") / total, 1))
}

fn cell(value: &Value, member: &str) -> Value {
    if value[member].is_null() { Value::Null } else { json!(rounded(number(value, member), 2)) }
}

fn note_what_is_missing(ask: &Ask<'_>, findings: &Findings, period: Period) {
    for row in findings.rows.iter().filter(|row| row[1].is_null() || row[2].is_null()) {
        let commitment = row[0].as_str().unwrap_or_default();
        ask.note(format!("AWS has not all figures for {commitment} from {}: usually there are none.", period.words()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "cost_explorer_read_operations";

    fn account() -> FakeAccount {
        let plans = |covered: &str, total: &str| {
            json!({
                "Attributes": {},
                "Coverage": {
                    "SpendCoveredBySavingsPlans": covered, "OnDemandCost": "1", "TotalCost": total,
                    "CoveragePercentage": "1",
                },
                "TimePeriod": {"Start": "2026-10-23", "End": "2026-11-01"},
            })
        };
        FakeAccount::default()
            .answering(
                "ce:GetReservationUtilization",
                json!({
                    "UtilizationsByTime": [],
                    "Total": {"UtilizationPercentage": "87.456", "UnusedHours": "12", "NetRISavings": "33.333"},
                }),
            )
            .answering(
                "ce:GetReservationCoverage",
                json!({
                    "CoveragesByTime": [],
                    "Total": {"CoverageHours": {"CoverageHoursPercentage": "40.5"}},
                }),
            )
            .answering(
                "ce:GetSavingsPlansUtilization",
                json!({
                    "Total": {
                        "Utilization": {"UtilizationPercentage": "99", "UnusedCommitment": "0.4"},
                        "Savings": {"NetSavings": "10"},
                    },
                }),
            )
            .answering(
                "ce:GetSavingsPlansCoverage",
                json!({
                    "SavingsPlansCoverages": [plans("30", "100"), plans("0", "20")],
                }),
            )
    }

    #[tokio::test]
    async fn both_kinds_have_their_utilization_and_coverage() {
        let account = account();
        let answer = ask(TOOL, json!({"query": "", "operation": "commitments"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["utilization_percent"], &rows[0]["coverage_percent"]), (&json!(87.46), &json!(40.5)));
        assert_eq!((&rows[1]["utilization_percent"], &rows[1]["coverage_percent"]), (&json!(99), &json!(25)));
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("this answer made 4, which is 0.04 USD")), "{notes:?}");
    }

    #[tokio::test]
    async fn an_account_without_commitments_has_empty_cells_and_no_failure() {
        let account = account()
            .failing("ce:GetReservationUtilization", 400, "DataUnavailableException")
            .failing("ce:GetSavingsPlansUtilization", 400, "DataUnavailableException")
            .answering("ce:GetSavingsPlansCoverage", json!({"SavingsPlansCoverages": []}));
        let rows = rows(TOOL, "commitments", json!({}), &account).await;
        assert_eq!((&rows[0]["utilization_percent"], &rows[0]["coverage_percent"]), (&Value::Null, &json!(40.5)));
        assert_eq!((&rows[1]["unused"], &rows[1]["coverage_percent"]), (&Value::Null, &Value::Null));
    }

    #[tokio::test]
    async fn one_denied_read_leaves_the_others() {
        let account = account().failing("ce:GetReservationCoverage", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "commitments"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["coverage_percent"], Value::Null);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "ce:GetReservationCoverage");
    }
}
