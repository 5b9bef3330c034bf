//! Puts the steps together: order, dependencies, and what a gap holds up.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::{Action, OutputKey, Plan, Step, StepId, Value};
use super::{gateway, image, resource, role, stack, statement, target};
use crate::desired::Desired;
use crate::observed::{Fact, Observed, ObservedStack};
use crate::render::PARAMETER_GATEWAY_URL;

/// What has to be done so that what is observed becomes what is desired.
///
/// Pure. A resource that could not be read is left alone, and so is what
/// depends on it.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let removing_tools = target::only_removes(&desired.target, &observed.target);
    let mut steps: Vec<Step> = order(removing_tools)
        .into_iter()
        .map(|id| draft(id, desired, observed).into_step(id, depends_on(id, removing_tools), observed))
        .collect();
    hold_behind_gaps(&mut steps);
    Plan {
        environment: desired.environment.clone(),
        account: desired.location.account.clone(),
        region: desired.location.region.clone(),
        steps,
        access: vec![],
    }
}

fn order(removing_tools: bool) -> Vec<StepId> {
    let mut order: Vec<StepId> = StepId::ALL.into_iter().filter(|id| *id != StepId::Target).collect();
    let application = order.iter().position(|id| *id == StepId::ApplicationStack);
    let place = application.filter(|_| removing_tools).unwrap_or(order.len());
    order.insert(place, StepId::Target);
    order
}

fn depends_on(id: StepId, removing_tools: bool) -> Vec<StepId> {
    use StepId::*;
    match id {
        FoundationStack => vec![],
        DeploymentsTable | AgentRepository | ToolsRepository => vec![FoundationStack],
        AgentImage => vec![AgentRepository],
        ToolsImage => vec![ToolsRepository],
        DataStack | GatewayRole => vec![DeploymentsTable],
        ConversationsTable => vec![DataStack],
        Gateway => vec![GatewayRole],
        ApplicationStack if removing_tools => vec![AgentImage, ToolsImage, DataStack, Gateway, Target],
        ApplicationStack => vec![AgentImage, ToolsImage, DataStack, Gateway],
        AgentLogGroup | ToolLogGroup | AgentRole | ToolRole => vec![ApplicationStack],
        AgentFunction => vec![AgentLogGroup, AgentRole],
        ToolFunction => vec![ToolLogGroup, ToolRole],
        AgentUrl => vec![AgentFunction],
        AgentUrlPolicy => vec![AgentUrl],
        FunctionPolicy => vec![GatewayRole, ToolFunction],
        Target if removing_tools => vec![Gateway],
        Target => vec![Gateway, FunctionPolicy],
    }
}

fn draft(id: StepId, desired: &Desired, observed: &Observed) -> Draft {
    match id {
        StepId::FoundationStack => stack::plan(&desired.foundation, &observed.foundation, BTreeMap::new()),
        StepId::AgentImage => image::plan(&desired.agent_image, &observed.agent_images),
        StepId::ToolsImage => image::plan(&desired.tools_image, &observed.tools_images),
        StepId::DataStack => stack::plan(&desired.data, &observed.data, BTreeMap::new()),
        StepId::GatewayRole => role::plan(&desired.gateway_role, &observed.gateway_role),
        StepId::Gateway => gateway::plan(&desired.gateway, &observed.gateway),
        StepId::ApplicationStack => {
            let url = gateway_output(observed, OutputKey::GatewayUrl);
            let parameters = BTreeMap::from([(PARAMETER_GATEWAY_URL.to_string(), url)]);
            stack::plan(&desired.application, &observed.application, parameters)
        }
        StepId::FunctionPolicy => plan_statement(desired, observed),
        StepId::Target => plan_target(desired, observed),
        id => resource::plan(id, desired, observed),
    }
}

/// A function that is made again has no policy, whatever the old one had.
fn plan_statement(desired: &Desired, observed: &Observed) -> Draft {
    let made_again = observed.application.present().is_some_and(ObservedStack::is_lost);
    match &observed.function_policy {
        Fact::Present(_) if made_again => statement::plan(&desired.function_policy, &Fact::Absent),
        found => statement::plan(&desired.function_policy, found),
    }
}

/// A gateway that is made again has no targets, whatever the old one had.
fn plan_target(desired: &Desired, observed: &Observed) -> Draft {
    let gateway_id = gateway_output(observed, OutputKey::GatewayId);
    match (&gateway_id, &observed.target) {
        (Value::Output { .. }, Fact::Present(_)) => target::plan(&desired.target, &Fact::Absent, gateway_id),
        (_, observed) => target::plan(&desired.target, observed, gateway_id),
    }
}

/// Known when the gateway stays, otherwise an output of the gateway's step.
fn gateway_output(observed: &Observed, key: OutputKey) -> Value {
    match observed.gateway.present().filter(|found| !gateway::is_lost(found)) {
        Some(found) => Value::Known(match key {
            OutputKey::GatewayId => found.id.clone(),
            OutputKey::GatewayUrl => found.url.clone(),
        }),
        None => Value::Output { step: StepId::Gateway, key },
    }
}

/// Turns every step that waits for an unchecked one into an unchecked one.
pub fn hold_behind_gaps(steps: &mut [Step]) {
    for index in 0..steps.len() {
        let blocker = steps[index]
            .depends_on
            .iter()
            .find_map(|id| steps[..index].iter().find(|step| step.id == *id && step.action == Action::Unchecked));
        let Some(blocker) = blocker.map(|step| step.resource.clone()) else { continue };
        let step = &mut steps[index];
        if step.operation.take().is_some() {
            step.action = Action::Unchecked;
            step.reason = format!("waits for {blocker}, which could not be read");
            step.changes.clear();
        }
    }
}
