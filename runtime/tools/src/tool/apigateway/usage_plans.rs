//! Usage plans of REST APIs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let plans = ask.read("apigateway:GetUsagePlans", json!({})).await?;
    let apis = ask.read("apigateway:GetRestApis", json!({})).await.unwrap_or_default();
    let names: BTreeMap<_, _> = list(&apis, "items").map(|api| (text(api, "id"), text(api, "name"))).collect();
    let mut findings = Findings::table(&["plan", "id", "stages", "rate_per_second", "burst", "quota", "quota_period"]);
    for plan in list(&plans, "items") {
        let stage = |stage: &Value| {
            let api = text(stage, "apiId");
            format!("{}/{}", names.get(api).unwrap_or(&api), text(stage, "stage"))
        };
        findings.push([
            plan["name"].clone(),
            plan["id"].clone(),
            json!(list(plan, "apiStages").map(stage).collect::<Vec<_>>().join(" ")),
            plan["throttle"]["rateLimit"].clone(),
            plan["throttle"]["burstLimit"].clone(),
            plan["quota"]["limit"].clone(),
            json!(plan["quota"]["period"].as_str().map(str::to_lowercase)),
        ]);
    }
    findings.sort_by("plan");
    let count = |column: usize| findings.rows.iter().filter(|row| row[column].is_null()).count();
    let (unthrottled, without_quota) = (count(3), count(5));
    findings.sum("usage_plans", findings.rows.len());
    findings.sum("without_throttling", unthrottled);
    findings.sum("without_quota", without_quota);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};
    use crate::tool::apigateway::apis::tests::{TOOL, account};

    fn plans() -> FakeAccount {
        let plans = json!([
            {"id": "p2", "name": "open"},
            {
                "id": "p1", "name": "basic",
                "apiStages": [{"apiId": "r1", "stage": "prod"}, {"apiId": "gone", "stage": "x"}],
                "throttle": {"rateLimit": 10.5, "burstLimit": 20}, "quota": {"limit": 1000, "period": "DAY"},
            },
        ]);
        account().answering("apigateway:GetUsagePlans", json!({"items": plans}))
    }

    #[tokio::test]
    async fn plans_name_the_apis_they_cover_and_what_they_limit() {
        let answer = ask(TOOL, json!({"query": "", "operation": "usage-plans"}), &plans()).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["stages"], &rows[0]["quota_period"]), (&json!("orders/prod gone/x"), &json!("day")));
        assert_eq!((&rows[1]["plan"], &rows[1]["rate_per_second"]), (&json!("open"), &Value::Null));
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"usage_plans": 2, "without_throttling": 1, "without_quota": 1}));
    }

    #[tokio::test]
    async fn without_the_apis_names_their_ids_stand_in() {
        let account = plans().failing("apigateway:GetRestApis", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "usage-plans"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["stages"], "r1/prod gone/x");
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn no_plans_are_no_rows() {
        let account = account().answering("apigateway:GetUsagePlans", json!({}));
        assert_eq!(rows(TOOL, "usage-plans", json!({}), &account).await.len(), 0);
    }
}
