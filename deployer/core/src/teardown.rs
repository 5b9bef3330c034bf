//! The plan of `down`: the same engine with nothing desired.
//!
//! Only what carries our tags is deleted. The data stack stays unless its
//! deletion is asked for.

use contract::{Names, names};

use crate::observed::{Fact, Observed, ObservedRepository, ObservedStack};
use crate::ownership::is_owned;
use crate::plan::Draft;
use crate::plan::{Action, Operation, Plan, Step, StepId, hold_behind_gaps};

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
pub fn teardown(request: &Teardown, observed: &Observed) -> Plan {
    use StepId::*;
    let order = [
        Target,
        Gateway,
        FunctionPolicy,
        ApplicationStack,
        GatewayRole,
        AgentImage,
        ToolsImage,
        DataStack,
        FoundationStack,
    ];
    let mut steps: Vec<Step> =
        order.into_iter().map(|id| draft(id, request, observed).into_step(id, depends_on(id), observed)).collect();
    hold_behind_gaps(&mut steps);
    Plan {
        environment: request.names.environment().to_string(),
        account: observed.account.clone(),
        region: request.region.to_string(),
        steps,
        access: vec![],
    }
}

fn depends_on(id: StepId) -> Vec<StepId> {
    use StepId::*;
    match id {
        Gateway => vec![Target],
        ApplicationStack => vec![FunctionPolicy],
        GatewayRole => vec![Gateway],
        // The lease is in the foundation, so it goes when everything else is gone.
        FoundationStack => vec![Gateway, ApplicationStack, GatewayRole, AgentImage, ToolsImage],
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
        StepId::GatewayRole => role(observed, names),
        StepId::AgentImage => repository(names.agent_repository(), &observed.agent_images, observed, names),
        StepId::ToolsImage => repository(names.tools_repository(), &observed.tools_images, observed, names),
        StepId::DataStack => data(request, observed),
        StepId::FoundationStack => stack(names.foundation_stack(), &observed.foundation, names, None),
        // Goes with its stack.
        id => Draft::of(id.name().into()).keep("goes with its stack"),
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
        Fact::Present(gateway) => delete(draft, Operation::DeleteGateway { id: gateway.id.clone() }),
    }
}

fn statement(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("policy of function {}", names.tool_function()));
    match &observed.function_policy {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(statement) => delete(
            draft,
            Operation::RemoveStatement {
                function_name: names.tool_function(),
                statement_id: statement.statement_id.clone(),
            },
        ),
    }
}

fn role(observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("role {}", names.gateway_role()));
    match &observed.gateway_role {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(role) if !is_owned(&role.tags, names) => draft.keep(NOT_OURS),
        Fact::Present(_) => delete(draft, Operation::DeleteRole { name: names.gateway_role() }),
    }
}

fn repository(name: String, images: &Fact<ObservedRepository>, observed: &Observed, names: &Names) -> Draft {
    let draft = Draft::of(format!("images in {name}"));
    let ours = observed.foundation.present().is_some_and(|stack| is_owned(&stack.tags, names));
    match images {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.keep("does not exist"),
        Fact::Present(_) if !ours => draft.keep("its stack is not ours"),
        Fact::Present(repository) if repository.digests.is_empty() => draft.keep("is empty"),
        Fact::Present(_) => delete(draft, Operation::EmptyRepository { repository: name }),
    }
}

fn data(request: &Teardown, observed: &Observed) -> Draft {
    let (name, table) = (request.names.data_stack(), request.names.conversations_table());
    let draft = Draft::of(format!("stack {name}"));
    if request.on_data == OnData::Keep && matches!(observed.data, Fact::Present(_)) {
        return draft.keep("holds the conversations; --delete-data deletes them");
    }
    let retained = match (&observed.data, &observed.conversations_table) {
        // Without its stack, a table that was not seen would be nobody's.
        (Fact::Present(_), Fact::Unknown(gap)) => return draft.unchecked(gap),
        (Fact::Present(_), Fact::Present(found)) if !is_owned(&found.tags, request.names) => {
            return draft.keep(format!("its table {table} does not carry our tags, so it is not ours to delete"));
        }
        (_, found) => found.present().map(|_| table),
    };
    stack(name, &observed.data, request.names, retained)
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
