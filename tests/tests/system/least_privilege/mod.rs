//! The deployer with nothing but its rendered policy, and each statement of
//! that policy shown to be needed.

mod deployer_user;
mod recording;
mod sources;
mod tampering;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use deployer_core::permissions::{self, Caller, PlannedCall};
use serde_json::{Value, json};

use crate::shared::ONE_DEPLOYMENT;
use deployer_user::DeployerUser;
use recording::Recording;

#[test]
fn the_rendered_policy_is_enough_and_each_statement_is_needed() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let user = DeployerUser::new();
    let recording = a_life(&user);
    let calls = planned(&user.account);
    each_recorded_call_is_planned(&recording, &calls);
    each_planned_call_is_recorded_or_listed(&recording, &calls);
    each_statement_is_needed(&user, &calls);
    user.without_policies_nothing_works();
}

/// Everything that can be done to an environment, as the user.
fn a_life(user: &DeployerUser) -> Recording {
    let mut recording = Recording::default();
    recording.add(&user.run(&["up", "--env", "local", "--yes"]));
    recording.add(&user.run(&["plan", "--env", "local", "--detailed-exitcode"]));
    for command in ["drift", "doctor"] {
        let report = user.run(&[command, "--env", "local", "--json"]);
        // What may not be read is told as unchecked, which is no failure.
        assert!(!report.stdout.contains("not authorized"), "{command} may not read everything:\n{}", report.stdout);
        recording.add(&report);
    }
    for command in
        [&["history", "--env", "local"][..], &["outputs", "--env", "local"], &["images", "list", "--env", "local"]]
    {
        recording.add(&user.run(command));
    }
    for command in ["gateway", "target"] {
        recording.add(&user.run(&[command, "list", "--env", "local"]));
    }
    recording.add(&user.run(&["logs", "--env", "local"]));
    for disturb in [tampering::tamper, tampering::take_away] {
        disturb(user.root());
        recording.add(&user.run(&["up", "--env", "local", "--yes", "--no-smoke"]));
    }
    user.change("[logs]\nretention_days = 30\n\n[conversations]\nttl_days = 31\n");
    recording.add(&user.run(&["up", "--env", "local", "--yes", "--no-smoke"]));
    recording.add(&user.run(&["plan", "--env", "local", "--detailed-exitcode"]));
    recording.add(&user.run(&["down", "--env", "local", "--yes", "--delete-data"]));
    recording
}

fn planned(account: &str) -> Vec<PlannedCall> {
    let location = deployer_core::desired::Location { account: account.into(), region: "us-east-1".into() };
    permissions::calls(&deployer_user::settings(), &location)
}

fn each_recorded_call_is_planned(recording: &Recording, calls: &[PlannedCall]) {
    let planned: BTreeSet<&str> = own(calls).map(|call| call.action).collect();
    let strangers: Vec<_> = recording.actions.iter().filter(|action| !planned.contains(action.as_str())).collect();
    assert!(strangers.is_empty(), "called, but not in the table of planned calls: {strangers:?}");
}

fn each_planned_call_is_recorded_or_listed(recording: &Recording, calls: &[PlannedCall]) {
    let listed: BTreeMap<&str, &str> = unseen::UNSEEN
        .into_iter()
        .flat_map(|(reason, actions)| actions.iter().map(move |action| (*action, reason)))
        .collect();
    let own: BTreeSet<&str> = own(calls).map(|call| call.action).collect();
    let unseen: Vec<_> =
        own.iter().filter(|action| !recording.actions.contains(**action) && !listed.contains_key(**action)).collect();
    assert!(unseen.is_empty(), "planned, but neither called nor listed with a reason: {unseen:?}");
    let stale: Vec<_> =
        listed.keys().filter(|action| recording.actions.contains(**action) || !own.contains(**action)).collect();
    assert!(stale.is_empty(), "listed as never called, but called or not planned any more: {stale:?}");
}

fn own(calls: &[PlannedCall]) -> impl Iterator<Item = &PlannedCall> {
    calls.iter().filter(|call| call.caller == Caller::Deployer)
}

/// With all statements the simulation allows a planned call, without its own
/// it does not. Statements that cannot be simulated are listed.
fn each_statement_is_needed(user: &DeployerUser, calls: &[PlannedCall]) {
    let mut by_statement: BTreeMap<&str, Vec<&PlannedCall>> = BTreeMap::new();
    for call in own(calls).filter(|call| call.context.is_empty()) {
        if let Some(sid) = call.statement {
            by_statement.entry(sid).or_default().push(call);
        }
    }
    let sid = |one: &Value| one["Sid"].as_str().expect("each statement has a Sid").to_string();
    for sid in user.statements().iter().map(sid) {
        let simulated = by_statement.contains_key(sid.as_str());
        let listed = unseen::STATEMENTS.iter().any(|(listed, _)| *listed == sid);
        assert!(simulated != listed, "statement {sid}: simulated {simulated}, listed {listed}");
    }
    for (sid, calls) in by_statement {
        simulate(user, sid, &calls);
    }
}

fn simulate(user: &DeployerUser, sid: &str, calls: &[&PlannedCall]) {
    let all = user.statements();
    let (own, others): (Vec<Value>, Vec<Value>) = all.iter().cloned().partition(|one| one["Sid"] == sid);
    let resources: BTreeSet<&str> = calls.iter().map(|call| call.resource.as_str()).collect();
    let mut denied = 0;
    for resource in resources {
        let actions: Vec<&str> =
            calls.iter().filter(|call| call.resource == resource).map(|call| call.action).collect();
        for (action, decision) in user.simulated(&all, &actions, resource) {
            assert_eq!(decision, "allowed", "{action} on {resource} with statement {sid}: {own:?}");
        }
        for (action, decision) in user.simulated(&others, &actions, resource) {
            let is_denied = decision == "implicitDeny";
            assert!(is_denied || is_granted(&others, &action), "{action} on {resource} needs no statement {sid}");
            denied += usize::from(is_denied);
        }
    }
    assert!(denied > 0, "nothing needs statement {sid}");
}

/// An action may be allowed on one thing by one statement and on another by the next.
fn is_granted(statements: &[Value], action: &str) -> bool {
    statements.iter().any(|one| match &one["Action"] {
        Value::Array(actions) => actions.iter().any(|found| found == action),
        found => found == action,
    })
}

#[test]
fn every_call_in_the_sources_is_planned() {
    let calls = planned("000000000000");
    let planned: BTreeSet<&str> = own(&calls).map(|call| call.action).collect();
    let mut missing = sources::actions();
    missing.retain(|action, _| !planned.contains(action.as_str()));
    for (action, reason) in unseen::UNREACHABLE {
        assert!(missing.remove(action).is_some(), "{action} is planned or called nowhere, yet listed: {reason}");
    }
    assert!(missing.is_empty(), "in the sources, but not in the table of planned calls: {missing:#?}");
}

#[test]
fn the_policy_of_an_environment_without_an_account_is_refused() {
    let place = system_tests::Place::new();
    let refused = place.deploy(&["render", "--env", "prod", "--deployer-policy"]);
    refused.failed_with(1, "config/no-account");
    let written = place.deploy(&[
        "render",
        "--env",
        "local",
        "--deployer-policy",
        "--out",
        &place.path().join("p").to_string_lossy(),
    ]);
    for line in written.succeeded().stdout.lines() {
        let text = std::fs::read_to_string(line).expect("a file that was written");
        let document: Value = serde_json::from_str(&text).expect("a policy is JSON");
        assert_eq!(document["Version"], json!("2012-10-17"));
    }
}
