//! Stacks as they are: status, age, drift, protection, nesting.
//!
//! Parameters and outputs may hold secrets, so they are dropped as soon as they come.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::service::values::{flag, list, text, time};
use crate::service::{Ask, Findings, Unread};

/// Members of a stack that recipes look at.
const MEMBERS: [&str; 10] = [
    "StackId",
    "StackName",
    "StackStatus",
    "StackStatusReason",
    "CreationTime",
    "LastUpdatedTime",
    "EnableTerminationProtection",
    "ParentId",
    "RootId",
    "DriftInformation",
];

/// Every stack that is not deleted.
async fn read_stacks(ask: &Ask<'_>) -> Result<Vec<Value>, Unread> {
    let small = |stack: Value| -> Value {
        let members = MEMBERS.iter().map(|member| ((*member).to_owned(), stack[*member].clone()));
        Value::Object(members.filter(|(_, value)| !value.is_null()).collect())
    };
    let answer = ask.read_each("cloudformation:DescribeStacks", json!({}), small).await?;
    Ok(list(&answer, "Stacks").cloned().collect())
}

/// `orders` of `arn:aws:cloudformation:us-east-1:123456789012:stack/orders/0a1b...`.
pub(super) fn name_of(stack_id: &str) -> &str {
    stack_id.split('/').nth(1).unwrap_or(stack_id)
}

fn changed(stack: &Value) -> Option<OffsetDateTime> {
    time(stack, "LastUpdatedTime").or_else(|| time(stack, "CreationTime"))
}

fn is_nested(stack: &Value) -> bool {
    !text(stack, "ParentId").is_empty()
}

/// `NOT_CHECKED` also stands where CloudFormation says nothing of drift.
fn drift(stack: &Value) -> &str {
    match text(&stack["DriftInformation"], "StackDriftStatus") {
        "" => "NOT_CHECKED",
        status => status,
    }
}

pub(super) async fn stacks(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let stacks = read_stacks(ask).await?;
    let mut findings = Findings::table(&["stack", "status", "created", "updated", "protected", "drift", "nested_in"]);
    for stack in &stacks {
        findings.push([
            stack["StackName"].clone(),
            stack["StackStatus"].clone(),
            stack["CreationTime"].clone(),
            stack["LastUpdatedTime"].clone(),
            json!(flag(stack, "EnableTerminationProtection")),
            json!(drift(stack)),
            json!(is_nested(stack).then(|| name_of(text(stack, "ParentId")))),
        ]);
    }
    findings.sort_by("stack");
    findings.sum("stacks", stacks.len());
    let broken = |stack: &&Value| ["FAILED", "ROLLBACK"].iter().any(|word| text(stack, "StackStatus").contains(word));
    findings.sum("failed_or_rolled_back", stacks.iter().filter(broken).count());
    Ok(findings)
}

/// Drift as it was found when somebody last looked for it; looking anew is no read.
pub(super) async fn drifted(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let stacks = read_stacks(ask).await?;
    let has = |status: &'static str| stacks.iter().filter(move |stack| drift(stack) == status);
    let changes = ask.each(has("DRIFTED"), |stack| changed_resources(ask, text(stack, "StackId"))).await;
    let mut findings = Findings::table(&["stack", "checked", "changed_resources", "updated_since"]);
    for (stack, resources) in has("DRIFTED").zip(changes) {
        let checked = time(&stack["DriftInformation"], "LastCheckTimestamp");
        let updated = time(stack, "LastUpdatedTime").zip(checked).map(|(updated, checked)| updated > checked);
        findings.push([
            stack["StackName"].clone(),
            stack["DriftInformation"]["LastCheckTimestamp"].clone(),
            json!(resources.ok()),
            json!(checked.map(|_| updated.unwrap_or(false))),
        ]);
    }
    findings.sort_by("stack");
    for (name, status) in
        [("drifted", "DRIFTED"), ("in_sync", "IN_SYNC"), ("never_checked", "NOT_CHECKED"), ("unknown", "UNKNOWN")]
    {
        findings.sum(name, has(status).count());
    }
    ask.note(
        "Drift is as CloudFormation last detected it, at the time in the column checked; a stack that was never checked \
         may have drifted. This tool never starts a detection.",
    );
    Ok(findings)
}

/// `Queue (MODIFIED)`; what is different may hold secrets and is left out.
async fn changed_resources(ask: &Ask<'_>, stack: &str) -> Result<Vec<String>, Unread> {
    let parameters = json!({"StackName": stack, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]});
    let small = |drift: Value| {
        json!({
            "LogicalResourceId": drift["LogicalResourceId"],
            "StackResourceDriftStatus": drift["StackResourceDriftStatus"],
        })
    };
    let answer = ask.read_each("cloudformation:DescribeStackResourceDrifts", parameters, small).await?;
    let resource =
        |drift: &Value| format!("{} ({})", text(drift, "LogicalResourceId"), text(drift, "StackResourceDriftStatus"));
    Ok(list(&answer, "StackResourceDrifts").map(resource).collect())
}

