//! Throughput that is bought by the hour.

use serde_json::{Value, json};

use super::model_of;
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn bought(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("bedrock:ListProvisionedModelThroughputs", json!({})).await?;
    let mut findings =
        Findings::table(&["name", "model", "units", "status", "commitment", "committed_until", "created"]);
    for bought in list(&answer, "provisionedModelSummaries") {
        findings.push([
            bought["provisionedModelName"].clone(),
            json!(model_of(text(bought, "modelArn"))),
            bought["modelUnits"].clone(),
            bought["status"].clone(),
            json!(commitment(bought)),
            bought["commitmentExpirationTime"].clone(),
            bought["creationTime"].clone(),
        ]);
    }
    findings.sort_down_by("units");
    let units = |bought: &Value| number(bought, "modelUnits");
    findings.sum("provisioned", findings.rows.len());
    findings.sum("units", list(&answer, "provisionedModelSummaries").map(units).sum::<f64>() as u64);
    if !findings.rows.is_empty() {
        ask.note("Bought throughput costs by the hour until it is deleted, and at least until its commitment ends.");
    }
    Ok(findings)
}

fn commitment(bought: &Value) -> &'static str {
    match text(bought, "commitmentDuration") {
        "OneMonth" => "1 month",
        "SixMonths" => "6 months",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "bedrock_read_operations";
    const READ: &str = "bedrock:ListProvisionedModelThroughputs";

    fn bought(name: &str, units: u64, more: Value) -> Value {
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/titan";
        let mut bought = json!({
            "provisionedModelName": name,
            "provisionedModelArn": "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/1", "modelArn": arn,
            "desiredModelArn": arn, "foundationModelArn": arn, "modelUnits": units, "desiredModelUnits": units,
            "status": "InService", "creationTime": "2026-01-01T00:00:00Z", "lastModifiedTime": "2026-01-01T00:00:00Z",
        });
        bought.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bought
    }

    #[tokio::test]
    async fn the_most_units_come_first_with_their_commitment() {
        let commitment = json!({"commitmentDuration": "SixMonths", "commitmentExpirationTime": "2026-12-31T00:00:00Z"});
        let all = [bought("small", 1, json!({})), bought("large", 3, commitment)];
        let account = FakeAccount::default().answering(READ, json!({"provisionedModelSummaries": all}));
        let answer = ask(TOOL, json!({"query": "", "operation": "provisioned-throughput"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["name"], &rows[0]["commitment"]), (&json!("large"), &json!("6 months")));
        assert_eq!((&rows[1]["commitment"], &rows[1]["committed_until"]), (&json!("none"), &Value::Null));
        assert_eq!(answer.result.unwrap()["summary"], json!({"provisioned": 2, "units": 4}));
    }

    #[tokio::test]
    async fn nothing_bought_is_no_rows() {
        let account = FakeAccount::default().answering(READ, json!({}));
        assert_eq!(rows(TOOL, "provisioned-throughput", json!({}), &account).await.len(), 0);
    }
}
