//! Puts the steps together: order, dependencies, and what a gap holds up.

use std::collections::{BTreeMap, BTreeSet};

use super::change::shorten;
use super::deployed::deployed;
use super::draft::Draft;
use super::sequence::Sequence;
use super::stack::Wanted;
use super::{Action, Change, OutputKey, Plan, Step, StepId, Value};
use super::{gateway, image, managed_policies, resource, role, stack, statement, target};
use crate::access;
use crate::desired::Desired;
use crate::observed::{Fact, Observed, ObservedRepository, ObservedStack};
use crate::render::PARAMETER_GATEWAY_URL;
use crate::resource::Statement;

/// What has to be done so that what is observed becomes what is desired.
///
/// Pure. A resource that could not be read is left alone, and so is what
/// depends on it.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let deployed = deployed(desired, observed);
    let later = BTreeMap::from([(PARAMETER_GATEWAY_URL.to_string(), gateway_output(observed, OutputKey::GatewayUrl))]);
    let context = resource::Context { desired, observed, deployed: &deployed, later: &later };
    let mut drafts: BTreeMap<StepId, Draft> = StepId::ALL.into_iter().map(|id| (id, draft(id, &context))).collect();
    let sequence = Sequence {
        removing_tools: target::only_removes(&desired.target, &observed.target),
        removing_policies: managed_policies::only_removes(desired, observed),
        restored: restored_before_their_stack(&drafts, observed),
    };
    let place = |id| Some(drafts.remove(&id)?.into_step(id, sequence.depends_on(id), observed));
    let mut steps: Vec<Step> = sequence.order().into_iter().filter_map(place).collect();
    hold_behind_gaps(&mut steps);
    let access = access::changes(&steps, desired, observed, &deployed);
    Plan {
        environment: desired.environment.clone(),
        account: desired.location.account.clone(),
        region: desired.location.region.clone(),
        steps,
        access,
    }
}

fn restored_before_their_stack(drafts: &BTreeMap<StepId, Draft>, observed: &Observed) -> BTreeSet<StepId> {
    let acts = |id: &StepId| drafts.get(id).is_some_and(Draft::acts);
    let is_gone = |id: &StepId| *observed.of_stack(*id) == Fact::Absent;
    let ids = StepId::ALL.into_iter();
    ids.filter(|id| acts(id) && is_gone(id) && id.stack().is_some_and(|stack| acts(&stack))).collect()
}

fn draft(id: StepId, context: &resource::Context) -> Draft {
    let resource::Context { desired, observed, later, .. } = *context;
    let wanted = |stack, later| Wanted { stack, location: &desired.location, later };
    match id {
        StepId::FoundationStack => stack::plan(&wanted(&desired.foundation, BTreeMap::new()), &observed.foundation),
        StepId::DataStack => stack::plan(&wanted(&desired.data, BTreeMap::new()), &observed.data),
        StepId::ReadAccessStack => stack::plan(&wanted(&desired.read_access, BTreeMap::new()), &observed.read_access),
        StepId::ApplicationStack => stack::plan(&wanted(&desired.application, later.clone()), &observed.application),
        StepId::AgentImage => image::plan(&desired.agent_image, images(&observed.agent_images, observed)),
        StepId::ToolsImage => image::plan(&desired.tools_image, images(&observed.tools_images, observed)),
        StepId::GatewayRole => role::plan(&desired.gateway_role, &observed.gateway_role),
        StepId::Gateway => gateway::plan(&desired.gateway, &observed.gateway).with_foreign(foreign_targets(observed)),
        StepId::FunctionPolicy => plan_statement(desired, observed).with_foreign(foreign_statements(observed)),
        StepId::Target => plan_target(desired, observed),
        id => resource::plan(id, context),
    }
}

fn foreign_targets(observed: &Observed) -> Vec<Change> {
    let names = observed.gateway.present().into_iter().flat_map(|gateway| &gateway.foreign_targets);
    names.map(|name| foreign(format!("target {name}"), "offers tools of somebody else".into())).collect()
}

fn foreign_statements(observed: &Observed) -> Vec<Change> {
    let statements = observed.foreign_statements.iter();
    let allows = |statement: &Statement| format!("{} may {}", statement.principal, statement.action);
    statements.map(|(sid, statement)| foreign(format!("statement {sid}"), allows(statement))).collect()
}

fn foreign(path: String, before: String) -> Change {
    Change { path, before: Some(shorten(&before)), after: None, replaces: false }
}

/// A repository that is made again has no images, whatever the old one had.
fn images<'a>(found: &'a Fact<ObservedRepository>, observed: &Observed) -> &'a Fact<ObservedRepository> {
    let made_again = observed.foundation.present().is_some_and(ObservedStack::is_lost);
    if made_again && found.present().is_some() { &Fact::Absent } else { found }
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

/// Turns every step that waits for an unchecked one, however far, into an unchecked one.
pub fn hold_behind_gaps(steps: &mut [Step]) {
    let mut held: BTreeMap<StepId, String> = BTreeMap::new();
    for step in steps {
        let blocker = step.depends_on.iter().find_map(|id| held.get(id)).cloned();
        let Some(blocker) = blocker.or_else(|| (step.action == Action::Unchecked).then(|| step.resource.clone()))
        else {
            continue;
        };
        if step.operation.take().is_some() {
            step.action = Action::Unchecked;
            step.reason = format!("waits for {blocker}, which could not be read");
            step.changes.clear();
        }
        held.insert(step.id, blocker);
    }
}
