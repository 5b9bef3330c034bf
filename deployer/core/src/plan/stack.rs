//! Plans a CloudFormation stack: template text, parameters and tags against
//! what GetTemplate and DescribeStacks say, and what its status allows.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::change::Changes;
use super::draft::Draft;
use super::{Action, Change, Operation, StackDeployment, StackMode, Value};
use crate::desired::DesiredStack;
use crate::observed::{Fact, ObservedStack};

/// The stack's step. `parameters` holds those that only an earlier step knows.
pub fn plan(desired: &DesiredStack, observed: &Fact<ObservedStack>, parameters: BTreeMap<String, Value>) -> Draft {
    let known = desired.parameters.iter().map(|(key, value)| (key.clone(), Value::Known(value.clone())));
    let parameters: BTreeMap<String, Value> = known.chain(parameters).collect();
    let draft = Draft::of(format!("stack {}", desired.name));
    let (action, mode, reason, changes) = match observed {
        Fact::Unknown(gap) => return draft.unchecked(gap),
        Fact::Absent => (Action::Create, StackMode::Create, "does not exist yet".to_string(), created(desired)),
        Fact::Present(stack) => match revise(desired, stack, &parameters) {
            Some(revision) => revision,
            None => return draft.keep_in(&stack.status, "template, parameters and tags are as wanted"),
        },
    };
    let deployment = StackDeployment {
        name: desired.name.clone(),
        mode,
        template: desired.template.clone(),
        parameters,
        tags: desired.tags.clone(),
        expected: vec![],
    };
    draft.act(action, reason, changes, Operation::DeployStack(deployment))
}

fn revise(
    desired: &DesiredStack,
    stack: &ObservedStack,
    parameters: &BTreeMap<String, Value>,
) -> Option<(Action, StackMode, String, Vec<Change>)> {
    match stack.status.as_str() {
        status if stack.is_lost() => {
            let reason = format!("is {status} and has to be made again");
            Some((Action::Replace, StackMode::Recreate, reason, created(desired)))
        }
        // Begun and still empty. It is filled, not deleted: the run that began it may be about to fill it.
        _ if stack.is_empty() => {
            let reason = "was begun and is still empty".to_string();
            Some((Action::Create, StackMode::Create, reason, created(desired)))
        }
        "UPDATE_ROLLBACK_FAILED" => {
            let reason = "its last rollback failed; the rollback is continued first".to_string();
            Some((Action::Update, StackMode::ContinueRollback, reason, differences(desired, stack, parameters)))
        }
        _ => {
            let changes = differences(desired, stack, parameters);
            let reason = match changes.len() {
                0 => return None,
                1 => "1 difference".to_string(),
                count => format!("{count} differences"),
            };
            Some((Action::Update, StackMode::Update, reason, changes))
        }
    }
}

fn created(desired: &DesiredStack) -> Vec<Change> {
    let resources = resources(&desired.template);
    let change = |(id, kind): (&String, &Json)| Change {
        path: id.clone(),
        before: None,
        after: kind["Type"].as_str().map(str::to_string),
        replaces: false,
    };
    resources.as_object().into_iter().flatten().map(change).collect()
}

fn differences(desired: &DesiredStack, stack: &ObservedStack, parameters: &BTreeMap<String, Value>) -> Vec<Change> {
    let mut changes = Changes::default();
    if desired.template != stack.template {
        changes.documents("", &resources(&stack.template), &resources(&desired.template));
    }
    for (key, value) in parameters {
        let after = match value {
            Value::Known(value) => value.as_str(),
            Value::Output { .. } => "(known after the gateway is made)",
        };
        changes.compare(format!("parameter {key}"), stack.parameters.get(key).map(String::as_str), Some(after));
    }
    changes.tags(&stack.tags, &desired.tags);
    let mut changes = changes.into_vec();
    if changes.is_empty() && desired.template != stack.template {
        changes.push(Change {
            path: "template".into(),
            before: Some("other outputs, comments or layout".into()),
            after: Some("as rendered".into()),
            replaces: false,
        });
    }
    changes
}

/// The Resources of a template; null when it is not YAML, so that everything differs.
fn resources(template: &str) -> Json {
    serde_saphyr::from_str::<Json>(template).map(|document| document["Resources"].clone()).unwrap_or(Json::Null)
}
