//! Plans that are saved, approved, applied elsewhere, or refused; and parts of plans.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::PoisonError;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use system_tests::fault_proxy::{Fault, FaultPoint, FaultProxy};
use system_tests::{AwsClient, Place, project_root};

use crate::shared::{ONE_DEPLOYMENT, stopped_at};

const AGENT: &str = "aws-operations-agent-local";

/// `plan --out` into a folder of the place.
fn saved(place: &Place) -> PathBuf {
    let folder = place.path().join("plan");
    let _ = fs::remove_dir_all(&folder);
    place.deploy(&["plan", "--env", "local", "--out", text(&folder)]).succeeded();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

fn copy_of(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy_of(&path, &to),
            false => assert!(fs::copy(&path, &to).is_ok(), "copy {}", path.display()),
        }
    }
}

/// A checkout's environment files, and nothing that could be compiled.
fn bare_checkout(place: &Place) -> PathBuf {
    let checkout = place.path().join("elsewhere");
    copy_of(&project_root().join("environments"), &checkout.join("environments"));
    checkout
}

/// As on a machine on which nothing can be compiled.
fn without_cargo(command: &mut Command) -> &mut Command {
    command.env("PATH", "/usr/bin:/bin").env_remove("CARGO").env_remove("CARGO_HOME")
}

fn changes(place: &Place) -> Value {
    let plan = place.deploy(&["plan", "--env", "local", "--json"]).succeeded().json();
    plan["changes"].clone()
}

fn memory(aws: &AwsClient) -> Value {
    aws.call("lambda", "get_function_configuration", json!({"FunctionName": AGENT}))["MemorySize"].clone()
}

#[test]
fn a_saved_plan_is_applied_elsewhere_without_a_compiler() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.start_platform();
    let folder = place.path().join("handed-over");
    copy_of(&saved(&place), &folder);
    let checkout = bare_checkout(&place);
    let arguments = ["up", "--env", "local", "--plan", text(&folder), "--yes", "--approve-iam", "--no-smoke"];
    let mut elsewhere = place.deployer_of(&checkout, &arguments);
    place.run(without_cargo(elsewhere.current_dir(&checkout))).succeeded();
    assert_eq!(changes(&place), false);
    // What it was made from, an empty account, has moved since.
    let mut again = place.deployer_of(&checkout, &arguments);
    place.run(without_cargo(&mut again)).failed_with(1, "plan/stale");
}

#[test]
fn a_saved_plan_is_refused_after_something_moved() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    place.change_local("[agent]\nmemory_mb = 640\n");
    let folder = saved(&place);
    let aws = place.aws();
    let moved = json!({"FunctionName": AGENT, "MemorySize": 700});
    aws.call("lambda", "update_function_configuration", moved);
    let arguments = ["up", "--env", "local", "--plan", text(&folder), "--yes", "--no-smoke"];
    let refused = place.deploy(&arguments).failed_with(1, "plan/stale");
    assert!(refused.stderr.contains("hint:"), "{}", refused.stderr);
    assert_eq!(memory(&aws), 700, "nothing was changed");
    let folder = saved(&place);
    place.deploy(&["up", "--env", "local", "--plan", text(&folder), "--yes", "--no-smoke"]).succeeded();
    assert_eq!(memory(&aws), 640);
}

fn apply(folder: &Path) -> [&str; 6] {
    ["up", "--env", "local", "--plan", text(folder), "--yes"]
}

fn killed_at(command: &mut Command, mark: &str) {
    assert_eq!(stopped_at(command, mark, Signal::SIGKILL), None, "it had ended before");
}

#[test]
fn a_saved_plan_that_was_killed_is_finished_by_the_same_command() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.start_platform();
    let folder = saved(&place);
    // Before there is a history, in the middle of it, and where another machine goes on.
    killed_at(&mut place.deployer(&apply(&folder)), "stack aws-operations-agent-local-foundation");
    killed_at(&mut place.deployer(&apply(&folder)), "gateway aws-operations-agent-local");
    let checkout = bare_checkout(&place);
    let mut elsewhere = place.deployer_of(&checkout, &apply(&folder));
    killed_at(without_cargo(&mut elsewhere), "target aws");
    let finished = place.deploy(&apply(&folder)).succeeded();
    assert!(finished.stderr.contains("going on with the saved plan that run"), "{}", finished.stderr);
    assert!(finished.stderr.contains("smoke test"), "{}", finished.stderr);
    assert_eq!(changes(&place), false);
    place.deploy(&apply(&folder)).failed_with(1, "plan/stale");
}

