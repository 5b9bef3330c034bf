//! Killed, doubled or robbed of its emulator, `up` run again ends in the same place.

use std::process::Stdio;
use std::sync::PoisonError;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use system_tests::Place;

use crate::shared::{ONE_DEPLOYMENT, stopped_at};

/// Starts `up` and sends a signal when a line of its progress holds `mark`.
fn interrupt(place: &Place, mark: &str, signal: Signal) -> Option<i32> {
    stopped_at(&mut place.deployer(&["up", "--env", "local", "--yes"]), mark, signal)
}

#[test]
fn a_killed_up_is_finished_by_the_next() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    for mark in ["stack aws-operations-agent-local-foundation", "gateway aws-operations-agent-local", "target aws"] {
        interrupt(&place, mark, Signal::SIGKILL);
    }
    place.deploy(&["up", "--env", "local", "--yes", "--smoke"]).succeeded();
    let plan = place.deploy(&["plan", "--env", "local", "--json"]).succeeded().json();
    assert_eq!(plan["changes"], false, "{plan}");
}

#[test]
fn ctrl_c_stops_between_steps_and_up_goes_on_later() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    let code = interrupt(&place, "role BedrockAgentCoreGatewayExecutionRole-local", Signal::SIGINT);
    assert_eq!(code, Some(130));
    place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
}

#[test]
fn of_two_ups_at_once_none_breaks_the_other() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    let start = || {
        let mut command = place.deployer(&["up", "--env", "local", "--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("deployer starts")
    };
    let (first, second) = (start(), start());
    let outputs = [first, second].map(|child| child.wait_with_output().expect("the child ends"));
    let succeeded = outputs.iter().filter(|output| output.status.success()).count();
    assert!(succeeded >= 1, "{outputs:?}");
    for output in outputs.iter().filter(|output| !output.status.success()) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("run/locked") || said.contains("plan/stale"), "{said}");
        assert!(said.contains("hint:"), "{said}");
    }
    let again = place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    assert!(again.stdout.contains("Nothing to change"), "{}", again.stdout);
}

#[test]
fn a_dead_emulator_is_named_and_started_again() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    let status = place.deploy(&["sandbox", "status", "--json"]).succeeded().json();
    let pid = status["emulator"]["pid"].as_i64().expect("a process id") as i32;
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the emulator runs");
    wait_until_gone(pid);
    let status = place.deploy(&["status", "--env", "local"]);
    assert_ne!(status.code, Some(0), "{status:?}");
    assert!(status.stderr.contains("hint:"), "{}", status.stderr);
    place.deploy(&["up", "--env", "local", "--yes", "--smoke"]).succeeded();
}

fn wait_until_gone(pid: i32) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while kill(Pid::from_raw(pid), None).is_ok() {
        assert!(std::time::Instant::now() < deadline, "process {pid} does not end");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
