//! Reads the state of an environment: a file per resource, all at the same time.
//!
//! A read that fails becomes a gap of its own fact and ends nothing else.

mod function;
mod function_policy;
mod function_url;
mod gateway;
mod image;
mod log_group;
mod managed_policies;
mod policy_document;
mod repository;
mod role;
mod stack;
mod stack_resources;
mod statement;
mod table;
mod tags;
mod target;

use contract::Names;
use deployer_core::observed::{Fact, Gap, Observed, ObservedGateway, ObservedStack, ObservedTarget};
use deployer_core::resource::Resource;
use deployer_core::{Settings, StepId};

use crate::Clients;
use crate::errors::Trouble;

pub(crate) use gateway::find as find_gateway;
pub(crate) mod live {
    //! A stack's resource as it is now, for the code that changes it.

    pub use super::function::read as function;
    pub use super::function_policy::{statement_ids, statements};
    pub use super::function_url::read as function_url;
    pub use super::log_group::{arn as log_group_arn, read as log_group};
    pub use super::managed_policies::{read as managed_policies, versions as policy_versions};
    pub use super::repository::{arn as repository_arn, read as repository};
    pub use super::role::{LiveRole, read as role};
    pub use super::table::{arn as table_arn, read as table};
}
pub(crate) use statement::statement as statement_of;
pub(crate) use target::find as find_target;

/// Reads every resource of the environment.
pub async fn observe(clients: &Clients, settings: &Settings) -> Observed {
    let names = settings.names();
    let stacks = async {
        tokio::join!(
            stack::observe(clients, names.foundation_stack()),
            data_and_table(clients, &names),
            stack::observe(clients, names.read_access_stack()),
            stack::observe(clients, names.application_stack()),
        )
    };
    let images = async {
        tokio::join!(
            image::observe(clients, names.agent_repository()),
            image::observe(clients, names.tools_repository()),
        )
    };
    let (stacks, images, gateway_role, (gateway, target), tool_policy, mut resources) = tokio::join!(
        stacks,
        images,
        role::observe(clients, names.gateway_role()),
        gateway_and_target(clients, names.gateway()),
        statement::observe(clients, names.tool_function()),
        stack_resources::observe(clients, &names),
    );
    let (foundation, (data, conversations_table), read_access, application) = stacks;
    resources.insert(StepId::ConversationsTable, conversations_table);
    let (agent_images, tools_images) = images;
    let mut observed = Observed {
        account: clients.account().to_string(),
        foundation,
        data,
        read_access,
        application,
        agent_images,
        tools_images,
        gateway_role,
        gateway,
        target,
        function_policy: tool_policy.gateways,
        resources,
        foreign_statements: tool_policy.foreign,
    };
    for id in [StepId::FoundationStack, StepId::ReadAccessStack, StepId::ApplicationStack] {
        if was_overtaken(&observed, id) {
            reread(clients, settings, &mut observed, id).await;
        }
    }
    observed
}

/// True where a stack was not there and something of it is: it may have come in
/// between, with what it makes.
fn was_overtaken(observed: &Observed, id: StepId) -> bool {
    let Some(stack) = observed.stack(id) else { return false };
    let nothing_yet = *stack == Fact::Absent || stack.present().is_some_and(ObservedStack::is_empty);
    let mut made = observed.resources.iter().filter(|(step, _)| step.stack() == Some(id));
    nothing_yet && made.any(|(_, fact)| fact.present().is_some())
}

/// Reads the resource of one step again and puts it in its place.
pub async fn reread(clients: &Clients, settings: &Settings, observed: &mut Observed, id: StepId) {
    let names = settings.names();
    match id {
        StepId::FoundationStack => observed.foundation = stack::observe(clients, names.foundation_stack()).await,
        StepId::DataStack => observed.data = stack::observe(clients, names.data_stack()).await,
        StepId::ReadAccessStack => observed.read_access = stack::observe(clients, names.read_access_stack()).await,
        StepId::ApplicationStack => observed.application = stack::observe(clients, names.application_stack()).await,
        StepId::AgentImage => observed.agent_images = image::observe(clients, names.agent_repository()).await,
        StepId::ToolsImage => observed.tools_images = image::observe(clients, names.tools_repository()).await,
        StepId::GatewayRole => observed.gateway_role = role::observe(clients, names.gateway_role()).await,
        StepId::Gateway => observed.gateway = gateway::observe(clients, &names.gateway()).await,
        StepId::Target => (observed.gateway, observed.target) = gateway_and_target(clients, names.gateway()).await,
        StepId::FunctionPolicy => {
            let policy = statement::observe(clients, names.tool_function()).await;
            (observed.function_policy, observed.foreign_statements) = (policy.gateways, policy.foreign);
        }
        id => {
            let fact = stack_resources::one(clients, &names, id).await;
            observed.resources.extend(fact.map(|fact| (id, fact)));
        }
    }
}

/// Why a step's resource could not be read, if it could not.
pub(crate) fn gap(observed: &Observed, id: StepId) -> Option<&Gap> {
    match id {
        StepId::AgentImage => observed.agent_images.gap(),
        StepId::ToolsImage => observed.tools_images.gap(),
        StepId::GatewayRole => observed.gateway_role.gap(),
        StepId::Gateway => observed.gateway.gap(),
        StepId::Target => observed.target.gap(),
        StepId::FunctionPolicy => observed.function_policy.gap(),
        id => observed.stack(id).map_or_else(|| observed.of_stack(id).gap(), Fact::gap),
    }
}

/// The table is read after its stack, so that it is there when the stack is
/// complete. One that is there without a stack may have come in between, with
/// its stack: then that is looked up once more.
async fn data_and_table(clients: &Clients, names: &Names) -> (Fact<ObservedStack>, Fact<Resource>) {
    let data = stack::observe(clients, names.data_stack()).await;
    let table = table::observe(clients, names.conversations_table()).await;
    let is_made = data.present().is_some_and(|stack| !stack.is_lost());
    if table.present().is_none() || is_made {
        return (data, table);
    }
    (stack::observe(clients, names.data_stack()).await, table)
}

async fn gateway_and_target(clients: &Clients, name: String) -> (Fact<ObservedGateway>, Fact<ObservedTarget>) {
    let mut gateway = gateway::observe(clients, &name).await;
    let target = match &mut gateway {
        Fact::Present(gateway) => {
            let targets = target::observe(clients, &gateway.id).await;
            gateway.foreign_targets = targets.foreign;
            targets.ours
        }
        Fact::Absent => Fact::Absent,
        Fact::Unknown(gap) => Fact::Unknown(gap.clone()),
    };
    (gateway, target)
}

/// A fact from a read: found, not found, or failed.
fn fact<T>(read: Result<Option<T>, Trouble>) -> Fact<T> {
    match read {
        Ok(Some(value)) => Fact::Present(value),
        Ok(None) => Fact::Absent,
        Err(trouble) => Fact::Unknown(trouble.gap()),
    }
}