#[test]
fn a_saved_plan_that_failed_half_way_is_finished_by_the_same_command() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    let proxy = FaultProxy::start(&place.start_platform());
    let folder = saved(&place);
    let refused = (FaultPoint::first_write("ExecuteChangeSet", AGENT), Fault::Refused);
    let failed = proxy.run(&mut place.deployer(&apply(&folder)), [refused.clone()]);
    assert_eq!((proxy.met(), failed.code), (vec![refused], Some(5)), "{failed:?}");
    place.deploy(&apply(&folder)).succeeded();
    assert_eq!(changes(&place), false);
}

#[test]
fn a_saved_plan_that_was_killed_with_nothing_left_to_do_is_tested() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.start_platform();
    let folder = saved(&place);
    killed_at(&mut place.deployer(&apply(&folder)), "smoke test");
    let finished = place.deploy(&apply(&folder)).succeeded();
    assert!(finished.stdout.contains("Nothing to change"), "{}", finished.stdout);
    assert!(finished.stderr.contains("smoke test"), "{}", finished.stderr);
}

#[test]
fn a_saved_plan_that_was_killed_is_refused_after_somebody_else_changed_something() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    place.change_local("[agent]\nmemory_mb = 640\n[issuer]\nallowed_audience = [\"api://default\", \"api://other\"]\n");
    let folder = saved(&place);
    killed_at(&mut place.deployer(&apply(&folder)), "gateway aws-operations-agent-local");
    // The plan keeps it, and had not come to its stack.
    let aws = place.aws();
    let group = format!("/aws/lambda/{AGENT}");
    aws.call("logs", "put_retention_policy", json!({"logGroupName": group, "retentionInDays": 1}));
    let refused = place.deploy(&apply(&folder)).failed_with(1, "plan/stale");
    assert!(refused.stderr.contains(&group) && refused.stderr.contains("not by it"), "{}", refused.stderr);
    assert_eq!(memory(&aws), 512, "nothing more was changed");
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    // Another deployment has come between.
    place.deploy(&apply(&folder)).failed_with(1, "plan/stale");
}

#[test]
fn only_a_part_is_deployed() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    let changed = "[agent]\nmemory_mb = 640\n[issuer]\nallowed_audience = [\"api://default\", \"api://other\"]\n";
    place.change_local(changed);
    // The application stack takes the gateway's address, so it does not go first.
    place.deploy(&["up", "--env", "local", "--only", "stack", "--yes"]).failed_with(1, "--only gateway");
    place.deploy(&["up", "--env", "local", "--only", "gateway", "--yes", "--no-smoke"]).succeeded();
    assert_eq!(changed_steps(&place), ["application-stack"]);
    place.deploy(&["up", "--env", "local", "--only", "stack", "--yes", "--no-smoke"]).succeeded();
    assert_eq!(changed_steps(&place), Vec::<String>::new());
    let nothing = place.deploy(&["up", "--env", "local", "--only", "images", "--yes", "--no-smoke"]).succeeded();
    assert!(nothing.stdout.contains("Nothing to change"), "{}", nothing.stdout);
}

fn changed_steps(place: &Place) -> Vec<String> {
    let plan = place.deploy(&["plan", "--env", "local", "--json"]).succeeded().json();
    let steps = plan["steps"].as_array().expect("steps");
    let changed = steps.iter().filter(|step| !step["operation"].is_null());
    changed.map(|step| step["id"].as_str().expect("an id").to_string()).collect()
}

#[test]
fn more_access_wants_an_approval_of_its_own() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("iam_approval = true\n");
    let up = ["up", "--env", "local", "--yes", "--no-smoke"];
    let refused = place.deploy(&up).failed_with(1, "--approve-iam");
    assert!(refused.stdout.contains("may now"), "the plan says in words who may do what:\n{}", refused.stdout);
    let aws = place.aws();
    assert_eq!(aws.call("cloudformation", "describe_stacks", json!({}))["Stacks"], json!([]), "nothing was made");
    let approved = [&up[..], &["--approve-iam"]].concat();
    place.deploy(&approved).succeeded();
    place.change_local("iam_approval = true\n[agent]\nmemory_mb = 640\n");
    place.deploy(&up).succeeded();
    let widened = "[function_url]\ninvokers = [\"arn:aws:iam::000000000000:role/caller\"]\n";
    place.change_local(&format!("iam_approval = true\n[agent]\nmemory_mb = 640\n{widened}"));
    place.deploy(&up).failed_with(1, "--approve-iam");
}
