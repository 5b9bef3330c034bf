//! Whether and how much the account may send.

use serde_json::{Value, json};

use crate::service::values::{flag, number, rounded};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn sending_status(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let account = ask.read("sesv2:GetAccount", json!({})).await?;
    let columns = ["sandbox", "sending", "enforcement", "sent_24_hours", "most_24_hours", "used_percent", "per_second"];
    let mut findings = Findings::table(&columns);
    let quota = &account["SendQuota"];
    let most = number(quota, "Max24HourSend");
    // -1 stands for no limit (SendQuota in the SES API reference).
    let used = (most > 0.0).then(|| rounded(100.0 * number(quota, "SentLast24Hours") / most, 1));
    findings.push([
        json!(!flag(&account, "ProductionAccessEnabled")),
        json!(if flag(&account, "SendingEnabled") { "on" } else { "off" }),
        account["EnforcementStatus"].clone(),
        quota["SentLast24Hours"].clone(),
        if most < 0.0 { json!("no limit") } else { quota["Max24HourSend"].clone() },
        json!(used),
        quota["MaxSendRate"].clone(),
    ]);
    if !flag(&account, "ProductionAccessEnabled") {
        ask.note("In the sandbox mail goes to verified identities only, in few messages a day.");
    }
    note_review(ask, &account);
    Ok(findings)
}

/// `HEALTHY`, `PROBATION` (under review) or `SHUTDOWN` (sending is paused by AWS).
pub(super) fn note_review(ask: &Ask<'_>, account: &Value) {
    match account["EnforcementStatus"].as_str() {
        Some("PROBATION") => ask.note(format!("AWS has this account under review in {}.", ask.region)),
        Some("SHUTDOWN") => ask.note(format!("AWS has paused sending for this account in {}.", ask.region)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "ses_read_operations";

    fn account(production: bool, enforcement: &str, most: f64) -> FakeAccount {
        let quota = json!({"Max24HourSend": most, "MaxSendRate": 14.0, "SentLast24Hours": 50.0});
        let account = json!({
            "ProductionAccessEnabled": production, "SendingEnabled": true, "EnforcementStatus": enforcement,
            "SendQuota": quota,
        });
        FakeAccount::default().answering("sesv2:GetAccount", account)
    }

    #[tokio::test]
    async fn the_sandbox_and_the_used_part_of_the_quota_are_said() {
        let rows = rows(TOOL, "sending-status", json!({}), &account(false, "HEALTHY", 200.0)).await;
        assert_eq!((&rows[0]["sandbox"], &rows[0]["used_percent"]), (&json!(true), &json!(25)));
        assert_eq!((&rows[0]["sending"], &rows[0]["per_second"]), (&json!("on"), &json!(14)));
    }

    #[tokio::test]
    async fn a_review_and_a_quota_without_limit_are_said_in_words() {
        let account = account(true, "PROBATION", -1.0);
        let answer = ask(TOOL, json!({"query": "", "operation": "sending-status"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["most_24_hours"], "no limit");
        assert_eq!(rows_of(&answer)[0]["used_percent"], Value::Null);
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("under review in us-east-1")), "{notes:?}");
    }

    #[tokio::test]
    async fn an_account_that_never_used_ses_has_empty_cells() {
        let account = FakeAccount::default().answering("sesv2:GetAccount", json!({}));
        let rows = rows(TOOL, "sending-status", json!({}), &account).await;
        assert_eq!((&rows[0]["sandbox"], &rows[0]["most_24_hours"]), (&json!(true), &Value::Null));
    }
}
