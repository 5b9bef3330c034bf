//! Single facts about plans, each with its own state.

use crate::observed::{Fact, Observed, ObservedStack};
use crate::plan::{Action, Plan, Step, StepId, plan};
use crate::resource::{LogGroup, Resource, Table};
use crate::teardown::{OnData, Teardown, teardown};
use crate::{checks, samples};

use super::situations::make_unknown;

fn down(observed: &Observed, on_data: OnData) -> Plan {
    let names = samples::settings().names();
    teardown(&Teardown { names: &names, region: "us-east-1", on_data }, observed)
}

fn with_status(fact: &mut Fact<ObservedStack>, status: &str) {
    if let Fact::Present(stack) = fact {
        stack.status = status.into();
    }
}

fn step_of(plan: Plan, id: StepId) -> Step {
    plan.steps.into_iter().find(|step| step.id == id).expect("a plan has every step")
}

#[test]
fn teardown_keeps_the_data_stack_unless_asked() {
    let observed = samples::whole();
    let action = |on_data| step_of(down(&observed, on_data), StepId::DataStack).action;
    assert_eq!(action(OnData::Keep), Action::Keep);
    assert_eq!(action(OnData::Delete), Action::Delete);
}

#[test]
fn a_function_that_is_not_ours_keeps_its_policy() {
    let mut observed = samples::whole();
    assert_eq!(step_of(down(&observed, OnData::Keep), StepId::FunctionPolicy).action, Action::Delete);
    if let Some(Fact::Present(Resource::Function(function))) = observed.resources.get_mut(&StepId::ToolFunction) {
        function.tags.clear();
    }
    assert_eq!(step_of(down(&observed, OnData::Keep), StepId::FunctionPolicy).action, Action::Keep);
}

#[test]
fn what_is_not_ours_is_refused_and_never_deleted() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    for id in StepId::STACKS {
        let Some(stack) = observed.stack_mut(id) else { panic!() };
        if let Fact::Present(stack) = stack {
            stack.tags.clear();
        }
    }
    if let Fact::Present(role) = &mut observed.gateway_role {
        role.tags.clear();
    }
    if let Fact::Present(gateway) = &mut observed.gateway {
        gateway.tags.insert("Environment".into(), "another".into());
    }
    let names = samples::settings().names();
    let faults = checks::deployment(&names, &desired, &observed, &plan(&desired, &observed));
    assert_eq!(faults.iter().filter(|fault| fault.code == "plan/not-owned").count(), 6);
    let deleted: Vec<_> = down(&observed, OnData::Delete)
        .steps
        .into_iter()
        .filter(|step| step.action == Action::Delete)
        .map(|step| step.id)
        .collect();
    assert_eq!(deleted, [StepId::FunctionPolicy], "only the statement with our own Sid is known by name");
}

#[test]
fn a_foreign_policy_on_the_gateway_role_is_planned_away() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    if let Fact::Present(role) = &mut observed.gateway_role {
        role.inline_policies.insert("more".into(), serde_json::json!({"Statement": []}));
        role.attached_policies.push("arn:aws:iam::aws:policy/AdministratorAccess".into());
    }
    let plan = plan(&desired, &observed);
    let role = plan.steps.iter().find(|step| step.id == StepId::GatewayRole).unwrap();
    assert_eq!(role.action, Action::Update);
    let paths: Vec<_> = role.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["policy more", "attached policy"]);
}

#[test]
fn a_stray_table_stops_the_deployment() {
    let desired = samples::estate();
    let mut observed = samples::nothing();
    samples::deploy(&mut observed, &desired, StepId::DataStack);
    observed.data = Fact::Absent;
    let names = samples::settings().names();
    let faults = checks::deployment(&names, &desired, &observed, &plan(&desired, &observed));
    assert!(faults.iter().any(|fault| fault.code == "plan/table-exists"));
}

#[test]
fn a_data_stack_that_is_made_again_does_not_run_into_its_own_table() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    with_status(&mut observed.data, "DELETE_FAILED");
    let names = samples::settings().names();
    let faults = checks::deployment(&names, &desired, &observed, &plan(&desired, &observed));
    assert!(faults.iter().any(|fault| fault.code == "plan/table-exists"));
}

#[test]
fn a_table_that_went_away_behind_its_stack_stops_the_deployment() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    let names = samples::settings().names();
    let codes = |observed: &Observed| -> Vec<_> {
        let faults = checks::deployment(&names, &desired, observed, &plan(&desired, observed));
        faults.iter().map(|fault| fault.code).collect()
    };
    assert!(codes(&observed).is_empty());
    observed.resources.remove(&StepId::ConversationsTable);
    assert_eq!(codes(&observed), ["plan/table-missing"]);
    with_status(&mut observed.data, "CREATE_IN_PROGRESS");
    assert!(codes(&observed).is_empty(), "it is not there yet");
}

