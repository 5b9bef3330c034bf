//! How much concurrency functions have and use.

use serde_json::{Value, json};
use time::Duration;

use super::usage::metric;
use super::{NOT_FOUND, functions_of};
use crate::service::values::{rounded, text};
use crate::service::{Ask, Findings, Statistic, Unread};

const PERIOD: u32 = 3600;

pub(super) async fn concurrency(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let functions = functions_of(ask).await?;
    let names = functions.iter().map(|function| text(function, "FunctionName").to_owned());
    let (account, reserved, highest) = futures::join!(
        ask.read("lambda:GetAccountSettings", json!({})),
        ask.each(names, |name| async move { reserved(ask, name).await }),
        highest(ask, &functions),
    );
    let mut findings = Findings::table(&["name", "reserved", "highest_used", "used_percent"]);
    let (mut switched_off, mut unread) = (0_u64, 0_u64);
    for (index, (function, reserved)) in functions.iter().zip(reserved).enumerate() {
        unread += u64::from(reserved.is_err());
        let reserved = reserved.ok().flatten();
        switched_off += u64::from(reserved == Some(0));
        let used = highest.as_ref().ok().and_then(|highest| highest[index]);
        let percent = used
            .zip(reserved.filter(|reserved| *reserved > 0))
            .map(|(used, reserved)| rounded(100.0 * used / reserved as f64, 1));
        findings.push([function["FunctionName"].clone(), json!(reserved), json!(used), json!(percent)]);
    }
    findings.sort_down_by("highest_used");
    let limit = account.map(|answer| answer["AccountLimit"].clone()).unwrap_or_default();
    findings.sum("account_limit", limit["ConcurrentExecutions"].clone());
    findings.sum("unreserved", limit["UnreservedConcurrentExecutions"].clone());
    findings.sum("switched_off", switched_off);
    findings.sum("functions", functions.len());
    ask.note(
        "A function without reserved concurrency shares the account's unreserved one; 0 reserved means that it \
              cannot run.",
    );
    if unread > 0 {
        ask.note(format!("Functions whose reserved concurrency could not be read: {unread}."));
    }
    Ok(findings)
}

/// Absent for a function without a reservation.
async fn reserved(ask: &Ask<'_>, name: String) -> Result<Option<u64>, Unread> {
    let answer = ask.read_if_any("lambda:GetFunctionConcurrency", json!({"FunctionName": name}), &NOT_FOUND).await?;
    Ok(answer.and_then(|answer| answer["ReservedConcurrentExecutions"].as_u64()))
}

async fn highest(ask: &Ask<'_>, functions: &[Value]) -> Result<Vec<Option<f64>>, Unread> {
    let window = ask.question.window(ask.now, Duration::DAY);
    let metrics: Vec<_> =
        functions.iter().map(|function| metric(function, "ConcurrentExecutions", Statistic::Maximum)).collect();
    if metrics.is_empty() {
        return Ok(Vec::new());
    }
    let values = ask.metrics(&metrics, (window.start, window.end), PERIOD).await?;
    Ok(values.into_iter().map(|values| values.into_iter().reduce(f64::max)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let result =
            |id: &str, values: Value| json!({"Id": id, "StatusCode": "Complete", "Timestamps": [], "Values": values});
        FakeAccount::default()
            .answering(
                "lambda:ListFunctions",
                json!({"Functions": [{"FunctionName": "free"}, {"FunctionName": "off"}, {"FunctionName": "tight"}]}),
            )
            .answering(
                "lambda:GetAccountSettings",
                json!({"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 990}}),
            )
            .answering("lambda:GetFunctionConcurrency", json!({}))
            .answering_when(
                "lambda:GetFunctionConcurrency",
                json!({"FunctionName": "off"}),
                json!({"ReservedConcurrentExecutions": 0}),
            )
            .answering_when(
                "lambda:GetFunctionConcurrency",
                json!({"FunctionName": "tight"}),
                json!({"ReservedConcurrentExecutions": 10}),
            )
            .answering(
                "cloudwatch:GetMetricData",
                json!({"MetricDataResults": [result("m0", json!([3.0, 40.0])), result("m2", json!([9.0, 5.0]))]}),
            )
    }

    #[tokio::test]
    async fn reserved_and_used_concurrency_stand_side_by_side() {
        let answer = ask(TOOL, json!({"query": "", "operation": "function-concurrency"}), &account()).await;
        let result = answer.result.unwrap();
        assert_eq!(result["rows"], json!([["free", null, 40, null], ["tight", 10, 9, 90], ["off", 0, null, null]]));
        assert_eq!(
            result["summary"],
            json!({"account_limit": 1000, "unreserved": 990, "switched_off": 1, "functions": 3})
        );
    }

    #[tokio::test]
    async fn functions_stay_when_reservations_cannot_be_read() {
        let account = account().failing("lambda:GetFunctionConcurrency", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "function-concurrency"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 3);
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed[0].times, 3);
        assert!(
            completeness.notes.iter().any(|note| note == "Functions whose reserved concurrency could not be read: 3.")
        );
    }
}
