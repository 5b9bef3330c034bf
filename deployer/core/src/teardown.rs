//! The plan of `down`: the same engine with nothing desired.
//!
//! Only what carries our tags is deleted. The data stack stays unless its
//! deletion is asked for.

mod leftover;

use contract::{Names, names};

use crate::access;
use crate::observed::{Fact, Observed, ObservedStack};
use crate::ownership::is_owned;
use crate::plan::Draft;
use crate::plan::{Action, Operation, Plan, Step, StepId, hold_behind_gaps};
use crate::resource::Resource;

const NOT_OURS: &str = "does not carry our tags, so it is not ours to delete";
const NO_LONGER_WANTED: &str = "no longer wanted";

/// Whether `down` takes the conversations with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnData {
    Keep,
    Delete,
}

/// What is torn down, where.
pub struct Teardown<'a> {
    pub names: &'a Names,
    pub region: &'a str,
    pub on_data: OnData,
}

/// Steps that leave nothing of ours behind, except what is kept on purpose.
/// Resources of a stack go with it; those that it left behind have steps of their own.
pub fn teardown(request: &Teardown, observed: &Observed) -> Plan {
    let ids: Vec<StepId> = ORDER
        .into_iter()
        .filter(|id| id.stack().is_none() || leftover::is_looked_at(*id, observed, request.names))
        .collect();
    let needs = |id| depends_on(id).into_iter().filter(|needed| ids.contains(needed)).collect();
    let mut steps: Vec<Step> =
        ids.iter().map(|id| draft(*id, request, observed).into_step(*id, needs(*id), observed)).collect();
    hold_behind_gaps(&mut steps);
    let access = access::removals(&steps, observed);
    Plan {
        environment: request.names.environment().to_string(),
        account: observed.account.clone(),
        region: request.region.to_string(),
        steps,
        access,
    }
}

const ORDER: [StepId; 20] = [
    StepId::Target,
    StepId::Gateway,
    StepId::FunctionPolicy,
    StepId::ApplicationStack,
    StepId::AgentFunction,
    StepId::ToolFunction,
    StepId::AgentRole,
    StepId::ToolRole,
    StepId::ReadAccessStack,
    StepId::ReadPolicies,
    StepId::AgentLogGroup,
    StepId::ToolLogGroup,
    StepId::GatewayRole,
    StepId::AgentImage,
    StepId::ToolsImage,
    StepId::AgentRepository,
    StepId::ToolsRepository,
    StepId::DataStack,
    StepId::FoundationStack,
    StepId::DeploymentsTable,
];

/// The lease is in the foundation, so that goes when everything else is gone.
fn depends_on(id: StepId) -> Vec<StepId> {
    use StepId::*;
    let before_foundation =
        || ORDER.into_iter().filter(|id| !matches!(id, DataStack | FoundationStack | DeploymentsTable));
    match id {
        Gateway => vec![Target],
        ApplicationStack | ToolFunction => vec![FunctionPolicy],
        AgentRole => vec![AgentFunction],
        ToolRole => vec![ToolFunction],
        // IAM deletes no policy that a role still has.
        ReadAccessStack => vec![ApplicationStack, ToolRole],
        ReadPolicies => vec![ToolRole],
        // A function that still runs would make its log group again.
        AgentLogGroup => vec![AgentFunction],
        ToolLogGroup => vec![ToolFunction],
        GatewayRole => vec![Gateway],
        AgentRepository => vec![AgentImage],
        ToolsRepository => vec![ToolsImage],
        FoundationStack => before_foundation().collect(),
        DeploymentsTable => before_foundation().chain([FoundationStack]).collect(),
        _ => vec![],
    }
}

fn draft(id: StepId, request: &Teardown, observed: &Observed) -> Draft {
    let names = request.names;
    match id {
        StepId::Target => target(observed, names),
        StepId::Gateway => gateway(observed, names),
        StepId::FunctionPolicy => statement(observed, names),
        StepId::ApplicationStack => stack(names.application_stack(), &observed.application, names, None),
        StepId::ReadAccessStack => stack(names.read_access_stack(), &observed.read_access, names, None),
        StepId::GatewayRole => role(observed, names),
        StepId::AgentImage => images(names.agent_repository(), StepId::AgentRepository, observed, names),
        StepId::ToolsImage => images(names.tools_repository(), StepId::ToolsRepository, observed, names),
        StepId::DataStack => data(request, observed),
        StepId::FoundationStack => stack(names.foundation_stack(), &observed.foundation, names, None),
        id => leftover::draft(id, observed),
    }
}

fn target(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("target {}", names::TARGET));
    match &observed.target {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(_) if !gateway_is_owned(observed, names) => draft.keep("its gateway is not ours"),
        Fact::Present(target) => delete(
            draft,
            Operation::DeleteTarget { gateway_id: target.gateway_id.clone(), target_id: target.id.clone() },
        ),
    }
}

