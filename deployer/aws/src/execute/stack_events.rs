//! A stack's events: what it works on now, and what failed first.

use aws_sdk_cloudformation::types::StackEvent;
use deployer_core::Failure;

use super::context::Context;
use crate::errors::{Trouble, failed};

/// The newest event before an operation, so that its own events can be told from older ones.
pub struct EventMark {
    stack_id: String,
    last: Option<String>,
}

pub async fn mark(context: &Context<'_>, stack_id: &str) -> Result<EventMark, Failure> {
    let request = context.clients.cloudformation().describe_stack_events().stack_name(stack_id);
    let page = request.send().await.map_err(failed("read the stack's events"))?;
    let last = page.stack_events.unwrap_or_default().into_iter().next().and_then(|event| event.event_id);
    Ok(EventMark { stack_id: stack_id.to_string(), last })
}

impl EventMark {
    /// Every event of this stack is of interest.
    pub fn of_new_stack(stack_id: &str) -> Self {
        Self { stack_id: stack_id.to_string(), last: None }
    }

    /// Oldest first.
    pub async fn events_since(&self, context: &Context<'_>) -> Result<Vec<StackEvent>, Failure> {
        let request = context.clients.cloudformation().describe_stack_events().stack_name(&self.stack_id);
        let mut pages = request.into_paginator().items().send();
        let mut events = Vec::new();
        while let Some(event) = pages.next().await {
            let event = event.map_err(Trouble::from).map_err(|trouble| trouble.failure("read the stack's events"))?;
            if event.event_id == self.last {
                break;
            }
            events.push(event);
        }
        events.reverse();
        Ok(events)
    }
}

/// "creating AWS::Lambda::Function AgentFunction": the newest event of a resource. Events are oldest first.
pub fn news(events: &[StackEvent]) -> Option<String> {
    let event = events.iter().rev().find(|event| !is_stack_itself(event))?;
    let verb = match status(event).split('_').next().unwrap_or_default() {
        "CREATE" => "creating",
        "UPDATE" => "updating",
        "DELETE" => "deleting",
        "ROLLBACK" => "rolling back",
        _ => "working on",
    };
    Some(format!("{verb} {} {}", event.resource_type()?, event.logical_resource_id()?))
}

/// The first failing resource with its reason. Events are oldest first. Resources
/// that were only cancelled because another one failed do not count, and the
/// stack itself only when no resource failed.
pub fn first_failure(events: &[StackEvent]) -> Option<String> {
    let failing = || events.iter().filter(|event| status(event).ends_with("_FAILED") && !is_cancelled(event));
    let event = failing().find(|event| !is_stack_itself(event)).or_else(|| failing().next())?;
    let reason = event.resource_status_reason().unwrap_or("AWS gives no reason");
    let (kind, id) = (event.resource_type().unwrap_or_default(), event.logical_resource_id().unwrap_or_default());
    Some(format!("{id} ({kind}): {reason}"))
}

fn status(event: &StackEvent) -> &str {
    event.resource_status().map(|status| status.as_str()).unwrap_or_default()
}

fn is_stack_itself(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

fn is_cancelled(event: &StackEvent) -> bool {
    event.resource_status_reason().is_some_and(|reason| reason.to_lowercase().contains("cancelled"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::ResourceStatus::{self, *};

    const STACK: &str = "arn:aws:cloudformation:r:a:stack/s/1";

    fn event(id: &str, status: ResourceStatus, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id(STACK)
            .physical_resource_id(if id == "s" { STACK } else { id })
            .logical_resource_id(id)
            .resource_type(if id == "s" { "AWS::CloudFormation::Stack" } else { "AWS::Logs::LogGroup" })
            .resource_status(status)
            .resource_status_reason(reason)
            .build()
    }

    #[test]
    fn the_first_failing_resource_is_the_cause() {
        let events = [
            event("s", UpdateInProgress, "User Initiated"),
            event("Fine", UpdateComplete, ""),
            event("Other", UpdateFailed, "Resource update cancelled"),
            event("Logs", UpdateFailed, "retention is not a number"),
            event("Later", UpdateFailed, "something else"),
            event("s", UpdateRollbackInProgress, "The following resource(s) failed to update: [Logs]."),
        ];
        assert_eq!(first_failure(&events).as_deref(), Some("Logs (AWS::Logs::LogGroup): retention is not a number"));
    }

    #[test]
    fn the_stack_itself_is_the_cause_only_when_no_resource_failed() {
        let stack = event("s", DeleteFailed, "export in use");
        assert_eq!(
            first_failure(std::slice::from_ref(&stack)).as_deref(),
            Some("s (AWS::CloudFormation::Stack): export in use")
        );
        let events = [stack, event("Table", DeleteFailed, "protected")];
        assert_eq!(first_failure(&events).as_deref(), Some("Table (AWS::Logs::LogGroup): protected"));
        assert_eq!(first_failure(&[event("Fine", CreateComplete, "")]), None);
    }

    #[test]
    fn news_are_of_resources() {
        let events = [event("Logs", CreateInProgress, ""), event("s", CreateInProgress, "")];
        assert_eq!(news(&events).as_deref(), Some("creating AWS::Logs::LogGroup Logs"));
        assert_eq!(news(&[]), None);
    }
}
