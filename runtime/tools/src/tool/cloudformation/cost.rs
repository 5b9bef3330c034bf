//! What stacks cost, from Cost Explorer's groups by the tag that CloudFormation sets.

use std::collections::BTreeMap;

use aws_read::Region;
use serde_json::{Value, json};
use time::{Date, Duration};

use crate::service::values::{list, number, rounded, text};
use crate::service::{Ask, Findings, Unread};

const TAG: &str = "aws:cloudformation:stack-name";
/// What a month is taken for.
const DAYS: i64 = 30;

pub(super) async fn costly_stacks(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let threshold = ask.question.parameters.get("usd").and_then(Value::as_f64).or_else(|| dollars(&ask.question.query));
    let threshold = threshold.unwrap_or(100.0);
    let costs = costs(ask).await?;
    ask.note(format!(
        "Only costs with the cost allocation tag {TAG} are counted: it must be active in the payer account's Billing \
         settings, has no values from before its activation, and not every resource carries it. Amounts are unblended, \
         without credits and refunds, of the last {DAYS} days."
    ));
    if costs.is_empty() {
        ask.note(format!("No cost of the last {DAYS} days carries the tag {TAG}, so it is probably not active."));
    }
    let above: Vec<_> = costs.iter().filter(|(_, usd)| **usd > threshold).collect();
    let stacks = stacks(ask, above.iter().map(|((_, region), _)| region.as_str())).await;
    let mut findings = Findings::table(&["stack", "region", "usd_30_days", "status", "created"]);
    for ((name, region), usd) in &above {
        let stack = stacks.get(&(name.clone(), region.clone()));
        let member = |member: &str| stack.map(|stack| stack[member].clone()).unwrap_or_default();
        let usd = json!(rounded(**usd, 2));
        findings.push([json!(name), json!(region), usd, member("StackStatus"), member("CreationTime")]);
    }
    findings.sort_down_by("usd_30_days");
    findings.sum("stacks_above", above.len());
    findings.sum("usd_above", rounded(above.iter().map(|(_, usd)| **usd).sum(), 2));
    findings.sum("stacks_with_costs", costs.len());
    findings.sum("threshold_usd", threshold);
    Ok(findings)
}

/// Dollars of the last days by stack and region; what has no stack is left out.
async fn costs(ask: &Ask<'_>) -> Result<BTreeMap<(String, String), f64>, Unread> {
    let end = ask.now.date();
    let parameters = json!({
        "TimePeriod": {"Start": day(end - Duration::days(DAYS)), "End": day(end)},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "TAG", "Key": TAG}, {"Type": "DIMENSION", "Key": "REGION"}],
        "Filter": {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund"]}}},
    });
    let answer = ask.read("ce:GetCostAndUsage", parameters).await?;
    let mut costs = BTreeMap::new();
    for group in list(&answer, "ResultsByTime").flat_map(|month| list(month, "Groups")) {
        let key = |index: usize| group["Keys"][index].as_str().unwrap_or_default();
        // A tag's group is `<key>$<value>`, the value empty for what has no such tag.
        let stack = key(0).strip_prefix(TAG).and_then(|rest| rest.strip_prefix('$')).unwrap_or_default();
        if !stack.is_empty() {
            let usd = number(&group["Metrics"]["UnblendedCost"], "Amount");
            *costs.entry((stack.to_owned(), key(1).to_owned())).or_insert(0.0) += usd;
        }
    }
    Ok(costs)
}

/// What CloudFormation knows of the stacks in these regions, by name and region. A
/// name can be in the list several times: the living stack goes before deleted ones.
async fn stacks(ask: &Ask<'_>, regions: impl Iterator<Item = &str>) -> BTreeMap<(String, String), Value> {
    let mut regions: Vec<Region> = regions.filter_map(Region::parse).collect();
    regions.sort();
    regions.dedup();
    let read = |region: Region| {
        let there = ask.in_region(region);
        async move { there.read("cloudformation:ListStacks", json!({})).await }
    };
    let answers = ask.each(regions.clone(), read).await;
    let mut found: BTreeMap<(String, String), Value> = BTreeMap::new();
    for (region, answer) in regions.iter().zip(answers) {
        for stack in list(&answer.unwrap_or_default(), "StackSummaries") {
            let key = (text(stack, "StackName").to_owned(), region.to_string());
            if text(stack, "StackStatus") != "DELETE_COMPLETE" || !found.contains_key(&key) {
                found.insert(key, stack.clone());
            }
        }
    }
    found
}

