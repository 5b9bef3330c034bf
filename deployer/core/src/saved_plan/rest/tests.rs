use super::*;
use crate::observed::{Fact, Gap, GapReason, ObservedStack};
use crate::plan::{AccessChange, AccessEffect, plan};
use crate::resource::Resource;
use crate::samples;
use crate::saved_plan::Origin;

fn planned(observed: &Observed) -> SavedPlan {
    let desired = samples::estate();
    let origin = Origin { settings: &samples::settings(), only: None, deployer: "0.1.0" };
    SavedPlan::new(&origin, &plan(&desired, observed), &desired)
}

fn rest(observed: &Observed) -> Plan {
    plan(&samples::estate(), observed)
}

fn progress(begun: &[StepId], done: &[StepId]) -> Progress {
    Progress { begun: begun.iter().copied().collect(), done: done.iter().copied().collect() }
}

fn with(steps: &[StepId]) -> Observed {
    let mut observed = samples::nothing();
    steps.iter().for_each(|id| samples::deploy(&mut observed, &samples::estate(), *id));
    observed
}

/// What `check_rest` says about a saved plan that was begun with nothing there.
fn refusal(observed: &Observed, progress: &Progress) -> Option<String> {
    let checked = planned(&samples::nothing()).check_rest(&samples::settings(), &rest(observed), progress);
    checked.err().map(|failure| {
        assert_eq!(failure.code, "plan/stale");
        failure.cause
    })
}

const FOUNDATION: [StepId; 1] = [StepId::FoundationStack];

#[test]
fn a_plan_that_was_killed_before_the_history_began_goes_on() {
    let nothing_recorded = Progress::default();
    assert_eq!(refusal(&with(&FOUNDATION), &nothing_recorded), None);
    let role_too = with(&[StepId::FoundationStack, StepId::GatewayRole]);
    assert!(refusal(&role_too, &nothing_recorded).unwrap().contains("role"));
}

#[test]
fn where_the_history_was_there_before_every_step_is_recorded() {
    let mut older = samples::whole();
    let Fact::Present(stack) = &mut older.foundation else { panic!() };
    stack.tags.insert("Owner".into(), "nobody".into());
    stack.template.push_str("# older\n");
    let saved = planned(&older);
    let check = |progress| saved.check_rest(&samples::settings(), &rest(&samples::whole()), &progress);
    assert_eq!(check(progress(&FOUNDATION, &[])), Ok(()));
    assert!(check(Progress::default()).unwrap_err().cause.contains("foundation"));
}

#[test]
fn what_was_begun_may_have_moved_and_nothing_else() {
    let moved = with(&[StepId::FoundationStack, StepId::GatewayRole, StepId::Gateway]);
    assert_eq!(refusal(&moved, &progress(&[StepId::Gateway], &[StepId::FoundationStack, StepId::GatewayRole])), None);
    let cause = refusal(&moved, &progress(&[StepId::GatewayRole], &FOUNDATION)).unwrap();
    assert!(cause.contains("gateway") && cause.contains("not by it"), "{cause}");
}

#[test]
fn a_repository_moves_the_images_that_live_in_it() {
    let moved = with(&FOUNDATION);
    let saved = planned(&samples::nothing());
    let image = |plan: &Plan| plan.steps.iter().find(|step| step.id == StepId::AgentImage).unwrap().clone();
    assert_ne!(image(&saved.plan).fingerprint, image(&rest(&moved)).fingerprint);
    assert_eq!(refusal(&moved, &progress(&[], &FOUNDATION)), None);
}

#[test]
fn what_came_to_its_end_and_wants_changing_was_changed_by_somebody_else() {
    let mut moved = with(&[StepId::FoundationStack, StepId::GatewayRole]);
    let Fact::Present(role) = &mut moved.gateway_role else { panic!() };
    role.tags.clear();
    let ids = [StepId::FoundationStack, StepId::GatewayRole];
    assert!(refusal(&moved, &progress(&[], &ids)).unwrap().contains("role"));
    assert_eq!(refusal(&moved, &progress(&ids, &[])), None, "it may have been left like this");
}

#[test]
fn a_resource_that_was_to_stay_is_not_changed() {
    let mut older = samples::whole();
    older.target = Fact::Absent;
    let saved = planned(&older);
    let mut moved = older.clone();
    let Fact::Present(Resource::LogGroup(group)) = moved.resources.get_mut(&StepId::AgentLogGroup).unwrap() else {
        panic!()
    };
    group.retention_days = Some(1);
    let progress = progress(&[StepId::ApplicationStack], &[]);
    let failure = saved.check_rest(&samples::settings(), &rest(&moved), &progress).unwrap_err();
    assert!(failure.cause.contains("not part of the plan: log group"), "{failure}");
}

