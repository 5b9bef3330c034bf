//! Which step looks after which resource of a template.

use crate::plan::StepId;

/// The step of a resource, by its logical id. The permissions of the agent's
/// function are one step together, and so are the policies of the tools' read
/// access; they are told by their type.
pub(crate) fn step_of(logical_id: &str, resource_type: &str) -> Option<StepId> {
    if resource_type == "AWS::Lambda::Permission" {
        return Some(StepId::AgentUrlPolicy);
    }
    if resource_type == "AWS::IAM::ManagedPolicy" {
        return Some(StepId::ReadPolicies);
    }
    match logical_id {
        "AgentRepository" => Some(StepId::AgentRepository),
        "ToolsRepository" => Some(StepId::ToolsRepository),
        "DeploymentsTable" => Some(StepId::DeploymentsTable),
        "ConversationsTable" => Some(StepId::ConversationsTable),
        "AgentLogGroup" => Some(StepId::AgentLogGroup),
        "ToolLogGroup" => Some(StepId::ToolLogGroup),
        "AgentRole" => Some(StepId::AgentRole),
        "ToolRole" => Some(StepId::ToolRole),
        "AgentFunction" => Some(StepId::AgentFunction),
        "ToolFunction" => Some(StepId::ToolFunction),
        "AgentUrl" => Some(StepId::AgentUrl),
        _ => None,
    }
}
