//! What exists now and is gone, or another one, once a plan was applied.

use std::collections::BTreeSet;

use deployer_core::plan::{Action, Operation, Plan, ResourceChangeKind, StackDeployment, Step};
use deployer_core::resource::Resource;

/// One line each, data first.
pub fn of(plan: &Plan) -> Vec<String> {
    let (mut data, mut rest) = (vec![], vec![]);
    for step in &plan.steps {
        match &step.operation {
            Some(Operation::DeleteStack { retained_table: Some(table), .. }) => {
                data.push(format!("DATA: table {table} with every conversation"));
                rest.push(step.resource.clone());
            }
            Some(Operation::DeleteResource { resource: table @ Resource::Table(_) }) => {
                data.push(format!("DATA: {} with everything in it", table.label()));
            }
            Some(Operation::DeleteImages { repository, digests }) => {
                rest.extend(digests.iter().map(|digest| format!("image {digest} in {repository}")));
            }
            Some(Operation::DeployStack(deployment)) => stack(step, deployment, &mut data, &mut rest),
            Some(_) if step.action == Action::Delete => rest.push(step.resource.clone()),
            Some(_) if step.action == Action::Replace => rest.push(format!("{}, which is made again", step.resource)),
            _ => {}
        }
    }
    data.extend(rest);
    data
}

fn stack(step: &Step, deployment: &StackDeployment, data: &mut Vec<String>, rest: &mut Vec<String>) {
    if step.action == Action::Replace {
        rest.push(format!("{}, which is made again", step.resource));
    }
    for change in &deployment.expected {
        let line = match change.change {
            ResourceChangeKind::Remove => format!("{} of {}", change.logical_id, step.resource),
            ResourceChangeKind::Replace => format!("{} of {}, which is made again", change.logical_id, step.resource),
            ResourceChangeKind::Add | ResourceChangeKind::Modify => continue,
        };
        match change.resource_type.as_str() {
            "AWS::DynamoDB::Table" => data.push(format!("DATA: {line}")),
            _ => rest.push(line),
        }
    }
}

/// "replaces AgentFunction: FunctionName changes", once for each resource.
pub fn replacements(step: &Step) -> Vec<String> {
    let changes = step.changes.iter().filter(|change| change.replaces);
    let causes: Vec<(&str, &str)> = changes.map(|change| cause(&change.path)).collect();
    let mut resources: BTreeSet<&str> = causes.iter().map(|(resource, _)| *resource).collect();
    if let Some(Operation::DeployStack(deployment)) = &step.operation {
        let replaced = deployment.expected.iter().filter(|change| change.change == ResourceChangeKind::Replace);
        resources.extend(replaced.map(|change| change.logical_id.as_str()));
    }
    let sentence = |resource| {
        let properties: BTreeSet<&str> =
            causes.iter().filter(|(of, property)| *of == resource && !property.is_empty()).map(|(_, p)| *p).collect();
        match properties.len() {
            0 => format!("replaces {resource}"),
            1 => format!("replaces {resource}: {} changes", properties.into_iter().collect::<String>()),
            _ => format!("replaces {resource}: {} change", properties.into_iter().collect::<Vec<_>>().join(", ")),
        }
    };
    resources.into_iter().map(sentence).collect()
}

/// Logical id and property of `AgentFunction.Properties.FunctionName`.
fn cause(path: &str) -> (&str, &str) {
    match path.split_once('.') {
        Some((resource, rest)) => (resource, rest.strip_prefix("Properties.").unwrap_or(rest)),
        None => (path, ""),
    }
}