#[test]
fn a_stack_that_was_to_be_made_stands_for_what_it_makes_until_it_is_done() {
    let mut half = with(&[StepId::FoundationStack, StepId::DataStack]);
    let Fact::Present(Resource::Table(table)) = half.resources.get_mut(&StepId::ConversationsTable).unwrap() else {
        panic!()
    };
    table.time_to_live = None;
    assert_eq!(refusal(&half, &progress(&[StepId::DataStack], &FOUNDATION)), None);
    let whole = progress(&[], &[StepId::FoundationStack, StepId::DataStack]);
    assert!(refusal(&half, &whole).unwrap().contains("not part of the plan: table"));
}

fn ended(status: &str, desired_template: bool) -> Observed {
    let mut observed = with(&[StepId::FoundationStack, StepId::DataStack]);
    let Fact::Present(ObservedStack { status: found, template, .. }) = &mut observed.data else { panic!() };
    *found = status.into();
    if !desired_template {
        template.push_str("# older\n");
    }
    observed
}

#[test]
fn a_stack_whose_creation_failed_is_made_again_and_one_that_was_to_be_updated_is_not() {
    let mut failed = ended("ROLLBACK_COMPLETE", true);
    failed.resources.remove(&StepId::ConversationsTable);
    let begun = progress(&[StepId::DataStack], &FOUNDATION);
    assert_eq!(refusal(&failed, &begun), None);
    let saved = planned(&ended("UPDATE_COMPLETE", false));
    let check = |observed: &Observed| saved.check_rest(&samples::settings(), &rest(observed), &begun);
    assert_eq!(check(&ended("UPDATE_ROLLBACK_COMPLETE", false)), Ok(()));
    assert!(check(&failed).unwrap_err().cause.contains("not part of the plan: stack"));
}

#[test]
fn more_access_than_was_planned_is_refused() {
    let saved = planned(&samples::nothing());
    let check = |rest: &Plan| saved.check_rest(&samples::settings(), rest, &Progress::default());
    let mut wider = saved.plan.clone();
    wider.access.pop();
    assert_eq!(check(&wider), Ok(()));
    let sentence = "anybody may now do anything".to_string();
    wider.access.push(AccessChange {
        step: StepId::GatewayRole,
        effect: AccessEffect::Widens,
        sentence,
        actions: vec![],
    });
    assert!(check(&wider).unwrap_err().cause.contains("anybody may now"));
}

#[test]
fn a_part_of_what_a_sentence_summed_up_is_no_more_access() {
    let mut saved = planned(&samples::nothing());
    let sum = |actions: &[&str]| AccessChange {
        step: StepId::ReadPolicies,
        effect: AccessEffect::Widens,
        sentence: format!("may now do {}", actions.join(", ")),
        actions: actions.iter().map(|action| action.to_string()).collect(),
    };
    saved.plan.access.push(sum(&["logs:GetLogEvents", "s3:GetObject"]));
    let check = |actions: &[&str]| {
        let mut rest = saved.plan.clone();
        rest.access.push(sum(actions));
        saved.check_rest(&samples::settings(), &rest, &Progress::default())
    };
    assert_eq!(check(&["s3:GetObject"]), Ok(()));
    assert!(check(&["s3:GetObject", "s3:ListBucket"]).unwrap_err().cause.contains("s3:ListBucket"));
}

#[test]
fn what_cannot_be_read_any_more_is_not_passed_over() {
    let mut unread = with(&FOUNDATION);
    unread.gateway_role = Fact::Unknown(Gap { reason: GapReason::Denied, message: "denied".into() });
    let cause = refusal(&unread, &progress(&[StepId::GatewayRole], &FOUNDATION)).unwrap();
    assert!(cause.contains("not to be read any more"), "{cause}");
}

#[test]
fn identity_is_that_of_the_document() {
    let (saved, other) = (planned(&samples::nothing()), planned(&samples::whole()));
    assert_eq!(SavedPlan::from_json(&saved.to_json()).unwrap().identity(), saved.identity());
    assert_ne!(saved.identity(), other.identity());
    assert_eq!(saved.identity().len(), 64);
}
