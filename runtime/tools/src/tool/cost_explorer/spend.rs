//! Cost of a month by service, account, region or tag.

use serde_json::{Value, json};

use super::costs::{self, Amount, Grouped, cents};
use super::period::Period;
use crate::service::values::{list, rounded};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn by_service(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let top = ask.question.number("top", &["service", "services"], 10.0).max(1.0) as usize;
    let findings = Findings::table(&["service", "gross", "net", "share_percent", "unit"]);
    by(ask, findings, "DIMENSION", "SERVICE", top, |_, service| json!(service)).await
}

pub(super) async fn by_account(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let findings = Findings::table(&["account", "gross", "net", "share_percent", "unit", "name"]);
    by(ask, findings, "DIMENSION", "LINKED_ACCOUNT", usize::MAX, |_, account| json!(account)).await
}

pub(super) async fn by_region(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let findings = Findings::table(&["region", "gross", "net", "share_percent", "unit"]);
    by(ask, findings, "DIMENSION", "REGION", usize::MAX, |_, region| json!(region)).await
}

pub(super) async fn by_tag(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let Some(tag) = ask.question.names("tag").into_iter().next() else { return active_tags(ask).await };
    let findings = Findings::table(&["value", "gross", "net", "share_percent", "unit"]);
    let findings = by(ask, findings, "TAG", &tag, usize::MAX, value_of).await?;
    if !findings.rows.is_empty() && findings.rows.iter().all(|row| row[0].is_null()) {
        ask.note(format!(
            "No cost carries the tag {tag}: nothing has it, or it is not activated as a cost allocation tag in the \
             payer account. Keys are told apart by case."
        ));
    }
    Ok(findings)
}

/// Rows by key, the costliest first, and the sums of all of them, shown or not.
async fn by(
    ask: &Ask<'_>,
    mut findings: Findings,
    kind: &str,
    key: &str,
    top: usize,
    first_cell: impl Fn(&str, &str) -> Value,
) -> Result<Findings, Unread> {
    let asked = ask.question.text("month");
    let Some(period) = Period::month(asked, &ask.question.query, ask.now) else {
        ask.note("`month` is a month that has begun, written as 2026-10, or last.");
        return Ok(findings);
    };
    if asked.is_none() && ask.now.day() == 1 {
        ask.note("This month begins today and has no data yet: the answer is for the month before.");
    }
    let Some(grouped) = costs::by_group(ask, period, kind, key).await? else {
        costs::note_requests(ask);
        return Ok(findings);
    };
    let total = total(&grouped);
    for (name, amount) in &grouped.by_key {
        let share = if total.gross > 0.0 { json!(rounded(100.0 * amount.gross / total.gross, 1)) } else { Value::Null };
        let mut row = vec![first_cell(key, name), cents(amount.gross), cents(amount.net), share, json!(amount.unit)];
        if findings.columns.len() > row.len() {
            row.push(json!(grouped.names.get(name)));
        }
        findings.rows.push(row);
    }
    findings.sort_down_by("gross");
    findings.rows.truncate(top);
    findings.sum("gross", cents(total.gross));
    findings.sum("net", cents(total.net));
    findings.sum("unit", total.unit);
    findings.sum("groups", grouped.by_key.len());
    costs::note_period(ask, period);
    ask.note("gross is before credits and refunds, net after them.");
    costs::note_requests(ask);
    Ok(findings)
}

fn total(grouped: &Grouped) -> Amount {
    let mut total = Amount::default();
    grouped.by_key.values().for_each(|amount| total.add(amount));
    total
}

/// `Owner$alice` is the value alice; `Owner$` is cost without the tag.
fn value_of(tag: &str, key: &str) -> Value {
    let value = key.strip_prefix(tag).and_then(|rest| rest.strip_prefix('$')).unwrap_or(key);
    if value.is_empty() { Value::Null } else { json!(value) }
}