#[test]
fn a_table_that_was_not_seen_keeps_its_stack() {
    let mut observed = samples::whole();
    make_unknown(&mut observed, StepId::ConversationsTable);
    assert_eq!(step_of(down(&observed, OnData::Delete), StepId::DataStack).action, Action::Unchecked);
    let Resource::Table(table) = samples::estate().resources[&StepId::ConversationsTable].clone() else { panic!() };
    let foreign = Resource::Table(Table { tags: Default::default(), ..table });
    observed.resources.insert(StepId::ConversationsTable, Fact::Present(foreign));
    assert_eq!(step_of(down(&observed, OnData::Delete), StepId::DataStack).action, Action::Keep);
}

#[test]
fn the_deletion_of_the_conversations_is_said() {
    let step = step_of(down(&samples::whole(), OnData::Delete), StepId::DataStack);
    assert!(step.reason.contains("every conversation"), "{}", step.reason);
}

#[test]
fn a_function_that_is_made_again_gets_its_policy_again() {
    let mut observed = samples::whole();
    with_status(&mut observed.application, "DELETE_FAILED");
    let plan = plan(&samples::estate(), &observed);
    assert_eq!(step_of(plan.clone(), StepId::ApplicationStack).action, Action::Replace);
    assert_eq!(step_of(plan, StepId::FunctionPolicy).action, Action::Create);
}

#[test]
fn a_stack_that_aws_still_works_on_says_so() {
    let mut observed = samples::whole();
    with_status(&mut observed.application, "UPDATE_IN_PROGRESS");
    let step = step_of(plan(&samples::estate(), &observed), StepId::ApplicationStack);
    assert_eq!(step.action, Action::Keep);
    assert!(step.reason.contains("UPDATE_IN_PROGRESS"), "{}", step.reason);
}

#[test]
fn a_removed_tool_leaves_the_gateway_before_the_function_forgets_it() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    if let Fact::Present(target) = &mut observed.target {
        let mut retired = target.tools[0].clone();
        retired.name = "retired".into();
        target.tools.push(retired);
    }
    let plan = plan(&desired, &observed);
    let position = |id| plan.steps.iter().position(|step| step.id == id).unwrap();
    assert!(position(StepId::Target) < position(StepId::ApplicationStack));
}

#[test]
fn a_gateway_made_again_updates_the_application_and_gets_a_new_target() {
    let (desired, mut observed) = (samples::estate(), samples::whole());
    if let Fact::Present(gateway) = &mut observed.gateway {
        gateway.status = "FAILED".into();
    }
    let plan = plan(&desired, &observed);
    let action = |id| plan.steps.iter().find(|step| step.id == id).unwrap().action;
    assert_eq!(action(StepId::Gateway), Action::Replace);
    assert_eq!(action(StepId::ApplicationStack), Action::Update);
    assert_eq!(action(StepId::Target), Action::Create);
}

#[test]
fn what_a_stack_left_behind_goes_in_the_order_of_its_use() {
    let mut observed = samples::whole();
    observed.application = Fact::Absent;
    let steps = down(&observed, OnData::Keep).steps;
    let deletes = |id| steps.iter().position(|step| step.id == id && step.action == Action::Delete);
    let (function, role, group) = (StepId::ToolFunction, StepId::ToolRole, StepId::ToolLogGroup);
    assert!(deletes(function) < deletes(role) && deletes(function) < deletes(group) && deletes(function).is_some());
    assert_eq!(deletes(StepId::AgentUrl), None, "it goes with its function");
}

#[test]
fn what_somebody_else_made_under_our_name_stays() {
    let mut observed = samples::nothing();
    let group = LogGroup { name: "/aws/lambda/x".into(), retention_days: None, tags: Default::default() };
    observed.resources.insert(StepId::AgentLogGroup, Fact::Present(Resource::LogGroup(group)));
    assert!(down(&observed, OnData::Delete).is_empty());
}

#[test]
fn a_table_whose_stack_is_gone_goes_with_the_data_alone() {
    let mut observed = samples::whole();
    observed.data = Fact::Absent;
    assert_eq!(step_of(down(&observed, OnData::Keep), StepId::DataStack).action, Action::Keep);
    assert_eq!(step_of(down(&observed, OnData::Delete), StepId::DataStack).action, Action::Delete);
}

#[test]
fn a_gateway_with_targets_of_others_stays_with_its_role() {
    let mut observed = samples::whole();
    let Fact::Present(gateway) = &mut observed.gateway else { panic!() };
    gateway.foreign_targets.push("theirs".into());
    let plan = down(&observed, OnData::Delete);
    for id in [StepId::Gateway, StepId::GatewayRole] {
        assert_eq!(step_of(plan.clone(), id).action, Action::Keep);
    }
    let up = crate::plan::plan(&samples::estate(), &observed);
    assert_eq!(step_of(up, StepId::Gateway).foreign[0].path, "target theirs");
}

#[test]
fn statements_of_others_on_the_tool_function_are_reported() {
    let mut observed = samples::whole();
    observed.foreign_statements.insert("theirs".into(), super::tampering::foreign_statement());
    let step = step_of(plan(&samples::estate(), &observed), StepId::FunctionPolicy);
    assert_eq!((step.action, step.foreign[0].path.as_str()), (Action::Keep, "statement theirs"));
}
