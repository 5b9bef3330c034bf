//! What a plan would delete, and whether it is ours.

use contract::Names;

use crate::observed::{Fact, Observed};
use crate::ownership::is_owned;
use crate::plan::{Operation, Plan, StackMode, Step, StepId};

/// The steps that delete, or make again, something that does not carry our tags.
pub fn deletes_of_others(plan: &Plan, observed: &Observed, names: &Names) -> Vec<StepId> {
    plan.steps.iter().filter(|step| !spares_others(step, observed, names)).map(|step| step.id).collect()
}

fn spares_others(step: &Step, observed: &Observed, names: &Names) -> bool {
    let gateway_is_ours = || {
        let gateway = observed.gateway.present();
        gateway.is_none_or(|gateway| is_owned(&gateway.tags, names))
    };
    let alone_in_gateway = || observed.gateway.present().is_none_or(|gateway| gateway.foreign_targets.is_empty());
    match step.operation.as_ref() {
        Some(Operation::DeleteStack { retained_table, .. }) => {
            stack_is_ours(observed, step.id, names)
                && (retained_table.is_none() || resource_is_ours(observed, StepId::ConversationsTable, names))
        }
        Some(Operation::DeployStack(deployment)) => {
            deployment.mode != StackMode::Recreate || stack_is_ours(observed, step.id, names)
        }
        Some(Operation::DeleteRole { .. }) => {
            observed.gateway_role.present().is_none_or(|role| is_owned(&role.tags, names))
        }
        Some(Operation::DeleteGateway { .. } | Operation::EnsureGateway { replace: true, .. }) => {
            gateway_is_ours() && alone_in_gateway()
        }
        Some(Operation::DeleteTarget { .. } | Operation::EnsureTarget { replace: true, .. }) => gateway_is_ours(),
        Some(Operation::RemoveStatement { statement_id, .. }) => statement_id == contract::names::GATEWAY_STATEMENT_ID,
        Some(Operation::EmptyRepository { .. }) => {
            let repository =
                if step.id == StepId::AgentImage { StepId::AgentRepository } else { StepId::ToolsRepository };
            observed.foundation.present().is_some_and(|stack| is_owned(&stack.tags, names))
                || resource_is_ours(observed, repository, names)
        }
        Some(Operation::DeleteResource { .. }) => resource_is_ours(observed, step.id, names),
        _ => true,
    }
}

fn stack_is_ours(observed: &Observed, id: StepId, names: &Names) -> bool {
    let stack = observed.stack(id).expect("it is the step of a stack");
    stack.present().is_none_or(|stack| is_owned(&stack.tags, names))
}

fn resource_is_ours(observed: &Observed, id: StepId, names: &Names) -> bool {
    observed.of_stack(id).present().is_some_and(|resource| resource.is_owned(names))
}

/// Takes our tags off what `choices` says, as if somebody else had made it.
pub fn disown(observed: &mut Observed, choices: &[bool]) {
    let chosen = |place: usize| choices.get(place).copied().unwrap_or_default();
    let stacks = [&mut observed.foundation, &mut observed.data, &mut observed.application, &mut observed.read_access];
    for (place, stack) in stacks.into_iter().enumerate().filter(|(place, _)| chosen(*place)) {
        if let Fact::Present(stack) = stack {
            stack.tags.insert("Environment".into(), format!("another-{place}"));
        }
    }
    if let (true, Fact::Present(role)) = (chosen(4), &mut observed.gateway_role) {
        role.tags.clear();
    }
    if let (true, Fact::Present(gateway)) = (chosen(5), &mut observed.gateway) {
        gateway.tags.clear();
    }
    if let (true, Fact::Present(gateway)) = (chosen(6), &mut observed.gateway) {
        gateway.foreign_targets.push("theirs".into());
    }
    let resources = observed.resources.values_mut().enumerate();
    for (_, fact) in resources.filter(|(place, _)| chosen(7 + place)) {
        if let Fact::Present(resource) = fact {
            clear_tags(resource);
        }
    }
}

fn clear_tags(resource: &mut crate::resource::Resource) {
    use crate::resource::Resource::*;
    match resource {
        Table(table) => table.tags.clear(),
        Repository(repository) => repository.tags.clear(),
        LogGroup(group) => group.tags.clear(),
        Role(role) => role.tags.clear(),
        ManagedPolicies(found) => {
            found.policies.values_mut().for_each(|policy| policy.description = Some("theirs".into()));
        }
        Function(function) => function.tags.clear(),
        FunctionUrl(_) | FunctionPolicy(_) => {}
    }
}
