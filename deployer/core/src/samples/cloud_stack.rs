//! CloudFormation as far as a plan reaches: a stack's update changes only the
//! resources whose template changed, and of them only those attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::cloud::{add, delete, resolved, stack_mut};
use crate::desired::{Desired, Location};
use crate::observed::{Fact, Observed, ObservedStack};
use crate::plan::{StackDeployment, StackMode, StepId};
use crate::resource::Resource;
use crate::template::{Source, read};

type Resources = BTreeMap<StepId, Resource>;

pub fn deploy_stack(observed: &mut Observed, desired: &Desired, id: StepId, deployment: &StackDeployment) {
    let parameters: BTreeMap<String, String> =
        deployment.parameters.iter().map(|(key, value)| (key.clone(), resolved(observed, value))).collect();
    let stack = ObservedStack {
        id: format!("arn:stack/{}", deployment.name),
        status: "UPDATE_COMPLETE".into(),
        status_reason: None,
        template: deployment.template.clone(),
        parameters,
        outputs: BTreeMap::new(),
        tags: deployment.tags.clone(),
    };
    let before = match deployment.mode {
        StackMode::Create => Resources::new(),
        StackMode::Recreate => {
            delete_stack(observed, id);
            Resources::new()
        }
        StackMode::Update | StackMode::ContinueRollback => {
            let stack = stack_mut(observed, id).present().expect("there is a stack to update").clone();
            resources(&stack, &desired.location)
        }
    };
    update(observed, &before, &resources(&stack, &desired.location));
    *stack_mut(observed, id) = Fact::Present(stack);
}

fn resources(stack: &ObservedStack, location: &Location) -> Resources {
    let ObservedStack { template, parameters, tags, .. } = stack;
    read(&Source { text: template, parameters, tags, location }).expect("our own templates are YAML").resources
}

fn update(observed: &mut Observed, before: &Resources, after: &Resources) {
    for (id, wanted) in after {
        match before.get(id) {
            None => add(observed, *id, wanted.clone()),
            Some(old) if old == wanted => {}
            Some(old) => {
                let live = observed.of_stack(*id).present().unwrap_or_else(|| panic!("{id:?} is not there to change"));
                let changed = merged(&json(live), &json(old), &json(wanted));
                let changed = serde_json::from_value(changed).expect("attributes stay attributes");
                observed.resources.insert(*id, Fact::Present(changed));
            }
        }
    }
    before.keys().filter(|id| !after.contains_key(id)).for_each(|id| delete(observed, *id));
}

/// The live document with the differences between two others carried over.
fn merged(live: &Json, old: &Json, new: &Json) -> Json {
    match (live, old, new) {
        (_, old, new) if old == new => live.clone(),
        (Json::Object(below), Json::Object(olds), Json::Object(news)) => {
            let keys: BTreeSet<&String> = below.keys().chain(news.keys()).collect();
            let goes = |key: &String| olds.contains_key(key) && !news.contains_key(key);
            let stays_away = |key: &String| !below.contains_key(key) && olds.get(key) == news.get(key);
            let kept = keys.into_iter().filter(|key| !goes(key) && !stays_away(key));
            kept.map(|key| (key.clone(), merged(&live[key], &old[key], &new[key]))).collect()
        }
        _ => new.clone(),
    }
}

fn json(resource: &Resource) -> Json {
    serde_json::to_value(resource).expect("attributes are JSON")
}

/// The stack goes with all that it holds, but for the retained table.
pub fn delete_stack(observed: &mut Observed, id: StepId) {
    *stack_mut(observed, id) = Fact::Absent;
    let held = StepId::ALL.into_iter().filter(|step| step.stack() == Some(id) && *step != StepId::ConversationsTable);
    held.for_each(|step| delete(observed, step));
}
