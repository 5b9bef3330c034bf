//! What `down` takes away: one sentence for each thing that goes with its access.

use crate::observed::Observed;
use crate::plan::{AccessChange, AccessEffect, Step, StepId};
use crate::resource::Resource;

/// Who may no longer do what. Removing never widens.
pub fn removals(steps: &[Step], observed: &Observed) -> Vec<AccessChange> {
    let acting = steps.iter().filter(|step| step.operation.is_some());
    acting
        .flat_map(|step| {
            let narrowing =
                |sentence| AccessChange { step: step.id, effect: AccessEffect::Narrows, sentence, actions: vec![] };
            sentences(step, observed).into_iter().map(narrowing)
        })
        .collect()
}

fn sentences(step: &Step, observed: &Observed) -> Vec<String> {
    match step.id {
        StepId::Target => vec!["callers of the gateway may no longer use its tools".into()],
        StepId::Gateway => vec![format!("the {} no longer accepts tokens", step.resource)],
        StepId::GatewayRole => vec![format!("the gateway's {} may no longer do anything", step.resource)],
        StepId::FunctionPolicy => vec!["the gateway role may no longer invoke the tool function".into()],
        StepId::ApplicationStack => {
            let made = [StepId::AgentUrlPolicy, StepId::AgentRole, StepId::ToolRole];
            made.into_iter().filter_map(|id| of_resource(id, observed)).collect()
        }
        StepId::ReadAccessStack => of_resource(StepId::ReadPolicies, observed).into_iter().collect(),
        id => of_resource(id, observed).into_iter().collect(),
    }
}

/// Goes with its stack, or by itself where the stack left it behind.
fn of_resource(id: StepId, observed: &Observed) -> Option<String> {
    match observed.of_stack(id).present()? {
        Resource::Role(role) => Some(format!("role {} may no longer do anything", role.name)),
        Resource::ManagedPolicies(policies) => {
            Some(format!("who has the {} policies may no longer do what they allow", policies.name))
        }
        Resource::FunctionPolicy(policy) => {
            Some(format!("nobody may use the URL of function {} any longer", policy.function_name))
        }
        _ => None,
    }
}
