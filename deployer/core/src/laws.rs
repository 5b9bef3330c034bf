//! Laws of planning, over generated states.

use proptest::prelude::*;

use crate::desired::Desired;
use crate::observed::{Fact, Gap, GapReason, Observed, ObservedStack, ObservedTable};
use crate::plan::{Action, Plan, Step, StepId, plan};
use crate::teardown::{OnData, Teardown, teardown};
use crate::{checks, samples};

const ALL: [StepId; StepId::ALL.len()] = StepId::ALL;

/// What a resource lives in; it cannot exist without it.
fn home(id: StepId) -> Option<StepId> {
    match id {
        StepId::AgentImage | StepId::ToolsImage => Some(StepId::FoundationStack),
        StepId::FunctionPolicy => Some(StepId::ApplicationStack),
        StepId::Target => Some(StepId::Gateway),
        id => id.stack(),
    }
}

/// A state that interrupted runs and hands can leave: any resources, each with its home.
fn partial() -> impl Strategy<Value = Observed> {
    proptest::collection::vec(any::<bool>(), ALL.len()).prop_map(|done| {
        let desired = samples::estate();
        let mut observed = samples::nothing();
        let exists = |id: StepId| done[ALL.iter().position(|other| *other == id).expect("ALL is complete")];
        for id in ALL {
            if exists(id) && home(id).is_none_or(exists) {
                samples::deploy(&mut observed, &desired, id);
            }
        }
        observed
    })
}

fn apply(plan: &Plan, desired: &Desired, observed: &mut Observed) {
    for step in plan.steps.iter().filter(|step| step.operation.is_some()) {
        match step.action {
            Action::Delete => samples::remove(observed, step.id),
            _ => samples::deploy(observed, desired, step.id),
        }
    }
}

fn make_unknown(observed: &mut Observed, id: StepId) {
    let gap = || Gap { reason: GapReason::Denied, message: "denied".into() };
    match id {
        StepId::FoundationStack => observed.foundation = Fact::Unknown(gap()),
        StepId::AgentImage => observed.agent_images = Fact::Unknown(gap()),
        StepId::ToolsImage => observed.tools_images = Fact::Unknown(gap()),
        StepId::DataStack => observed.data = Fact::Unknown(gap()),
        StepId::GatewayRole => observed.gateway_role = Fact::Unknown(gap()),
        StepId::Gateway => observed.gateway = Fact::Unknown(gap()),
        StepId::ApplicationStack => observed.application = Fact::Unknown(gap()),
        StepId::FunctionPolicy => observed.function_policy = Fact::Unknown(gap()),
        StepId::Target => observed.target = Fact::Unknown(gap()),
        id => drop(observed.resources.insert(id, Fact::Unknown(gap()))),
    }
}

fn down(observed: &Observed, on_data: OnData) -> Plan {
    let names = samples::settings().names();
    teardown(&Teardown { names: &names, region: "us-east-1", on_data }, observed)
}

/// A whole estate, as observed.
fn whole() -> Observed {
    let mut observed = samples::nothing();
    ALL.into_iter().for_each(|id| samples::deploy(&mut observed, &samples::estate(), id));
    observed
}

fn with_status(fact: &mut Fact<ObservedStack>, status: &str) {
    if let Fact::Present(stack) = fact {
        stack.status = status.into();
    }
}

fn step_of(plan: Plan, id: StepId) -> Step {
    plan.steps.into_iter().find(|step| step.id == id).expect("a plan has every step")
}

proptest! {
    #[test]
    fn applying_a_plan_leaves_nothing_to_plan(mut observed in partial()) {
        let desired = samples::estate();
        apply(&plan(&desired, &observed), &desired, &mut observed);
        let again = plan(&desired, &observed);
        prop_assert!(again.is_empty(), "{again:?}");
    }

    #[test]
    fn dependencies_come_before_dependants(observed in partial()) {
        for plan in [plan(&samples::estate(), &observed), down(&observed, OnData::Delete)] {
            for (index, step) in plan.steps.iter().enumerate() {
                for id in &step.depends_on {
                    prop_assert!(plan.steps[..index].iter().any(|earlier| earlier.id == *id));
                }
            }
        }
    }

    #[test]
    fn teardown_from_any_partial_state_ends_empty(mut observed in partial()) {
        let desired = samples::estate();
        apply(&down(&observed, OnData::Delete), &desired, &mut observed);
        prop_assert!(down(&observed, OnData::Delete).is_empty());
        prop_assert!(ALL.iter().all(|id| *id == StepId::AgentImage
            || *id == StepId::ToolsImage
            || observed.resource(*id) == samples::nothing().resource(*id)));
    }

    #[test]
    fn a_gap_is_neither_created_nor_deleted(mut observed in partial(), gap in 0..ALL.len()) {
        let gap = ALL[gap];
        make_unknown(&mut observed, gap);
        for plan in [plan(&samples::estate(), &observed), down(&observed, OnData::Delete)] {
            let step = plan.steps.iter().find(|step| step.id == gap).unwrap();
            prop_assert_eq!(step.action, Action::Unchecked);
            prop_assert!(step.operation.is_none());
        }
    }
}

