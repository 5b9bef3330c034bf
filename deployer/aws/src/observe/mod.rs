//! Reads the state of an environment: a file per resource, all at the same time.
//!
//! A read that fails becomes a gap of its own fact and ends nothing else.

mod gateway;
mod policy_document;
mod repository;
mod role;
mod stack;
mod statement;
mod table;
mod target;

use contract::Names;
use deployer_core::observed::{Fact, Gap, Observed, ObservedGateway, ObservedStack, ObservedTable, ObservedTarget};
use deployer_core::{Settings, StepId};

use crate::Clients;
use crate::errors::Trouble;

pub(crate) use gateway::find as find_gateway;
pub(crate) use statement::statement as statement_of;
pub(crate) use target::find as find_target;

/// Reads every resource of the environment.
pub async fn observe(clients: &Clients, settings: &Settings) -> Observed {
    let names = settings.names();
    let stacks = async {
        tokio::join!(
            stack::observe(clients, names.foundation_stack()),
            data_and_table(clients, &names),
            stack::observe(clients, names.application_stack()),
        )
    };
    let images = async {
        tokio::join!(
            repository::observe(clients, names.agent_repository()),
            repository::observe(clients, names.tools_repository()),
        )
    };
    let (stacks, images, gateway_role, (gateway, target), function_policy) = tokio::join!(
        stacks,
        images,
        role::observe(clients, names.gateway_role()),
        gateway_and_target(clients, names.gateway()),
        statement::observe(clients, names.tool_function()),
    );
    let (foundation, (data, conversations_table), application) = stacks;
    let (agent_images, tools_images) = images;
    Observed {
        account: clients.account().to_string(),
        foundation,
        data,
        application,
        agent_images,
        tools_images,
        conversations_table,
        gateway_role,
        gateway,
        target,
        function_policy,
        resources: Default::default(),
        foreign_statements: Default::default(),
    }
}

/// Reads the resource of one step again and puts it in its place.
pub async fn reread(clients: &Clients, settings: &Settings, observed: &mut Observed, id: StepId) {
    let names = settings.names();
    match id {
        StepId::FoundationStack => observed.foundation = stack::observe(clients, names.foundation_stack()).await,
        StepId::DataStack => observed.data = stack::observe(clients, names.data_stack()).await,
        StepId::ApplicationStack => observed.application = stack::observe(clients, names.application_stack()).await,
        StepId::AgentImage => observed.agent_images = repository::observe(clients, names.agent_repository()).await,
        StepId::ToolsImage => observed.tools_images = repository::observe(clients, names.tools_repository()).await,
        StepId::GatewayRole => observed.gateway_role = role::observe(clients, names.gateway_role()).await,
        StepId::Gateway => observed.gateway = gateway::observe(clients, &names.gateway()).await,
        StepId::Target => (observed.gateway, observed.target) = gateway_and_target(clients, names.gateway()).await,
        StepId::FunctionPolicy => observed.function_policy = statement::observe(clients, names.tool_function()).await,
        // Read where they are observed.
        _ => {}
    }
}

/// Why a step's resource could not be read, if it could not.
pub(crate) fn gap(observed: &Observed, id: StepId) -> Option<&Gap> {
    match id {
        StepId::FoundationStack => observed.foundation.gap(),
        StepId::DataStack => observed.data.gap(),
        StepId::ApplicationStack => observed.application.gap(),
        StepId::AgentImage => observed.agent_images.gap(),
        StepId::ToolsImage => observed.tools_images.gap(),
        StepId::GatewayRole => observed.gateway_role.gap(),
        StepId::Gateway => observed.gateway.gap(),
        StepId::Target => observed.target.gap(),
        StepId::FunctionPolicy => observed.function_policy.gap(),
        id => observed.of_stack(id).gap(),
    }
}

/// The table is read after its stack, so that it is there when the stack is
/// complete. One that is there without a stack may have come in between, with
/// its stack: then that is looked up once more.
async fn data_and_table(clients: &Clients, names: &Names) -> (Fact<ObservedStack>, Fact<ObservedTable>) {
    let data = stack::observe(clients, names.data_stack()).await;
    let table = table::observe(clients, names.conversations_table()).await;
    let is_made = data.present().is_some_and(|stack| !stack.is_lost());
    if table.present().is_none() || is_made {
        return (data, table);
    }
    (stack::observe(clients, names.data_stack()).await, table)
}

async fn gateway_and_target(clients: &Clients, name: String) -> (Fact<ObservedGateway>, Fact<ObservedTarget>) {
    let gateway = gateway::observe(clients, &name).await;
    let target = match &gateway {
        Fact::Present(gateway) => target::observe(clients, &gateway.id).await,
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
