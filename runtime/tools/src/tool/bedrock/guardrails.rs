//! Guardrails.

use serde_json::json;

use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("bedrock:ListGuardrails", json!({})).await?;
    let guardrails: Vec<_> = list(&answer, "guardrails").collect();
    // The list has drafts alone; the versions of a guardrail are listed by its id.
    let versions = ask
        .each(guardrails.iter().copied(), |guardrail| {
            ask.read("bedrock:ListGuardrails", json!({"guardrailIdentifier": guardrail["id"]}))
        })
        .await;
    let mut findings = Findings::table(&["guardrail", "id", "status", "versions", "changed", "cross_region"]);
    for (guardrail, versions) in guardrails.iter().zip(versions) {
        let count = |answer| list(&answer, "guardrails").filter(|version| text(version, "version") != "DRAFT").count();
        findings.push([
            guardrail["name"].clone(),
            guardrail["id"].clone(),
            guardrail["status"].clone(),
            json!(versions.ok().map(count)),
            guardrail["updatedAt"].clone(),
            json!(!guardrail["crossRegionDetails"].is_null()),
        ]);
    }
    findings.sort_by("guardrail");
    let drafts = findings.rows.iter().filter(|row| row[3] == 0).count();
    findings.sum("guardrails", findings.rows.len());
    findings.sum("without_version", drafts);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "bedrock_read_operations";
    const READ: &str = "bedrock:ListGuardrails";

    fn guardrail(id: &str, version: &str) -> Value {
        json!({
            "id": id, "arn": format!("arn:aws:bedrock:us-east-1:111122223333:guardrail/{id}"), "status": "READY",
            "name": format!("name-{id}"), "version": version, "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-02-01T00:00:00Z",
        })
    }

    fn account() -> FakeAccount {
        let of = |id, guardrails: Value| (json!({"guardrailIdentifier": id}), json!({"guardrails": guardrails}));
        let (b, b_versions) = of("b", json!([guardrail("b", "DRAFT"), guardrail("b", "1"), guardrail("b", "2")]));
        let (a, a_versions) = of("a", json!([guardrail("a", "DRAFT")]));
        FakeAccount::default()
            .answering(READ, json!({"guardrails": [guardrail("b", "DRAFT"), guardrail("a", "DRAFT")]}))
            .answering_when(READ, b, b_versions)
            .answering_when(READ, a, a_versions)
    }

    #[tokio::test]
    async fn guardrails_come_with_their_number_of_versions() {
        let answer = ask(TOOL, json!({"query": "", "operation": "guardrails"}), &account()).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["guardrail"], &rows[0]["versions"]), (&json!("name-a"), &json!(0)));
        assert_eq!((&rows[1]["guardrail"], &rows[1]["versions"]), (&json!("name-b"), &json!(2)));
        assert_eq!(answer.result.unwrap()["summary"], json!({"guardrails": 2, "without_version": 1}));
    }

    #[tokio::test]
    async fn versions_that_cannot_be_read_are_not_none() {
        let account = account().failing_when(READ, json!({"guardrailIdentifier": "a"}), 400, "ThrottlingException");
        let answer = ask(TOOL, json!({"query": "", "operation": "guardrails"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["versions"], Value::Null);
        assert_eq!(answer.result.unwrap()["summary"]["without_version"], 0);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "ThrottlingException");
    }

    #[tokio::test]
    async fn no_guardrails_are_no_rows() {
        let account = FakeAccount::default().answering(READ, json!({"guardrails": []}));
        assert_eq!(rows(TOOL, "guardrails", json!({}), &account).await.len(), 0);
    }
}
