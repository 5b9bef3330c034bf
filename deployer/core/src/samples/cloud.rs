//! AWS as far as a plan reaches: what is observed after an operation was carried out.
//!
//! It refuses what AWS refuses, by a panic: making what exists, changing what is
//! not there, deleting what is still in use.

use std::collections::BTreeMap;

use super::cloud_stack::{delete_stack, deploy_stack};
use crate::desired::{Desired, DesiredGateway, DesiredRole, DesiredStatement, DesiredTarget};
use crate::observed::{
    Fact, Observed, ObservedGateway, ObservedRepository, ObservedRole, ObservedStack, ObservedStatement, ObservedTarget,
};
use crate::plan::{Operation, OutputKey, StackDeployment, StackMode, Step, StepId, Value};
use crate::render::PARAMETER_GATEWAY_URL;
use crate::resource::Resource;

/// What is observed after one step of the plan has done its work.
pub fn execute(observed: &mut Observed, desired: &Desired, step: &Step) {
    match step.operation.as_ref().expect("only steps that act are executed") {
        Operation::DeployStack(deployment) => deploy_stack(observed, desired, step.id, deployment),
        Operation::DeleteStack { retained_table, .. } => {
            delete_stack(observed, step.id);
            if retained_table.is_some() {
                observed.resources.remove(&StepId::ConversationsTable);
            }
        }
        Operation::PushImage { digest, .. } => push(images(observed, step.id), digest),
        Operation::EmptyRepository { .. } => {
            *images(observed, step.id) = Fact::Present(ObservedRepository { digests: vec![] });
        }
        Operation::EnsureResource { resource, inputs } => ensure(observed, step.id, resource, inputs),
        Operation::DeleteResource { .. } => delete(observed, step.id),
        Operation::EnsureRole(role) => observed.gateway_role = Fact::Present(role_of(role, desired)),
        Operation::DeleteRole { .. } => observed.gateway_role = Fact::Absent,
        Operation::EnsureGateway { existing, replace, gateway } => {
            make_gateway(observed, existing.as_deref().filter(|_| !replace), gateway);
        }
        Operation::DeleteGateway { .. } => remove(observed, step.id),
        Operation::EnsureStatement { statement, .. } => {
            assert!(observed.of_stack(StepId::ToolFunction).present().is_some(), "no function to give a policy");
            observed.function_policy = Fact::Present(statement_of(statement));
        }
        Operation::RemoveStatement { .. } => observed.function_policy = Fact::Absent,
        Operation::EnsureTarget { gateway_id, target, .. } => {
            let gateway_id = resolved(observed, gateway_id);
            observed.target = Fact::Present(target_of(target, gateway_id));
        }
        Operation::DeleteTarget { .. } => observed.target = Fact::Absent,
        other => panic!("{other:?} is no part of `up` or `down`"),
    }
}

/// The resource of one step as it is when it was deployed, whatever there was before.
pub fn deploy(observed: &mut Observed, desired: &Desired, id: StepId) {
    match id {
        StepId::FoundationStack => make_stack(observed, desired, id, &desired.foundation),
        StepId::DataStack => make_stack(observed, desired, id, &desired.data),
        StepId::ReadAccessStack => make_stack(observed, desired, id, &desired.read_access),
        StepId::ApplicationStack => make_stack(observed, desired, id, &desired.application),
        StepId::AgentImage => push(&mut observed.agent_images, &desired.agent_image.digest),
        StepId::ToolsImage => push(&mut observed.tools_images, &desired.tools_image.digest),
        StepId::GatewayRole => observed.gateway_role = Fact::Present(role_of(&desired.gateway_role, desired)),
        StepId::Gateway => make_gateway(observed, None, &desired.gateway),
        StepId::FunctionPolicy => observed.function_policy = Fact::Present(statement_of(&desired.function_policy)),
        StepId::Target => observed.target = Fact::Present(target_of(&desired.target, "gw-0123456789".into())),
        id => {
            let url = BTreeMap::from([("GATEWAY_URL".to_string(), Value::Known(super::GATEWAY_URL.into()))]);
            let inputs = if id == StepId::AgentFunction { url } else { BTreeMap::new() };
            if let Some(resource) = desired.resources.get(&id) {
                ensure(observed, id, resource, &inputs);
            }
        }
    }
}

fn make_stack(observed: &mut Observed, desired: &Desired, id: StepId, stack: &crate::desired::DesiredStack) {
    delete_stack(observed, id);
    let mut parameters: BTreeMap<String, Value> =
        stack.parameters.iter().map(|(key, value)| (key.clone(), Value::Known(value.clone()))).collect();
    if id == StepId::ApplicationStack {
        parameters.insert(PARAMETER_GATEWAY_URL.into(), Value::Known(super::GATEWAY_URL.into()));
    }
    observed.resources.retain(|step, _| step.stack() != Some(id));
    let deployment = StackDeployment {
        name: stack.name.clone(),
        mode: StackMode::Create,
        template: stack.template.clone(),
        parameters,
        tags: stack.tags.clone(),
        expected: vec![],
    };
    deploy_stack(observed, desired, id, &deployment);
}

