//! Why stacks failed: the first event of the operation that is a cause and no consequence.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::stack::name_of;
use crate::service::values::{excerpt, list, text};
use crate::service::{Ask, Findings, Unread};

/// Stacks whose last operation failed or was rolled back.
const STATUSES: [&str; 13] = [
    "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_FAILED",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// Own events of a stack that begin an operation. A rollback goes on with the operation that failed.
const BEGINNINGS: [&str; 4] = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"];

const STACK: &str = "AWS::CloudFormation::Stack";
/// Stacks whose events are read; each takes a page or more.
const MOST_STACKS: usize = 50;
/// How deep a failure is followed into nested stacks.
const DEPTH: usize = 4;
/// Characters of a reason.
const REASON: usize = 500;

pub(super) async fn failed_stacks(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let listed = ask.read("cloudformation:ListStacks", json!({"StackStatusFilter": STATUSES})).await?;
    let failed: BTreeSet<&str> = list(&listed, "StackSummaries").map(|stack| text(stack, "StackId")).collect();
    // A nested stack's failure is followed from its parent.
    let mut stacks: Vec<&Value> =
        list(&listed, "StackSummaries").filter(|stack| !failed.contains(text(stack, "ParentId"))).collect();
    let names = ask.question.names("stacks");
    if stacks.iter().any(|stack| names.iter().any(|name| name == text(stack, "StackName"))) {
        stacks.retain(|stack| names.iter().any(|name| name == text(stack, "StackName")));
    }
    if stacks.len() > MOST_STACKS {
        ask.note(format!("The causes of {MOST_STACKS} of {} failed stacks were looked for.", stacks.len()));
    }
    let causes = ask.each(stacks.iter().take(MOST_STACKS), |stack| cause(ask, text(stack, "StackId"), 0)).await;
    let mut findings =
        Findings::table(&["stack", "status", "failed_at", "resource", "type", "reason", "in_nested_stack"]);
    let mut causes = causes.into_iter();
    for stack in &stacks {
        let event = causes.next().and_then(Result::ok).flatten();
        let [at, resource, kind, reason, nested] = cells(stack, event.as_ref());
        findings.push([stack["StackName"].clone(), stack["StackStatus"].clone(), at, resource, kind, reason, nested]);
    }
    findings.sort_down_by("failed_at");
    findings.sum("failed_stacks", stacks.len());
    findings.sum("without_known_cause", findings.rows.iter().filter(|row| row[3].is_null()).count());
    ask.note("Events older than 90 days are gone, and with them the cause of an older failure.");
    Ok(findings)
}

/// The event and the stack that it happened in, when that is a nested one.
struct Cause {
    event: Value,
    nested: Option<String>,
}

/// Without an event the stack's own reason stands for it.
fn cells(stack: &Value, cause: Option<&Cause>) -> [Value; 5] {
    let Some(Cause { event, nested }) = cause else {
        let reason = stack["StackStatusReason"].as_str().map(|reason| excerpt(reason, REASON));
        return [Value::Null, Value::Null, Value::Null, json!(reason), Value::Null];
    };
    [
        event["Timestamp"].clone(),
        event["LogicalResourceId"].clone(),
        event["ResourceType"].clone(),
        json!(excerpt(text(event, "ResourceStatusReason"), REASON)),
        json!(nested),
    ]
}

/// The first cause of the stack's last operation, followed into nested stacks.
fn cause<'a>(ask: &'a Ask<'_>, stack: &'a str, depth: usize) -> BoxFuture<'a, Result<Option<Cause>, Unread>> {
    Box::pin(async move {
        let begins = |page: &Value| list(page, "StackEvents").any(is_beginning);
        let pages = ask.read_until("cloudformation:DescribeStackEvents", json!({"StackName": stack}), begins).await?;
        let events: Vec<&Value> = pages.iter().flat_map(|page| list(page, "StackEvents")).collect();
        let Some(event) = first_cause(&events) else { return Ok(None) };
        let nested = text(event, "PhysicalResourceId");
        let is_nested = text(event, "ResourceType") == STACK && nested.starts_with("arn:") && nested != stack;
        let inner = match is_nested && depth < DEPTH {
            true => cause(ask, nested, depth + 1).await.ok().flatten(),
            false => None,
        };
        Ok(Some(match inner {
            Some(inner) => Cause { nested: Some(inner.nested.unwrap_or_else(|| name_of(nested).into())), ..inner },
            None => Cause { event: event.clone(), nested: None },
        }))
    })
}

