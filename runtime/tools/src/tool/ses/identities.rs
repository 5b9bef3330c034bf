//! Addresses and domains that mail may be sent from.

use serde_json::{Value, json};

use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("sesv2:ListEmailIdentities", json!({})).await?;
    let identities: Vec<_> = list(&answer, "EmailIdentities").collect();
    let read =
        |identity: &Value| ask.read("sesv2:GetEmailIdentity", json!({"EmailIdentity": identity["IdentityName"]}));
    let details = ask.each(identities.iter().copied(), read).await;
    let columns = ["identity", "type", "verification", "sending", "dkim", "dkim_signing", "mail_from", "config_set"];
    let mut findings = Findings::table(&columns);
    for (identity, details) in identities.iter().zip(&details) {
        let details = details.as_ref().ok();
        let of = |find: fn(&Value) -> Value| details.map_or(Value::Null, find);
        findings.push([
            identity["IdentityName"].clone(),
            json!(text(identity, "IdentityType").to_lowercase()),
            identity["VerificationStatus"].clone(),
            identity["SendingEnabled"].clone(),
            of(|details| details["DkimAttributes"]["Status"].clone()),
            of(|details| json!(flag(&details["DkimAttributes"], "SigningEnabled"))),
            of(|details| mail_from(&details["MailFromAttributes"])),
            of(|details| details["ConfigurationSetName"].clone()),
        ]);
    }
    findings.sort_by("identity");
    let verified = findings.rows.iter().filter(|row| row[2] == "SUCCESS").count();
    let unsigned = findings.rows.iter().filter(|row| row[5] == false).count();
    findings.sum("identities", findings.rows.len());
    findings.sum("verified", verified);
    findings.sum("without_dkim_signing", unsigned);
    Ok(findings)
}

/// `bounce.example.com (SUCCESS)`; without one, SES puts its own domain there.
fn mail_from(attributes: &Value) -> Value {
    match text(attributes, "MailFromDomain") {
        "" => Value::Null,
        domain => json!(format!("{domain} ({})", text(attributes, "MailFromDomainStatus"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "ses_read_operations";

    fn account() -> FakeAccount {
        let identity = |name, kind, status| {
            json!({
                "IdentityName": name, "IdentityType": kind, "SendingEnabled": true, "VerificationStatus": status,
            })
        };
        let identities =
            [identity("ops@example.com", "EMAIL_ADDRESS", "PENDING"), identity("example.com", "DOMAIN", "SUCCESS")];
        let domain = json!({
            "DkimAttributes": {"SigningEnabled": true, "Status": "SUCCESS"},
            "MailFromAttributes": {
                "MailFromDomain": "bounce.example.com",
                "MailFromDomainStatus": "SUCCESS",
                "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
            },
        });
        FakeAccount::default()
            .answering("sesv2:ListEmailIdentities", json!({"EmailIdentities": identities}))
            .answering(
                "sesv2:GetEmailIdentity",
                json!({"DkimAttributes": {"SigningEnabled": false, "Status": "NOT_STARTED"}}),
            )
            .answering_when("sesv2:GetEmailIdentity", json!({"EmailIdentity": "example.com"}), domain)
    }

    #[tokio::test]
    async fn identities_come_with_their_verification_and_dkim() {
        let answer = ask(TOOL, json!({"query": "", "operation": "identities"}), &account()).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["identity"], &rows[0]["dkim"]), (&json!("example.com"), &json!("SUCCESS")));
        assert_eq!(rows[0]["mail_from"], "bounce.example.com (SUCCESS)");
        assert_eq!((&rows[1]["verification"], &rows[1]["dkim_signing"]), (&json!("PENDING"), &json!(false)));
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"identities": 2, "verified": 1, "without_dkim_signing": 1}));
    }

    #[tokio::test]
    async fn an_identity_that_cannot_be_read_has_no_dkim_cells_and_counts_for_nothing() {
        let account = account().failing_when(
            "sesv2:GetEmailIdentity",
            json!({"EmailIdentity": "ops@example.com"}),
            429,
            "TooManyRequestsException",
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "identities"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[1]["verification"], &rows[1]["dkim_signing"]), (&json!("PENDING"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].code, "TooManyRequestsException");
        assert_eq!(answer.result.unwrap()["summary"]["without_dkim_signing"], 0);
    }

    #[tokio::test]
    async fn an_account_without_identities_has_no_rows() {
        let account = account().answering("sesv2:ListEmailIdentities", json!({"EmailIdentities": []}));
        assert_eq!(rows(TOOL, "identities", json!({}), &account).await.len(), 0);
    }
}