/// What is observed after one resource went away, however that happened.
pub fn remove(observed: &mut Observed, id: StepId) {
    match id {
        id if StepId::STACKS.contains(&id) => {
            delete_stack(observed, id);
            observed.resources.retain(|step, _| step.stack() != Some(id));
        }
        StepId::AgentImage | StepId::ToolsImage => {
            *images(observed, id) = Fact::Present(ObservedRepository { digests: vec![] });
        }
        StepId::GatewayRole => observed.gateway_role = Fact::Absent,
        StepId::Gateway => {
            assert!(observed.target.present().is_none(), "a gateway with a target cannot be deleted");
            observed.gateway = Fact::Absent;
        }
        StepId::FunctionPolicy => observed.function_policy = Fact::Absent,
        StepId::Target => observed.target = Fact::Absent,
        id => delete(observed, id),
    }
}

/// A stack's resource goes away behind its stack, with what lives in it.
pub fn delete(observed: &mut Observed, id: StepId) {
    observed.resources.remove(&id);
    match id {
        StepId::AgentFunction => {
            observed.resources.remove(&StepId::AgentUrl);
            observed.resources.remove(&StepId::AgentUrlPolicy);
        }
        StepId::ToolFunction => {
            observed.function_policy = Fact::Absent;
            observed.foreign_statements.clear();
        }
        // IAM deletes no policy that a role still has.
        StepId::ReadPolicies => {
            if let Some(Fact::Present(Resource::Role(role))) = observed.resources.get_mut(&StepId::ToolRole) {
                role.attached_policies.retain(|arn| !arn.contains("-read-"));
            }
        }
        StepId::AgentRepository => observed.agent_images = Fact::Absent,
        StepId::ToolsRepository => observed.tools_images = Fact::Absent,
        _ => {}
    }
}

fn images(observed: &mut Observed, id: StepId) -> &mut Fact<ObservedRepository> {
    match id {
        StepId::AgentImage | StepId::AgentRepository => &mut observed.agent_images,
        _ => &mut observed.tools_images,
    }
}

fn push(images: &mut Fact<ObservedRepository>, digest: &str) {
    let Fact::Present(repository) = images else { panic!("no repository to push {digest} to") };
    repository.digests.retain(|other| other != digest);
    repository.digests.push(digest.into());
    repository.digests.sort();
}

/// A new resource, before anybody changes it.
pub fn add(observed: &mut Observed, id: StepId, resource: Resource) {
    assert!(observed.of_stack(id).present().is_none(), "{id:?} exists already");
    observed.resources.insert(id, Fact::Present(resource));
    if matches!(id, StepId::AgentRepository | StepId::ToolsRepository) {
        *images(observed, id) = Fact::Present(ObservedRepository { digests: vec![] });
    }
}

fn ensure(observed: &mut Observed, id: StepId, wanted: &Resource, inputs: &BTreeMap<String, Value>) {
    let mut wanted = wanted.clone();
    if let Resource::Function(function) = &mut wanted {
        let inputs = inputs.iter().map(|(name, value)| (name.clone(), resolved(observed, value)));
        function.environment.extend(inputs.collect::<Vec<_>>());
    }
    if matches!(id, StepId::AgentUrl | StepId::AgentUrlPolicy) {
        assert!(observed.of_stack(StepId::AgentFunction).present().is_some(), "no function for {id:?}");
    }
    match observed.of_stack(id).present().cloned() {
        Some(live) => drop(observed.resources.insert(id, Fact::Present(put_back(live, wanted)))),
        None => add(observed, id, wanted),
    }
}

/// What others added stays, and so does what no call can change.
fn put_back(live: Resource, mut wanted: Resource) -> Resource {
    match (&live, &mut wanted) {
        (Resource::Table(live), Resource::Table(wanted)) => {
            wanted.keys = live.keys.clone();
            wanted.indexes.extend(live.indexes.clone());
        }
        (Resource::Repository(live), Resource::Repository(wanted)) => wanted.encryption = live.encryption.clone(),
        (Resource::ManagedPolicies(live), Resource::ManagedPolicies(wanted)) => {
            for (name, policy) in &live.policies {
                match wanted.policies.get_mut(name) {
                    Some(wanted) => wanted.description.clone_from(&policy.description),
                    None => drop(wanted.policies.insert(name.clone(), policy.clone())),
                }
            }
        }
        (Resource::Role(live), Resource::Role(wanted)) if !wanted.attached_policies.is_empty() => {
            wanted.attached_policies.extend(live.attached_policies.clone());
            wanted.attached_policies.sort();
            wanted.attached_policies.dedup();
        }
        (Resource::FunctionPolicy(live), Resource::FunctionPolicy(wanted)) => {
            let foreign = live.statements.iter().filter(|(sid, _)| !wanted.statements.contains_key(*sid));
            let foreign: Vec<_> = foreign.map(|(sid, statement)| (sid.clone(), statement.clone())).collect();
            wanted.statements.extend(foreign);
        }
        _ => {}
    }
    with_tags_of(live, wanted)
}

