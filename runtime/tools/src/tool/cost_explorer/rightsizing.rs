//! EC2 instances that cost more than they need to.

use serde_json::{Value, json};

use super::costs;
use crate::service::values::{flag, list, number, rounded, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn run(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let wanted = json!({
        "Service": "AmazonEC2",
        "Configuration": {"RecommendationTarget": "SAME_INSTANCE_FAMILY", "BenefitsConsidered": true},
    });
    let answer = ask.read("ce:GetRightsizingRecommendation", wanted).await;
    let Ok(answer) = answer else {
        ask.note(
            "Rightsizing recommendations are switched on in the Cost Management preferences of the payer account; \
             without that AWS denies this read.",
        );
        return Err(Unread);
    };
    let columns = ["instance", "name", "account", "region", "type", "advice", "monthly_savings", "unit", "because"];
    let mut findings = Findings::table(&columns);
    for recommendation in list(&answer, "RightsizingRecommendations") {
        findings.push(cells(recommendation));
    }
    findings.sort_down_by("monthly_savings");
    let savings: f64 = findings.rows.iter().filter_map(|row| row[6].as_f64()).sum();
    findings.sum("recommendations", findings.rows.len());
    findings.sum("monthly_savings", rounded(savings, 2));
    ask.note("Savings are AWS's estimate, within the same instance family, with reservations and plans considered.");
    costs::note_requests(ask);
    Ok(findings)
}

fn cells(recommendation: &Value) -> [Value; 9] {
    let current = &recommendation["CurrentInstance"];
    let details = &current["ResourceDetails"]["EC2ResourceDetails"];
    let (advice, saving) = advice(recommendation);
    let reasons: Vec<_> = list(recommendation, "FindingReasonCodes").filter_map(Value::as_str).collect();
    [
        current["ResourceId"].clone(),
        current["InstanceName"].clone(),
        recommendation["AccountId"].clone(),
        details["Region"].clone(),
        details["InstanceType"].clone(),
        json!(advice),
        json!(saving.map(|saving| rounded(number(saving, "EstimatedMonthlySavings"), 2))),
        json!(saving.map(|saving| text(saving, "CurrencyCode"))),
        json!(reasons.join(", ")),
    ]
}

/// What to do, and the part of the recommendation that holds its saving.
fn advice(recommendation: &Value) -> (String, Option<&Value>) {
    if text(recommendation, "RightsizingType") == "TERMINATE" {
        return ("terminate".into(), Some(&recommendation["TerminateRecommendationDetail"]));
    }
    let targets = || list(&recommendation["ModifyRecommendationDetail"], "TargetInstances");
    let target = targets().find(|target| flag(target, "DefaultTargetInstance")).or_else(|| targets().next());
    let kind = target.map(|target| text(&target["ResourceDetails"]["EC2ResourceDetails"], "InstanceType"));
    (kind.map_or("modify".into(), |kind| format!("change to {kind}")), target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "cost_explorer_read_operations";
    const READ: &str = "ce:GetRightsizingRecommendation";

    fn details(kind: &str) -> Value {
        json!({"EC2ResourceDetails": {"InstanceType": kind, "Region": "us-east-1"}})
    }

    fn recommendations() -> Value {
        let target = |kind, savings, default| {
            json!({
                "EstimatedMonthlySavings": savings, "CurrencyCode": "USD", "DefaultTargetInstance": default,
                "ResourceDetails": details(kind),
            })
        };
        let instance = |id| json!({"ResourceId": id, "InstanceName": "web", "ResourceDetails": details("m5.large")});
        json!([
            {
                "AccountId": "111122223333", "CurrentInstance": instance("i-1"), "RightsizingType": "MODIFY",
                "ModifyRecommendationDetail": {
                    "TargetInstances": [target("m5.nano", "50", false), target("m5.small", "20.5", true)],
                },
                "FindingReasonCodes": ["CPU_OVER_PROVISIONED", "MEMORY_OVER_PROVISIONED"],
            },
            {
                "AccountId": "111122223333", "CurrentInstance": instance("i-2"), "RightsizingType": "TERMINATE",
                "TerminateRecommendationDetail": {"EstimatedMonthlySavings": "70.123", "CurrencyCode": "USD"},
            },
        ])
    }

    #[tokio::test]
    async fn the_largest_saving_comes_first_and_the_default_target_is_advised() {
        let account = FakeAccount::default().answering(READ, json!({"RightsizingRecommendations": recommendations()}));
        let answer = ask(TOOL, json!({"query": "", "operation": "rightsizing"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["instance"], &rows[0]["advice"]), (&json!("i-2"), &json!("terminate")));
        assert_eq!((&rows[1]["advice"], &rows[1]["monthly_savings"]), (&json!("change to m5.small"), &json!(20.5)));
        assert_eq!(rows[1]["because"], "CPU_OVER_PROVISIONED, MEMORY_OVER_PROVISIONED");
        assert_eq!(answer.result.unwrap()["summary"], json!({"recommendations": 2, "monthly_savings": 90.62}));
    }

    #[tokio::test]
    async fn nothing_to_recommend_is_no_rows() {
        let account = FakeAccount::default().answering(READ, json!({"RightsizingRecommendations": []}));
        assert_eq!(rows(TOOL, "rightsizing", json!({}), &account).await.len(), 0);
    }

    #[tokio::test]
    async fn a_denial_says_that_recommendations_have_to_be_switched_on() {
        let account = FakeAccount::default().failing(READ, 400, "AccessDeniedException");
        let completeness =
            ask(TOOL, json!({"query": "", "operation": "rightsizing"}), &account).await.completeness.unwrap();
        assert!(completeness.notes[0].contains("payer account"));
        assert_eq!(completeness.failed.len(), 1);
    }
}
