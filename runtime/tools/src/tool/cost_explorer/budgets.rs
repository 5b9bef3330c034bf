//! Budgets and whether they hold.

use serde_json::{Value, json};

use crate::service::values::{list, number, rounded, text};
use crate::service::{Ask, Findings, Unread};

/// Worst first: the order of rows.
const STATES: [&str; 3] = ["over limit", "forecast over limit", "within limit"];

pub(super) async fn over_limit(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let account = ask.account().await?;
    let wanted = json!({"AccountId": account});
    let answer = ask.read_if_any("budgets:DescribeBudgets", wanted, &["NotFoundException"]).await?.unwrap_or_default();
    let columns = ["budget", "state", "limit", "actual", "forecast", "unit", "used_percent", "every", "type"];
    let mut findings = Findings::table(&columns);
    for budget in list(&answer, "Budgets") {
        let spend = &budget["CalculatedSpend"];
        let amount = |of: &Value| (!of["Amount"].is_null()).then(|| rounded(number(of, "Amount"), 2));
        let (limit, actual) = (amount(&budget["BudgetLimit"]), amount(&spend["ActualSpend"]));
        let forecast = amount(&spend["ForecastedSpend"]);
        let used = limit.zip(actual).filter(|(limit, _)| *limit > 0.0).map(|(limit, actual)| 100.0 * actual / limit);
        findings.push([
            budget["BudgetName"].clone(),
            json!(state(budget, limit, actual, forecast)),
            json!(limit),
            json!(actual),
            json!(forecast),
            json!(unit(budget)),
            json!(used.map(|percent| rounded(percent, 1))),
            json!(text(budget, "TimeUnit").to_lowercase()),
            budget["BudgetType"].clone(),
        ]);
    }
    findings.sort_down_by("used_percent");
    let rank = |row: &Vec<Value>| STATES.iter().position(|state| row[1] == *state).unwrap_or(STATES.len());
    findings.rows.sort_by_key(rank);
    let count = |state| findings.rows.iter().filter(|row| row[1] == state).count();
    let (over, expected) = (count(STATES[0]), count(STATES[1]));
    findings.sum("budgets", findings.rows.len());
    findings.sum("over_limit", over);
    findings.sum("forecast_over_limit", expected);
    if findings.rows.iter().any(|row| row[1].is_null()) {
        ask.note(
            "Budgets for coverage and utilization have no limit of their own, and others may lack an amount: \
             they have no state.",
        );
    }
    Ok(findings)
}

/// Budgets for coverage and utilization always have the limit 100 %, and what
/// counts for them is in their notifications (Budget in the AWS Budgets API reference).
fn state(budget: &Value, limit: Option<f64>, actual: Option<f64>, forecast: Option<f64>) -> Option<&'static str> {
    let is_spend = ["COST", "USAGE"].contains(&text(budget, "BudgetType"));
    let limit = limit.filter(|_| is_spend)?;
    let is_over = |amount: f64| amount > limit;
    match (actual?, forecast) {
        (actual, _) if is_over(actual) => Some(STATES[0]),
        (_, Some(forecast)) if is_over(forecast) => Some(STATES[1]),
        _ => Some(STATES[2]),
    }
}

fn unit(budget: &Value) -> Option<&str> {
    let amounts = [&budget["BudgetLimit"], &budget["CalculatedSpend"]["ActualSpend"]];
    amounts.into_iter().find_map(|amount| amount["Unit"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "cost_explorer_read_operations";

    fn spend(amount: &str) -> Value {
        json!({"Amount": amount, "Unit": "USD"})
    }

    fn budget(name: &str, limit: &str, actual: &str, forecast: Option<&str>) -> Value {
        let mut calculated = json!({"ActualSpend": spend(actual)});
        if let Some(forecast) = forecast {
            calculated["ForecastedSpend"] = spend(forecast);
        }
        json!({
            "BudgetName": name, "BudgetLimit": spend(limit), "CalculatedSpend": calculated, "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        })
    }

    fn account(budgets: &[Value]) -> FakeAccount {
        let identity = json!({"Account": "111122223333", "UserId": "A", "Arn": "arn:aws:iam::111122223333:role/tools"});
        FakeAccount::default()
            .answering("sts:GetCallerIdentity", identity)
            .answering("budgets:DescribeBudgets", json!({"Budgets": budgets}))
    }

    #[tokio::test]
    async fn budgets_over_their_limit_come_first() {
        let utilization = json!({
            "BudgetName": "ri", "BudgetType": "RI_UTILIZATION", "TimeUnit": "DAILY",
            "CalculatedSpend": {"ActualSpend": {"Amount": "40", "Unit": "PERCENTAGE"}},
        });
        let budgets = [
            utilization,
            budget("fine", "100", "99.999", None),
            budget("soon", "100", "50", Some("100.5")),
            budget("over", "10", "12.345", Some("20")),
            budget("way over", "10", "90", None),
        ];
        let account = account(&budgets);
        let answer = ask(TOOL, json!({"query": "", "operation": "budgets-over-limit"}), &account).await;
        let rows = rows_of(&answer);
        let cells: Vec<_> = rows.iter().map(|row| (row["budget"].as_str().unwrap(), row["state"].clone())).collect();
        assert_eq!(
            cells,
            [
                ("way over", json!("over limit")),
                ("over", json!("over limit")),
                ("soon", json!("forecast over limit")),
                ("fine", json!("within limit")),
                ("ri", Value::Null),
            ]
        );
        assert_eq!((&rows[1]["used_percent"], &rows[1]["actual"]), (&json!(123.5), &json!(12.35)));
        assert_eq!((&rows[4]["limit"], &rows[4]["unit"]), (&Value::Null, &json!("PERCENTAGE")));
        assert_eq!(answer.result.unwrap()["summary"], json!({"budgets": 5, "over_limit": 2, "forecast_over_limit": 1}));
        assert_eq!(called(&account, "budgets:DescribeBudgets"), [json!({"AccountId": "111122223333"})]);
    }

    #[tokio::test]
    async fn an_account_without_budgets_has_no_rows() {
        let account = account(&[]).failing("budgets:DescribeBudgets", 400, "NotFoundException");
        assert_eq!(rows(TOOL, "budgets-over-limit", json!({}), &account).await.len(), 0);
    }

    #[tokio::test]
    async fn without_the_account_number_there_is_no_answer() {
        let account = account(&[]).failing("sts:GetCallerIdentity", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "budgets-over-limit"}), &account).await;
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "sts:GetCallerIdentity");
        assert_eq!(account.asked().len(), 1);
    }
}
