//! Plans the gateway's target: its function and its tool schemas.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Changes;
use super::draft::Draft;
use super::{Action, Change, Operation, Value};
use crate::desired::{DesiredTarget, ToolDefinition};
use crate::observed::{Fact, ObservedTarget};

pub fn plan(desired: &DesiredTarget, observed: &Fact<ObservedTarget>, gateway_id: Value) -> Draft {
    let draft = Draft::of(format!("target {}", desired.name));
    let ensure = |existing, replace| Operation::EnsureTarget {
        gateway_id: gateway_id.clone(),
        existing,
        replace,
        target: desired.clone(),
    };
    match observed {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.act(Action::Create, "does not exist yet", created(desired), ensure(None, false)),
        Fact::Present(target) if matches!(target.status.as_str(), "FAILED" | "DELETING") => {
            let reason = format!("is {}: {}", target.status, target.status_reasons.join("; "));
            draft.act(Action::Replace, reason, created(desired), ensure(Some(target.id.clone()), true))
        }
        Fact::Present(target) => {
            let changes = differences(desired, target);
            let reason = match (changes.is_empty(), target.status.as_str()) {
                (true, status) if status.ends_with("_UNSUCCESSFUL") || status.ends_with("_PENDING_AUTH") => {
                    format!("is {status}: {}", target.status_reasons.join("; "))
                }
                (true, status) => return draft.keep_in(status, "function and tools are as wanted"),
                (false, _) => "differs from its settings".to_string(),
            };
            draft.act(Action::Update, reason, changes, ensure(Some(target.id.clone()), false))
        }
    }
}

/// True when tools only go away: then the gateway has to stop offering them
/// before the function stops answering them.
pub fn only_removes(desired: &DesiredTarget, observed: &Fact<ObservedTarget>) -> bool {
    let Some(target) = observed.present() else { return false };
    let (wanted, found) = (tool_names(&desired.tools), tool_names(&target.tools));
    wanted.is_subset(&found) && wanted != found
}

fn tool_names(tools: &[ToolDefinition]) -> BTreeSet<&str> {
    tools.iter().map(|tool| tool.name.as_str()).collect()
}

fn created(desired: &DesiredTarget) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.compare("function", None, Some(&desired.lambda_arn));
    let names: Vec<_> = tool_names(&desired.tools).into_iter().collect();
    changes.compare("tools", None, Some(&names.join(", ")));
    changes.into_vec()
}

fn differences(desired: &DesiredTarget, target: &ObservedTarget) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.compare("description", target.description.as_deref(), Some(&desired.description));
    changes.compare("function", target.lambda_arn.as_deref(), Some(&desired.lambda_arn));
    changes.documents("tools", &by_name(&target.tools), &by_name(&desired.tools));
    changes.into_vec()
}

fn by_name(tools: &[ToolDefinition]) -> serde_json::Value {
    let tools: BTreeMap<&str, &ToolDefinition> = tools.iter().map(|tool| (tool.name.as_str(), tool)).collect();
    serde_json::to_value(tools).expect("tool definitions are JSON already")
}