#[test]
fn teardown_keeps_the_data_stack_unless_asked() {
    let observed = whole();
    let action = |on_data| step_of(down(&observed, on_data), StepId::DataStack).action;
    assert_eq!(action(OnData::Keep), Action::Keep);
    assert_eq!(action(OnData::Delete), Action::Delete);
}

#[test]
fn what_is_not_ours_is_refused_and_never_deleted() {
    let (desired, mut observed) = (samples::estate(), whole());
    for stack in [&mut observed.foundation, &mut observed.data, &mut observed.application] {
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
    assert_eq!(faults.iter().filter(|fault| fault.code == "plan/not-owned").count(), 5);
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
    let (desired, mut observed) = (samples::estate(), whole());
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
    let (desired, mut observed) = (samples::estate(), whole());
    with_status(&mut observed.data, "DELETE_FAILED");
    let names = samples::settings().names();
    let faults = checks::deployment(&names, &desired, &observed, &plan(&desired, &observed));
    assert!(faults.iter().any(|fault| fault.code == "plan/table-exists"));
}

#[test]
fn a_table_that_went_away_behind_its_stack_stops_the_deployment() {
    let (desired, mut observed) = (samples::estate(), whole());
    let names = samples::settings().names();
    let codes = |observed: &Observed| -> Vec<_> {
        let faults = checks::deployment(&names, &desired, observed, &plan(&desired, observed));
        faults.iter().map(|fault| fault.code).collect()
    };
    assert!(codes(&observed).is_empty());
    observed.conversations_table = Fact::Absent;
    assert_eq!(codes(&observed), ["plan/table-missing"]);
    with_status(&mut observed.data, "CREATE_IN_PROGRESS");
    assert!(codes(&observed).is_empty(), "it is not there yet");
}

#[test]
fn a_table_that_was_not_seen_keeps_its_stack() {
    let mut observed = whole();
    observed.conversations_table = Fact::Unknown(Gap { reason: GapReason::Denied, message: "denied".into() });
    assert_eq!(step_of(down(&observed, OnData::Delete), StepId::DataStack).action, Action::Unchecked);
    let foreign = ObservedTable { arn: "arn:table".into(), tags: Default::default() };
    observed.conversations_table = Fact::Present(foreign);
    assert_eq!(step_of(down(&observed, OnData::Delete), StepId::DataStack).action, Action::Keep);
}

#[test]
fn the_deletion_of_the_conversations_is_said() {
    let step = step_of(down(&whole(), OnData::Delete), StepId::DataStack);
    assert!(step.reason.contains("every conversation"), "{}", step.reason);
}

#[test]
fn a_function_that_is_made_again_gets_its_policy_again() {
    let mut observed = whole();
    with_status(&mut observed.application, "DELETE_FAILED");
    let plan = plan(&samples::estate(), &observed);
    assert_eq!(step_of(plan.clone(), StepId::ApplicationStack).action, Action::Replace);
    assert_eq!(step_of(plan, StepId::FunctionPolicy).action, Action::Create);
}

#[test]
fn a_stack_that_aws_still_works_on_says_so() {
    let mut observed = whole();
    with_status(&mut observed.application, "UPDATE_IN_PROGRESS");
    let step = step_of(plan(&samples::estate(), &observed), StepId::ApplicationStack);
    assert_eq!(step.action, Action::Keep);
    assert!(step.reason.contains("UPDATE_IN_PROGRESS"), "{}", step.reason);
}

#[test]
fn a_removed_tool_leaves_the_gateway_before_the_function_forgets_it() {
    let (desired, mut observed) = (samples::estate(), whole());
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
    let (desired, mut observed) = (samples::estate(), whole());
    if let Fact::Present(gateway) = &mut observed.gateway {
        gateway.status = "FAILED".into();
    }
    let plan = plan(&desired, &observed);
    let action = |id| plan.steps.iter().find(|step| step.id == id).unwrap().action;
    assert_eq!(action(StepId::Gateway), Action::Replace);
    assert_eq!(action(StepId::ApplicationStack), Action::Update);
    assert_eq!(action(StepId::Target), Action::Create);
}