fn with_tags_of(live: Resource, mut wanted: Resource) -> Resource {
    let theirs = live.tags().cloned().unwrap_or_default();
    let tags = match &mut wanted {
        Resource::Table(table) => &mut table.tags,
        Resource::Repository(repository) => &mut repository.tags,
        Resource::LogGroup(group) => &mut group.tags,
        Resource::Role(role) => &mut role.tags,
        Resource::Function(function) => &mut function.tags,
        Resource::ManagedPolicies(_) | Resource::FunctionUrl(_) | Resource::FunctionPolicy(_) => return wanted,
    };
    let ours = std::mem::take(tags);
    tags.extend(theirs.into_iter().chain(ours));
    wanted
}

/// A known value, or what the gateway that is there by now gives.
pub fn resolved(observed: &Observed, value: &Value) -> String {
    match value {
        Value::Known(text) => text.clone(),
        Value::Output { key, .. } => {
            let gateway = observed.gateway.present().expect("the gateway's step is done");
            match key {
                OutputKey::GatewayId => gateway.id.clone(),
                OutputKey::GatewayUrl => gateway.url.clone(),
            }
        }
    }
}

fn make_gateway(observed: &mut Observed, existing: Option<&str>, wanted: &DesiredGateway) {
    let before = observed.gateway.present().cloned();
    let made_again = before.is_some() && existing.is_none();
    if made_again {
        assert!(before.as_ref().is_none_or(|old| old.foreign_targets.is_empty()), "its targets are not ours to delete");
        observed.target = Fact::Absent;
    }
    let kept = before.filter(|_| !made_again);
    let (id, url) = match &kept {
        Some(old) => (old.id.clone(), old.url.clone()),
        None => unused_address(observed),
    };
    let theirs = kept.as_ref().map(|old| old.tags.clone()).unwrap_or_default();
    observed.gateway = Fact::Present(ObservedGateway {
        arn: format!("arn:{id}"),
        id,
        url,
        status: "READY".into(),
        status_reasons: vec![],
        name: wanted.name.clone(),
        description: Some(wanted.description.clone()),
        role_arn: wanted.role_arn.clone(),
        authorizer: Some(wanted.authorizer.clone()),
        tags: theirs.into_iter().chain(wanted.tags.clone()).collect(),
        foreign_targets: kept.map(|old| old.foreign_targets).unwrap_or_default(),
    });
}

/// AWS never gives a gateway's id a second time.
fn unused_address(observed: &Observed) -> (String, String) {
    let deployed = observed.application.present().and_then(|stack| stack.parameters.get(PARAMETER_GATEWAY_URL));
    let used = |id: &&str| {
        let by_gateway = observed.gateway.present().is_some_and(|gateway| gateway.id == *id);
        by_gateway || deployed.is_some_and(|url| url.contains(id))
    };
    let ids = ["gw-0123456789", "gw-9876543210", "gw-5432109876"];
    let id = ids.into_iter().find(|id| !used(id)).expect("at most two are in use");
    (id.into(), super::GATEWAY_URL.replace(ids[0], id))
}

fn role_of(role: &DesiredRole, desired: &Desired) -> ObservedRole {
    ObservedRole {
        arn: desired.gateway.role_arn.clone(),
        trust_policy: role.trust_policy.clone(),
        inline_policies: BTreeMap::from([(role.policy_name.clone(), role.policy.clone())]),
        attached_policies: vec![],
        permissions_boundary: role.permissions_boundary.clone(),
        tags: role.tags.clone(),
    }
}

fn statement_of(statement: &DesiredStatement) -> ObservedStatement {
    ObservedStatement {
        statement_id: statement.statement_id.clone(),
        principal: statement.principal.clone(),
        action: statement.action.clone(),
        condition: None,
    }
}

fn target_of(target: &DesiredTarget, gateway_id: String) -> ObservedTarget {
    ObservedTarget {
        id: "TARGET0001".into(),
        gateway_id,
        name: target.name.clone(),
        status: "READY".into(),
        status_reasons: vec![],
        description: Some(target.description.clone()),
        lambda_arn: Some(target.lambda_arn.clone()),
        tools: target.tools.clone(),
    }
}

/// The fact of a stack's own step.
pub fn stack_mut(observed: &mut Observed, id: StepId) -> &mut Fact<ObservedStack> {
    observed.stack_mut(id).expect("it is the step of a stack")
}
