//! Steps in words.

use deployer_core::{Action, Step, StepId};

/// "create stack aws-operations-agent-local"
pub fn describe(step: &Step) -> String {
    let verb = match step.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Keep => "keep",
        Action::Unchecked => "leave",
    };
    format!("{verb} {}", step.resource)
}

/// The key of the step's events, as the plan's JSON spells the step.
pub fn step_key(id: StepId) -> &'static str {
    match id {
        StepId::FoundationStack => "foundation-stack",
        StepId::AgentImage => "agent-image",
        StepId::ToolsImage => "tools-image",
        StepId::DataStack => "data-stack",
        StepId::GatewayRole => "gateway-role",
        StepId::Gateway => "gateway",
        StepId::ApplicationStack => "application-stack",
        StepId::FunctionPolicy => "function-policy",
        StepId::Target => "target",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_in_the_plans_json() {
        for id in [StepId::FoundationStack, StepId::AgentImage, StepId::GatewayRole, StepId::FunctionPolicy] {
            assert_eq!(serde_json::to_value(id).unwrap(), step_key(id));
        }
    }
}