/// What a tag can be chosen from.
async fn active_tags(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("ce:ListCostAllocationTags", json!({"Status": "Active"})).await?;
    let mut findings = Findings::table(&["tag", "type", "last_used"]);
    for tag in list(&answer, "CostAllocationTags") {
        findings.push([tag["TagKey"].clone(), tag["Type"].clone(), tag["LastUsedDate"].clone()]);
    }
    findings.sort_by("tag");
    findings.sum("active_tags", findings.rows.len());
    ask.note("Name one of these tags in `tag` for its costs.");
    costs::note_requests(ask);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::Clock;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, ask_at, called, clock, rows, rows_of};
    use time::macros::datetime;

    const TOOL: &str = "cost_explorer_read_operations";
    const COSTS: &str = "ce:GetCostAndUsage";

    fn group(key: &str, record: &str, amount: &str) -> Value {
        json!({"Keys": [key, record], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}})
    }

    fn part(groups: &[Value]) -> Value {
        json!({
            "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-23"}, "Total": {}, "Groups": groups,
            "Estimated": true,
        })
    }

    fn account() -> FakeAccount {
        let first = part(&[
            group("Amazon S3", "Usage", "10.005"),
            group("Amazon EC2", "Usage", "100.1249"),
            group("Amazon EC2", "Credit", "-60"),
        ]);
        let second = part(&[group("Amazon EC2", "Refund", "-0.5"), group("Tax", "Tax", "1e-3")]);
        FakeAccount::default().answering(COSTS, json!({"ResultsByTime": [first, second]}))
    }

    #[tokio::test]
    async fn services_come_by_gross_cost_with_credits_and_refunds_taken_off_the_net() {
        let account = account();
        let answer = ask(TOOL, json!({"query": "", "operation": "top-services"}), &account).await;
        let rows = rows_of(&answer);
        let cells: Vec<_> = rows
            .iter()
            .map(|row| (row["service"].as_str().unwrap(), row["gross"].clone(), row["net"].clone()))
            .collect();
        assert_eq!(
            cells,
            [
                ("Amazon EC2", json!(100.12), json!(39.62)),
                ("Amazon S3", json!(10.01), json!(10.01)),
                ("Tax", json!(0), json!(0)),
            ]
        );
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"gross": 110.13, "net": 49.63, "unit": "USD", "groups": 3}));
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("this answer made 1, which is 0.01 USD")), "{notes:?}");
        let period = &called(&account, COSTS)[0]["TimePeriod"];
        assert_eq!(*period, json!({"Start": "2026-11-01", "End": "2026-11-23"}));
    }

    #[tokio::test]
    async fn only_the_top_services_are_shown_and_the_sums_hold_all() {
        let parameters = json!({"top": 1}).to_string();
        let arguments = json!({"query": "", "operation": "top-services", "parameters": parameters});
        let answer = ask(TOOL, arguments, &account()).await;
        assert_eq!(rows_of(&answer).len(), 1);
        assert_eq!(answer.result.unwrap()["summary"]["groups"], 3);
    }

    #[tokio::test]
    async fn on_the_first_of_a_month_the_month_before_is_asked_and_said() {
        let account = account();
        let clock = Clock { now: datetime!(2026-12-01 08:00 UTC), ..clock() };
        let arguments = json!({"query": "", "operation": "top-services"});
        let answer = ask_at(clock, TOOL, arguments, &account).await;
        let period = &called(&account, COSTS)[0]["TimePeriod"];
        assert_eq!(*period, json!({"Start": "2026-11-01", "End": "2026-12-01"}));
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("month before")));
    }

    #[tokio::test]
    async fn no_data_yet_is_a_fact_and_no_failure() {
        let account = FakeAccount::default().failing(COSTS, 400, "DataUnavailableException");
        assert_eq!(rows(TOOL, "cost-by-region", json!({}), &account).await.len(), 0);
    }

    #[tokio::test]
    async fn a_denied_request_is_a_failure() {
        let account = FakeAccount::default().failing(COSTS, 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "cost-by-region"}), &account).await;
        assert_eq!(answer.completeness.unwrap().failed[0].missing_permissions, [COSTS]);
    }

    #[tokio::test]
    async fn accounts_have_their_names_where_aws_gives_them() {
        let groups = part(&[group("111122223333", "Usage", "5"), group("444455556666", "Usage", "7")]);
        let names = json!([{"Value": "111122223333", "Attributes": {"description": "staging"}}]);
        let account = FakeAccount::default()
            .answering(COSTS, json!({"ResultsByTime": [groups], "DimensionValueAttributes": names}));
        let rows = rows(TOOL, "cost-by-account", json!({}), &account).await;
        assert_eq!((&rows[0]["account"], &rows[0]["name"]), (&json!("444455556666"), &Value::Null));
        assert_eq!((&rows[1]["name"], &rows[1]["share_percent"]), (&json!("staging"), &json!(41.7)));
    }

    #[tokio::test]
    async fn tag_values_lose_their_key_and_untagged_cost_has_none() {
        let groups = part(&[group("Project$", "Usage", "5"), group("Project$a$b", "Usage", "7")]);
        let account = FakeAccount::default().answering(COSTS, json!({"ResultsByTime": [groups]}));
        let rows = rows(TOOL, "cost-by-tag", json!({"tag": "Project"}), &account).await;
        assert_eq!((&rows[0]["value"], &rows[1]["value"]), (&json!("a$b"), &Value::Null));
        assert_eq!(called(&account, COSTS)[0]["GroupBy"][0], json!({"Type": "TAG", "Key": "Project"}));
    }

    #[tokio::test]
    async fn a_tag_that_no_cost_carries_may_not_be_activated() {
        let groups = part(&[group("project$", "Usage", "5")]);
        let account = FakeAccount::default().answering(COSTS, json!({"ResultsByTime": [groups]}));
        let arguments = json!({"query": "cost by tag `project`", "operation": "cost-by-tag"});
        let notes = ask(TOOL, arguments, &account).await.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("not activated")), "{notes:?}");
    }

    #[tokio::test]
    async fn without_a_tag_the_active_tags_are_named() {
        let tags =
            json!([{"TagKey": "Owner", "Type": "UserDefined", "Status": "Active", "LastUsedDate": "2026-11-01"}]);
        let account =
            FakeAccount::default().answering("ce:ListCostAllocationTags", json!({"CostAllocationTags": tags}));
        assert_eq!(rows(TOOL, "cost-by-tag", json!({}), &account).await[0]["tag"], "Owner");
    }
}
