//! Every resource of an environment with its state in a word.

use contract::{Names, names};
use deployer_core::observed::{Fact, Observed};
use deployer_core::resource::Resource;
use deployer_core::{StepId, observed::ObservedStack};
use schemars::JsonSchema;
use serde::Serialize;

/// One resource and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceState {
    pub step: StepId,
    /// "stack aws-operations-agent-local"
    pub resource: String,
    /// AWS's status word where it has one, otherwise `present`, `absent` or `unchecked: <why>`.
    pub status: String,
}

impl ResourceState {
    pub fn is_absent(&self) -> bool {
        self.status == ABSENT
    }
}

const ABSENT: &str = "absent";

/// In the order of deployment.
pub fn resource_states(observed: &Observed, names: &Names) -> Vec<ResourceState> {
    let state = |step| ResourceState { step, resource: label(step, names), status: status(step, observed) };
    StepId::ALL.into_iter().map(state).collect()
}

/// What people call a step's resource, whether it exists or not.
fn label(step: StepId, names: &Names) -> String {
    let log_group = |function: String| format!("log group /aws/lambda/{function}");
    match step {
        StepId::FoundationStack => format!("stack {}", names.foundation_stack()),
        StepId::DeploymentsTable => format!("table {}", names.deployments_table()),
        StepId::AgentRepository => format!("repository {}", names.agent_repository()),
        StepId::ToolsRepository => format!("repository {}", names.tools_repository()),
        StepId::AgentImage => format!("images in {}", names.agent_repository()),
        StepId::ToolsImage => format!("images in {}", names.tools_repository()),
        StepId::DataStack => format!("stack {}", names.data_stack()),
        StepId::ConversationsTable => format!("table {}", names.conversations_table()),
        StepId::GatewayRole => format!("role {}", names.gateway_role()),
        StepId::Gateway => format!("gateway {}", names.gateway()),
        StepId::ReadAccessStack => format!("stack {}", names.read_access_stack()),
        StepId::ReadPolicies => format!("policies {}", names.read_policies()),
        StepId::ApplicationStack => format!("stack {}", names.application_stack()),
        StepId::AgentLogGroup => log_group(names.agent_function()),
        StepId::ToolLogGroup => log_group(names.tool_function()),
        StepId::AgentRole => format!("role {}", names.agent_role()),
        StepId::ToolRole => format!("role {}", names.tool_role()),
        StepId::AgentFunction => format!("function {}", names.agent_function()),
        StepId::ToolFunction => format!("function {}", names.tool_function()),
        StepId::AgentUrl => format!("URL of function {}", names.agent_function()),
        StepId::AgentUrlPolicy => format!("callers of function {}", names.agent_function()),
        StepId::FunctionPolicy => format!("policy of function {}", names.tool_function()),
        StepId::Target => format!("target {}", names::TARGET),
    }
}

fn status(step: StepId, observed: &Observed) -> String {
    let stack = |fact: &Fact<ObservedStack>| word(fact, |stack| stack.status.clone());
    let images = |digests: &[String]| match digests.len() {
        0 => ABSENT.to_string(),
        1 => "1 image".into(),
        count => format!("{count} images"),
    };
    match step {
        id if StepId::STACKS.contains(&id) => observed.stack(id).map(stack).unwrap_or_default(),
        StepId::AgentImage => word(&observed.agent_images, |found| images(&found.digests)),
        StepId::ToolsImage => word(&observed.tools_images, |found| images(&found.digests)),
        StepId::GatewayRole => word(&observed.gateway_role, present),
        StepId::Gateway => word(&observed.gateway, |gateway| gateway.status.clone()),
        StepId::Target => word(&observed.target, |target| target.status.clone()),
        StepId::FunctionPolicy => word(&observed.function_policy, present),
        StepId::ReadPolicies => word(observed.of_stack(step), |found| match found {
            Resource::ManagedPolicies(found) if found.policies.len() == 1 => "1 policy".into(),
            Resource::ManagedPolicies(found) => format!("{} policies", found.policies.len()),
            other => present(other),
        }),
        step => word(observed.of_stack(step), present),
    }
}

fn present<T>(_found: &T) -> String {
    "present".into()
}

fn word<T>(fact: &Fact<T>, status: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Present(found) => status(found),
        Fact::Absent => ABSENT.into(),
        Fact::Unknown(gap) => format!("unchecked: {}", gap.message),
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::observed::{Gap, GapReason, ObservedRepository};

    use super::*;

    #[test]
    fn every_resource_has_a_state_and_a_gap_is_not_absence() {
        let mut observed = Observed::nothing("111122223333");
        observed.agent_images = Fact::Present(ObservedRepository { digests: vec!["sha256:aa".into()] });
        let gap = Gap { reason: GapReason::Denied, message: "denied".into() };
        observed.resources.insert(StepId::AgentRole, Fact::Unknown(gap));
        let states = resource_states(&observed, &Names::new("prefix", "test"));
        assert_eq!(states.len(), StepId::ALL.len());
        let status = |step| states.iter().find(|state| state.step == step).unwrap().status.as_str();
        assert_eq!(status(StepId::AgentImage), "1 image");
        assert_eq!(status(StepId::AgentRole), "unchecked: denied");
        assert!(states.iter().filter(|state| !state.is_absent()).count() == 2);
    }
}