/// Stacks that one call deletes. A nested stack has the protection of its root.
pub(super) async fn unprotected(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let stacks = read_stacks(ask).await?;
    let mut findings = Findings::table(&["stack", "status", "created", "updated"]);
    let roots = || stacks.iter().filter(|stack| !is_nested(stack));
    for stack in roots().filter(|stack| !flag(stack, "EnableTerminationProtection")) {
        findings.push(["StackName", "StackStatus", "CreationTime", "LastUpdatedTime"].map(|name| stack[name].clone()));
    }
    findings.sort_by("stack");
    findings.sum("without_protection", findings.rows.len());
    findings.sum("with_protection", roots().count() - findings.rows.len());
    findings.sum("nested_stacks_left_out", stacks.len() - roots().count());
    ask.note("Nested stacks are left out: the termination protection of their root holds for them.");
    Ok(findings)
}

pub(super) async fn unchanged(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 180.0);
    let stacks = read_stacks(ask).await?;
    let mut findings = Findings::table(&["stack", "status", "changed", "days_unchanged"]);
    for stack in stacks.iter().filter(|stack| !is_nested(stack)) {
        let Some(changed) = changed(stack) else { continue };
        let age = (ask.now - changed).whole_days();
        if age as f64 >= days {
            findings.push([
                stack["StackName"].clone(),
                stack["StackStatus"].clone(),
                json!(crate::service::values::rfc3339(changed)),
                json!(age),
            ]);
        }
    }
    findings.sort_down_by("days_unchanged");
    findings.sum("unchanged", findings.rows.len());
    findings.sum("stacks", stacks.len());
    ask.note(format!("Listed are root stacks that were neither created nor updated in the last {days} days."));
    Ok(findings)
}

pub(super) async fn nested(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let stacks = read_stacks(ask).await?;
    let mut findings = Findings::table(&["root", "parent", "stack", "status", "updated"]);
    for stack in stacks.iter().filter(|stack| is_nested(stack)) {
        let parent = text(stack, "ParentId");
        let root = stack["RootId"].as_str().unwrap_or(parent);
        findings.push([
            json!(name_of(root)),
            json!(name_of(parent)),
            stack["StackName"].clone(),
            stack["StackStatus"].clone(),
            stack["LastUpdatedTime"].clone(),
        ]);
    }
    findings.sort_by("stack");
    findings.sort_by("root");
    let roots: std::collections::BTreeSet<_> = findings.rows.iter().map(|row| row[0].to_string()).collect();
    findings.sum("nested_stacks", findings.rows.len());
    findings.sum("root_stacks", roots.len());
    Ok(findings)
}