/// `2026-11-22`
fn day(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// `$250` in a query.
fn dollars(query: &str) -> Option<f64> {
    let (_, rest) = query.split_once('$')?;
    let digits: String = rest.chars().take_while(|character| character.is_ascii_digit() || *character == '.').collect();
    digits.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};

    fn group(stack: &str, region: &str, amount: &str) -> Value {
        let cost = json!({"UnblendedCost": {"Amount": amount, "Unit": "USD"}});
        json!({"Keys": [format!("{TAG}${stack}"), region], "Metrics": cost})
    }

    fn account(groups: &[&[Value]]) -> FakeAccount {
        let month = |groups: &&[Value]| json!({"TimePeriod": {"Start": "a", "End": "b"}, "Groups": groups});
        let months: Vec<_> = groups.iter().map(month).collect();
        let stack = |status: &str| json!({"StackName": "shop", "StackId": "arn", "StackStatus": status, "CreationTime": "2026-01-01T00:00:00Z"});
        let stacks = [stack("DELETE_COMPLETE"), stack("CREATE_COMPLETE"), stack("DELETE_COMPLETE")];
        FakeAccount::default()
            .answering("ce:GetCostAndUsage", json!({"ResultsByTime": months}))
            .answering("cloudformation:ListStacks", json!({"StackSummaries": stacks}))
    }

    async fn asked(query: &str, account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        let arguments = json!({"query": query, "operation": "costly-stacks"});
        testing::ask("cloudformation_read_operations", arguments, account).await
    }

    #[tokio::test]
    async fn both_parts_of_the_month_are_summed_and_joined_with_the_living_stack() {
        let october =
            [group("shop", "eu-west-1", "80.5"), group("", "eu-west-1", "900"), group("small", "eu-west-1", "3")];
        let november = [group("shop", "eu-west-1", "40.25"), group("gone", "us-east-1", "150")];
        let account = account(&[&october, &november]);
        let answer = asked("which stacks cost more than $100 a month?", &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 2);
        assert_eq!((&rows[0]["stack"], rows[0]["usd_30_days"].as_f64()), (&json!("gone"), Some(150.0)));
        assert_eq!(rows[0]["status"], Value::Null, "CloudFormation knows no such stack any more");
        assert_eq!((rows[1]["usd_30_days"].as_f64(), &rows[1]["status"]), (Some(120.75), &json!("CREATE_COMPLETE")));
        let call = account.asked().into_iter().find(|call| call.starts_with("ce:")).unwrap();
        assert!(call.contains(r#""Start":"2026-10-23""#) && call.contains(r#""End":"2026-11-22""#), "{call}");
        assert!(answer.completeness.unwrap().notes[0].contains("must be active"));
    }

    #[tokio::test]
    async fn a_tag_that_is_not_active_is_said() {
        let account = account(&[&[group("", "eu-west-1", "900")]]);
        let answer = asked("expensive stacks", &account).await;
        assert!(rows_of(&answer).is_empty());
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("probably not active")));
        assert_eq!(account.asked().len(), 1, "no stack is above, so none is looked up");
    }

    #[tokio::test]
    async fn costs_stay_when_the_stacks_cannot_be_listed() {
        let account = account(&[&[group("shop", "eu-west-1", "500")]]);
        let account = account.failing("cloudformation:ListStacks", 403, "AccessDenied");
        let answer = asked("expensive stacks", &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows[0]["usd_30_days"].as_f64(), &rows[0]["status"]), (Some(500.0), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[test]
    fn the_amount_in_the_query_is_read() {
        assert_eq!(dollars("stacks costing >$250.50/mo"), Some(250.5));
        assert_eq!(dollars("costs over $1."), Some(1.0));
        assert_eq!(dollars("costly stacks"), None);
    }
}
