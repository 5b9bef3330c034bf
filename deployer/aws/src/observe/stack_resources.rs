//! The resources that the stacks make, each by its step. The conversation table
//! is read with its stack, see [`super::observe`].

use std::collections::BTreeMap;

use contract::Names;
use deployer_core::StepId;
use deployer_core::observed::Fact;
use deployer_core::resource::Resource;
use futures::future::join_all;

use super::{function, function_policy, function_url, log_group, managed_policies, repository, role, table};
use crate::Clients;

/// All of them but the conversation table, at the same time.
pub async fn observe(clients: &Clients, names: &Names) -> BTreeMap<StepId, Fact<Resource>> {
    let ids = StepId::ALL.into_iter().filter(|id| id.stack().is_some() && *id != StepId::ConversationsTable);
    let reads = ids.map(async |id| Some((id, one(clients, names, id).await?)));
    join_all(reads).await.into_iter().flatten().collect()
}

/// None for a step that is no resource of a stack.
pub async fn one(clients: &Clients, names: &Names, id: StepId) -> Option<Fact<Resource>> {
    Some(match id {
        StepId::DeploymentsTable => table::observe(clients, names.deployments_table()).await,
        StepId::ConversationsTable => table::observe(clients, names.conversations_table()).await,
        StepId::AgentRepository => repository::observe(clients, names.agent_repository()).await,
        StepId::ToolsRepository => repository::observe(clients, names.tools_repository()).await,
        StepId::AgentLogGroup => log_group::observe(clients, log_group_of(&names.agent_function())).await,
        StepId::ToolLogGroup => log_group::observe(clients, log_group_of(&names.tool_function())).await,
        StepId::AgentRole => role::observe_resource(clients, names.agent_role()).await,
        StepId::ReadPolicies => managed_policies::observe(clients, names).await,
        StepId::ToolRole => role::observe_resource(clients, names.tool_role()).await,
        StepId::AgentFunction => function::observe(clients, names.agent_function()).await,
        StepId::ToolFunction => function::observe(clients, names.tool_function()).await,
        StepId::AgentUrl => function_url::observe(clients, names.agent_function()).await,
        StepId::AgentUrlPolicy => {
            function_policy::observe(clients, names.agent_function(), names.application_stack()).await
        }
        _ => return None,
    })
}

/// As the application's template names it.
fn log_group_of(function: &str) -> String {
    format!("/aws/lambda/{function}")
}