/// Of the events (newest first) the oldest failure since the operation began that
/// is no consequence of another; a resource's before the stack's own.
fn first_cause<'a>(events: &[&'a Value]) -> Option<&'a Value> {
    let operation: Vec<_> = match events.iter().position(|event| is_beginning(event)) {
        Some(beginning) => events[..=beginning].to_vec(),
        None => events.to_vec(),
    };
    let failures = || operation.iter().rev().copied().filter(|event| is_failure(event));
    failures().find(|event| !is_own(event)).or_else(|| failures().next()).or_else(|| {
        let stopped = |event: &&&Value| is_own(event) && text(event, "ResourceStatus").contains("ROLLBACK_IN_PROGRESS");
        operation.iter().rev().find(stopped).copied()
    })
}

/// The stack's event about itself.
fn is_own(event: &Value) -> bool {
    text(event, "ResourceType") == STACK && text(event, "PhysicalResourceId") == text(event, "StackId")
}

fn is_beginning(event: &Value) -> bool {
    is_own(event) && BEGINNINGS.contains(&text(event, "ResourceStatus"))
}

/// `Resource creation cancelled` stands at resources that stopped because another failed.
fn is_failure(event: &Value) -> bool {
    let reason = text(event, "ResourceStatusReason").to_lowercase();
    let is_consequence =
        ["creation", "update", "deletion"].iter().any(|what| reason.starts_with(&format!("resource {what} cancelled")));
    text(event, "ResourceStatus").ends_with("_FAILED") && !is_consequence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "cloudformation_read_operations";
    const EVENTS: &str = "cloudformation:DescribeStackEvents";

    fn id(name: &str) -> String {
        format!("arn:aws:cloudformation:us-east-1:111122223333:stack/{name}/0a1b")
    }

    fn event(stack: &str, resource: &str, status: &str, reason: &str, minute: u8) -> Value {
        let is_own = stack == resource;
        json!({
            "StackId": id(stack), "StackName": stack, "EventId": format!("{resource}-{minute}"),
            "LogicalResourceId": resource, "PhysicalResourceId": if is_own { id(stack) } else { String::new() },
            "ResourceType": if is_own { STACK } else { "AWS::SQS::Queue" },
            "ResourceStatus": status, "ResourceStatusReason": reason,
            "Timestamp": format!("2026-11-22T08:{minute:02}:00Z"),
        })
    }

    fn summary(name: &str, status: &str) -> Value {
        json!({"StackId": id(name), "StackName": name, "StackStatus": status, "CreationTime": "2026-01-01T00:00:00Z"})
    }

    fn listing(stacks: &[Value]) -> FakeAccount {
        FakeAccount::default().answering("cloudformation:ListStacks", json!({"StackSummaries": stacks}))
    }

    /// Newest first: an update that failed, and an older one that failed for another reason.
    fn failed_update() -> Vec<Value> {
        vec![
            event("app", "app", "UPDATE_ROLLBACK_COMPLETE", "", 9),
            event("app", "app", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed", 8),
            event("app", "Other", "UPDATE_FAILED", "Resource update cancelled", 7),
            event("app", "Later", "CREATE_FAILED", "quota", 6),
            event("app", "Queue", "CREATE_FAILED", "name taken", 5),
            event("app", "app", "UPDATE_IN_PROGRESS", "User Initiated", 4),
            event("app", "Ancient", "CREATE_FAILED", "long ago", 3),
        ]
    }

    #[tokio::test]
    async fn the_cause_is_the_first_failure_of_the_last_operation_that_is_no_consequence() {
        let account = listing(&[summary("app", "UPDATE_ROLLBACK_COMPLETE")])
            .answering(EVENTS, json!({"StackEvents": failed_update()}));
        let rows = rows(TOOL, "failed-stacks", json!({}), &account).await;
        assert_eq!((&rows[0]["resource"], &rows[0]["reason"]), (&json!("Queue"), &json!("name taken")));
        assert_eq!(rows[0]["failed_at"], "2026-11-22T08:05:00Z");
    }

    #[tokio::test]
    async fn pages_are_read_until_the_operation_s_beginning_and_no_further() {
        let events = failed_update();
        let page = |from: usize, to: usize| json!({"StackEvents": events[from..to]});
        let account = listing(&[summary("app", "UPDATE_ROLLBACK_COMPLETE")])
            .answering_page(EVENTS, json!({}), page(0, 3), json!({"NextToken": "2"}))
            .answering_page(EVENTS, json!({"NextToken": "2"}), page(3, 6), json!({"NextToken": "3"}));
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "failed-stacks"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["resource"], "Queue");
        assert_eq!(account.asked().iter().filter(|call| call.starts_with(EVENTS)).count(), 2);
        assert!(!answer.completeness.unwrap().truncated, "what came before the operation is not missing");
    }

    #[tokio::test]
    async fn a_failed_nested_stack_is_followed_to_its_own_cause() {
        let mut embedded = event("root", "Child", "CREATE_FAILED", "Embedded stack was not successfully created", 5);
        embedded["ResourceType"] = json!(STACK);
        embedded["PhysicalResourceId"] = json!(id("root-Child"));
        let root = json!({"StackEvents": [embedded, event("root", "root", "CREATE_IN_PROGRESS", "", 1)]});
        let child = json!({"StackEvents": [
            event("root-Child", "Role", "CREATE_FAILED", "not authorized", 4),
            event("root-Child", "root-Child", "CREATE_IN_PROGRESS", "", 2),
        ]});
        let mut nested = summary("root-Child", "ROLLBACK_COMPLETE");
        nested["ParentId"] = json!(id("root"));
        let account = listing(&[summary("root", "ROLLBACK_COMPLETE"), nested])
            .answering_when(EVENTS, json!({"StackName": id("root")}), root)
            .answering_when(EVENTS, json!({"StackName": id("root-Child")}), child);
        let rows = rows(TOOL, "failed-stacks", json!({}), &account).await;
        assert_eq!(rows.len(), 1, "the nested stack is part of its root's failure");
        assert_eq!((&rows[0]["resource"], &rows[0]["in_nested_stack"]), (&json!("Role"), &json!("root-Child")));
    }

    #[tokio::test]
    async fn without_events_the_stack_s_own_reason_stands_and_the_failure_is_told() {
        let mut stack = summary("app", "DELETE_FAILED");
        stack["StackStatusReason"] = json!("The following resource(s) failed to delete: [Bucket].");
        let account = listing(&[stack]).failing(EVENTS, 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "failed-stacks"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows[0]["resource"], Value::Null);
        assert!(rows[0]["reason"].as_str().unwrap().contains("[Bucket]"));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, EVENTS);
    }

    #[tokio::test]
    async fn a_rollback_that_somebody_asked_for_is_its_own_cause() {
        let events = [
            event("app", "app", "ROLLBACK_IN_PROGRESS", "Rollback requested by user.", 5),
            event("app", "Queue", "CREATE_FAILED", "Resource creation Cancelled", 4),
            event("app", "app", "CREATE_IN_PROGRESS", "User Initiated", 1),
        ];
        let account =
            listing(&[summary("app", "ROLLBACK_IN_PROGRESS")]).answering(EVENTS, json!({"StackEvents": events}));
        let rows = rows(TOOL, "failed-stacks", json!({}), &account).await;
        assert_eq!(rows[0]["reason"], "Rollback requested by user.");
    }

    #[tokio::test]
    async fn no_failed_stacks_are_an_answer() {
        assert!(rows(TOOL, "failed-stacks", json!({}), &listing(&[])).await.is_empty());
    }
}