pub(super) async fn resources(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings = Findings::table(&["stack", "logical_id", "type", "physical_id", "status"]);
    let stacks = ask.question.names("stacks");
    if stacks.is_empty() {
        ask.note("Name a stack: in the parameter stacks, or in quotes in the query.");
    }
    let answers = ask.each(&stacks, |stack| ask.read("cloudformation:ListStackResources", json!({"StackName": stack})));
    for (stack, answer) in stacks.iter().zip(answers.await) {
        let Ok(answer) = answer else { continue };
        for resource in list(&answer, "StackResourceSummaries") {
            let members = ["LogicalResourceId", "ResourceType", "PhysicalResourceId", "ResourceStatus"];
            let [logical, kind, physical, status] = members.map(|member| resource[member].clone());
            findings.push([json!(stack), logical, kind, physical, status]);
        }
    }
    findings.sort_by("logical_id");
    findings.sum("resources", findings.rows.len());
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "cloudformation_read_operations";

    fn id(name: &str) -> String {
        format!("arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/0a1b")
    }

    fn stack(name: &str, more: Value) -> Value {
        let mut stack = json!({
            "StackId": id(name), "StackName": name, "StackStatus": "UPDATE_COMPLETE",
            "CreationTime": "2025-01-02T03:04:05Z",
            "Parameters": [{"ParameterKey": "Password", "ParameterValue": "hunter2"}],
            "Outputs": [{"OutputKey": "Key", "OutputValue": "hunter2"}],
        });
        stack.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stack
    }

    fn account(stacks: &[Value]) -> FakeAccount {
        FakeAccount::default().answering("cloudformation:DescribeStacks", json!({"Stacks": stacks}))
    }

    fn column<'a>(rows: &'a [serde_json::Map<String, Value>], name: &str) -> Vec<&'a Value> {
        rows.iter().map(|row| &row[name]).collect()
    }

    #[tokio::test]
    async fn stacks_come_without_parameters_and_outputs() {
        let account = account(&[stack("b", json!({"EnableTerminationProtection": true})), stack("a", json!({}))]);
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "stacks"}), &account).await;
        assert!(!serde_json::to_string(&answer).unwrap().contains("hunter2"));
        let rows = rows_of(&answer);
        assert_eq!(column(&rows, "stack"), ["a", "b"]);
        assert_eq!(column(&rows, "protected"), [false, true]);
        assert_eq!(column(&rows, "drift"), ["NOT_CHECKED", "NOT_CHECKED"]);
        assert_eq!(column(&rows, "updated"), [&Value::Null, &Value::Null]);
    }

    #[tokio::test]
    async fn an_account_without_stacks_is_an_answer_for_every_recipe() {
        for recipe in ["stacks", "stack-drift", "unprotected-stacks", "unchanged-stacks", "nested-stacks"] {
            assert!(rows(TOOL, recipe, json!({}), &account(&[])).await.is_empty(), "{recipe}");
        }
    }

    fn drifted_stack() -> Value {
        let information = json!({"StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2026-10-01T00:00:00Z"});
        stack("moved", json!({"DriftInformation": information, "LastUpdatedTime": "2026-11-01T00:00:00Z"}))
    }

    #[tokio::test]
    async fn drift_is_as_last_detected_and_names_the_resources() {
        let in_sync = stack("fine", json!({"DriftInformation": {"StackDriftStatus": "IN_SYNC"}}));
        let drift =
            json!({"LogicalResourceId": "Queue", "StackResourceDriftStatus": "MODIFIED", "ActualProperties": "{}"});
        let account = account(&[drifted_stack(), in_sync, stack("never", json!({}))])
            .answering("cloudformation:DescribeStackResourceDrifts", json!({"StackResourceDrifts": [drift]}));
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "stack-drift"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(column(&rows, "stack"), ["moved"]);
        assert_eq!(rows[0]["changed_resources"], json!(["Queue (MODIFIED)"]));
        assert_eq!(rows[0]["updated_since"], true, "the check is older than the last update");
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"drifted": 1, "in_sync": 1, "never_checked": 1, "unknown": 0}));
    }

    #[tokio::test]
    async fn a_drifted_stack_stays_when_its_resources_cannot_be_read() {
        let account =
            account(&[drifted_stack()]).failing("cloudformation:DescribeStackResourceDrifts", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "stack-drift"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["changed_resources"], Value::Null);
        let failed = answer.completeness.unwrap().failed;
        assert_eq!(failed[0].operation, "cloudformation:DescribeStackResourceDrifts");
    }

    #[tokio::test]
    async fn nested_stacks_have_the_protection_of_their_root() {
        let account = account(&[
            stack("root", json!({"EnableTerminationProtection": true})),
            stack("bare", json!({"EnableTerminationProtection": false})),
            stack("child", json!({"ParentId": id("root"), "RootId": id("root")})),
        ]);
        assert_eq!(column(&rows(TOOL, "unprotected-stacks", json!({}), &account).await, "stack"), ["bare"]);
        let nested = rows(TOOL, "nested-stacks", json!({}), &account).await;
        assert_eq!((&nested[0]["root"], &nested[0]["stack"]), (&json!("root"), &json!("child")));
    }

    #[tokio::test]
    async fn a_stack_that_was_never_updated_counts_from_its_creation() {
        let account = account(&[
            stack("old", json!({})),
            stack("fresh", json!({"LastUpdatedTime": "2026-11-20T00:00:00Z"})),
            stack("middle", json!({"LastUpdatedTime": "2026-08-01T00:00:00Z"})),
        ]);
        let found = rows(TOOL, "unchanged-stacks", json!({"days": 90}), &account).await;
        assert_eq!(column(&found, "stack"), ["old", "middle"]);
        assert_eq!(column(&found, "days_unchanged"), [689, 113]);
    }

    #[tokio::test]
    async fn resources_of_named_stacks_are_listed_and_a_missing_name_is_said() {
        let resource = json!({"LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue",
            "LastUpdatedTimestamp": "2026-01-01T00:00:00Z", "ResourceStatus": "CREATE_COMPLETE"});
        let account = FakeAccount::default()
            .answering("cloudformation:ListStackResources", json!({"StackResourceSummaries": [resource]}));
        let found = rows(TOOL, "stack-resources", json!({"stacks": ["orders"]}), &account).await;
        assert_eq!((&found[0]["logical_id"], &found[0]["physical_id"]), (&json!("Queue"), &Value::Null));
        let arguments = json!({"query": "what is in the stack?", "operation": "stack-resources"});
        let answer = testing::ask(TOOL, arguments, &account).await;
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.starts_with("Name a stack")), "{notes:?}");
    }
}