fn gateway_is_owned(observed: &Observed, names: &Names) -> bool {
    observed.gateway.present().is_some_and(|gateway| is_owned(&gateway.tags, names))
}

fn gateway(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("gateway {}", names.gateway()));
    match &observed.gateway {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(gateway) if !is_owned(&gateway.tags, names) => draft.keep(NOT_OURS),
        Fact::Present(gateway) if !gateway.foreign_targets.is_empty() => {
            draft.keep(format!("holds targets that are not ours: {}", gateway.foreign_targets.join(", ")))
        }
        Fact::Present(gateway) => delete(draft, Operation::DeleteGateway { id: gateway.id.clone() }),
    }
}

fn serves_others(observed: &Observed) -> bool {
    observed.gateway.present().is_some_and(|gateway| !gateway.foreign_targets.is_empty())
}

fn statement(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("policy of function {}", names.tool_function()));
    match &observed.function_policy {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(_) if !function_is_owned(observed, names) => draft.keep("its function is not ours"),
        Fact::Present(statement) => delete(
            draft,
            Operation::RemoveStatement {
                function_name: names.tool_function(),
                statement_id: statement.statement_id.clone(),
            },
        ),
    }
}

/// A function whose tags could not be read keeps what it has.
fn function_is_owned(observed: &Observed, names: &Names) -> bool {
    let function = observed.of_stack(StepId::ToolFunction).present();
    function.and_then(Resource::tags).is_some_and(|tags| is_owned(tags, names))
}

fn role(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("role {}", names.gateway_role()));
    match &observed.gateway_role {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(role) if !is_owned(&role.tags, names) => draft.keep(NOT_OURS),
        Fact::Present(_) if serves_others(observed) => draft.keep("its gateway holds targets that are not ours"),
        Fact::Present(_) => delete(draft, Operation::DeleteRole { name: names.gateway_role() }),
    }
}

fn images(name: String, repository: StepId, observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("images in {name}"));
    let images = if repository == StepId::AgentRepository { &observed.agent_images } else { &observed.tools_images };
    let stack_is_ours = observed.foundation.present().is_some_and(|stack| is_owned(&stack.tags, names));
    match images {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(_) if !stack_is_ours && !leftover::is_looked_at(repository, observed, names) => {
            draft.keep("its stack is not ours")
        }
        Fact::Present(repository) if repository.digests.is_empty() => draft.keep("is empty"),
        Fact::Present(_) => delete(draft, Operation::EmptyRepository { repository: name }),
    }
}

fn data(request: &Teardown, observed: &Observed) -> Draft {
    let (name, table) = (request.names.data_stack(), request.names.conversations_table());
    let draft = Draft::of(format!("stack {name}"));
    let found = observed.of_stack(StepId::ConversationsTable);
    let exists = observed.data.present().is_some() || found.present().is_some();
    if request.on_data == OnData::Keep && exists {
        return draft.keep("holds the conversations; --delete-data deletes them");
    }
    match (&observed.data, found) {
        (Fact::Unknown(gap), _) => draft.unchecked(gap),
        // Without its stack, a table that was not seen would be nobody's.
        (_, Fact::Unknown(gap)) if request.on_data == OnData::Delete => draft.unchecked(gap),
        (_, Fact::Present(_)) if !leftover::is_ours(StepId::ConversationsTable, observed, request.names) => {
            draft.keep(format!("its table {table} does not carry our tags, so it is not ours to delete"))
        }
        (Fact::Absent, Fact::Present(_)) => {
            let reason = format!("left its table {table} behind, which goes with every conversation");
            draft.act(Action::Delete, reason, vec![], Operation::DeleteStack { name, retained_table: Some(table) })
        }
        (stack_fact, found) => stack(name, stack_fact, request.names, found.present().map(|_| table)),
    }
}

fn stack(name: String, observed: &Fact<ObservedStack>, names: &Names, retained_table: Option<String>) -> Draft {
    let draft = Draft::of(format!("stack {name}"));
    match observed {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(stack) if !is_owned(&stack.tags, names) => draft.keep(NOT_OURS),
        Fact::Present(_) => {
            let reason = match &retained_table {
                Some(table) => format!("no longer wanted, nor is table {table} with every conversation"),
                None => NO_LONGER_WANTED.to_string(),
            };
            draft.act(Action::Delete, reason, vec![], Operation::DeleteStack { name, retained_table })
        }
    }
}

fn delete(draft: Draft, operation: Operation) -> Draft {
    draft.act(Action::Delete, NO_LONGER_WANTED, vec![], operation)
}
