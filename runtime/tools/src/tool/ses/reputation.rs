//! Bounces and complaints.

use serde_json::{Value, json};

use super::account::note_review;
use crate::service::values::{list, number, rounded};
use crate::service::{Ask, Findings, Unread};

/// Rates in percent at which AWS puts an account under review, and at which it may
/// pause its sending (SES Developer Guide, "Reputation metrics messages").
const BOUNCES: Thresholds = Thresholds { review: 5.0, pause: 10.0 };
const COMPLAINTS: Thresholds = Thresholds { review: 0.1, pause: 0.5 };

struct Thresholds {
    review: f64,
    pause: f64,
}

impl Thresholds {
    fn state(&self, percent: f64) -> &'static str {
        match percent {
            percent if percent >= self.pause => "at the rate for a pause",
            percent if percent >= self.review => "at the rate for a review",
            _ => "below review",
        }
    }
}

pub(super) async fn rates(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("ses:GetSendStatistics", json!({})).await?;
    let sum = |member| list(&answer, "SendDataPoints").map(|point| number(point, member)).sum::<f64>();
    let attempts = sum("DeliveryAttempts");
    let columns = ["what", "count", "percent", "review_percent", "pause_percent", "state"];
    let mut findings = Findings::table(&columns);
    findings.push(row("bounces", sum("Bounces"), attempts, &BOUNCES));
    findings.push(row("complaints", sum("Complaints"), attempts, &COMPLAINTS));
    findings.sum("delivery_attempts", attempts as u64);
    findings.sum("rejects", sum("Rejects") as u64);
    ask.note(
        "Rates are of the last 14 days. AWS judges by a number of recent mails of its own choice, and by hard bounces.",
    );
    if let Ok(account) = ask.read("sesv2:GetAccount", json!({})).await {
        note_review(ask, &account);
    }
    Ok(findings)
}

/// Nothing sent has no rate.
fn row(what: &str, count: f64, attempts: f64, thresholds: &Thresholds) -> [Value; 6] {
    let percent = (attempts > 0.0).then(|| 100.0 * count / attempts);
    [
        json!(what),
        json!(count as u64),
        json!(percent.map(|percent| rounded(percent, 3))),
        json!(thresholds.review),
        json!(thresholds.pause),
        json!(percent.map(|percent| thresholds.state(percent))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "ses_read_operations";

    fn account(points: Value) -> FakeAccount {
        FakeAccount::default()
            .answering("ses:GetSendStatistics", json!({"SendDataPoints": points}))
            .answering("sesv2:GetAccount", json!({"EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": true}))
    }

    fn point(attempts: u64, bounces: u64, complaints: u64) -> Value {
        json!({
            "Timestamp": "2026-11-20T00:00:00Z", "DeliveryAttempts": attempts, "Bounces": bounces,
            "Complaints": complaints, "Rejects": 1,
        })
    }

    #[tokio::test]
    async fn rates_are_of_all_points_together_and_judged_by_the_thresholds() {
        let account = account(json!([point(900, 90, 0), point(100, 9, 1)]));
        let answer = ask(TOOL, json!({"query": "", "operation": "bounces-and-complaints"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["percent"], &rows[0]["state"]), (&json!(9.9), &json!("at the rate for a review")));
        assert_eq!((&rows[1]["percent"], &rows[1]["state"]), (&json!(0.1), &json!("at the rate for a review")));
        assert_eq!(answer.result.unwrap()["summary"], json!({"delivery_attempts": 1000, "rejects": 2}));
    }

    #[tokio::test]
    async fn the_thresholds_are_met_from_their_value_on() {
        assert_eq!(
            [4.999, 5.0, 10.0].map(|percent| BOUNCES.state(percent)),
            ["below review", "at the rate for a review", "at the rate for a pause"]
        );
        assert_eq!(
            [0.099, 0.499, 0.5].map(|percent| COMPLAINTS.state(percent)),
            ["below review", "at the rate for a review", "at the rate for a pause"]
        );
    }

    #[tokio::test]
    async fn nothing_sent_has_no_rate() {
        let rows = rows(TOOL, "bounces-and-complaints", json!({}), &account(json!([]))).await;
        assert_eq!(
            (&rows[0]["count"], &rows[0]["percent"], &rows[0]["state"]),
            (&json!(0), &Value::Null, &Value::Null)
        );
    }

    #[tokio::test]
    async fn the_rates_stand_without_the_accounts_status() {
        let account = account(json!([point(10, 0, 0)])).failing("sesv2:GetAccount", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "bounces-and-complaints"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["percent"], 0);
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }
}
