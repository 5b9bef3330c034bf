//! Bad input and bad circumstances: clear errors, nothing touched.

use std::fs;

use system_tests::{Place, project_root};
use tempfile::TempDir;

/// A copy of the environments folder with one file changed.
fn project_with(environment: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let environments = folder.path().join("environments");
    fs::create_dir(&environments).expect("a folder");
    for entry in fs::read_dir(project_root().join("environments")).expect("environments") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, environments.join(path.file_name().expect("a name"))).expect("a copy");
    }
    fs::write(environments.join(format!("{environment}.toml")), text).expect("a file");
    folder
}

#[test]
fn all_faults_are_told_at_once_with_file_and_line() {
    let text = "extends = \"base\"\n\
                [platform]\nkind = \"local\"\n\
                [agent]\nmemory = 512\n\
                [aws]\nregion = 7\n\
                [issuer]\nchat_client_id = \"${NO_SUCH_VARIABLE}\"\n\
                [project]\nprefix = \"a-prefix-that-is-far-too-long-for-any-gateway-there-is\"\n";
    let project = project_with("broken", text);
    let place = Place::of_project(project.path());
    let up = place.deploy(&["up", "--env", "broken", "--yes"]).failed_with(1, "environments/broken.toml:5");
    assert!(up.stderr.contains("memory_mb"), "the nearest word is missing:\n{}", up.stderr);
    for code in ["config/unknown-key", "config/wrong-type", "config/missing-variable", "config/name-too-long"] {
        assert!(up.stderr.contains(code), "{code} is missing:\n{}", up.stderr);
    }
    assert!(!place.state().exists(), "nothing was started");
}

#[test]
fn an_unknown_environment_names_the_nearest() {
    let place = Place::new();
    place.deploy(&["up", "--env", "locl", "--yes"]).failed_with(1, "local");
}

#[test]
fn the_shipped_environments_are_valid() {
    let validated = Place::new().deploy(&["validate", "--all"]).succeeded();
    for environment in ["dev", "local", "prod", "staging"] {
        assert!(validated.stdout.contains(&format!("{environment}: valid")), "{}", validated.stdout);
    }
}

#[test]
fn a_wrong_flag_is_a_usage_error() {
    Place::new().deploy(&["up", "--environment", "local"]).failed_with(2, "--env");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let place = Place::new();
    let address = place.deploy(&["sandbox", "start"]).succeeded().stdout.trim().to_string();
    place.deploy(&["sandbox", "stop"]).succeeded();
    let port = address.rsplit(':').next().expect("the address has a port").to_string();
    let occupied = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free again");
    let start = place.deploy(&["sandbox", "start"]).failed_with(1, "local/port-taken");
    assert!(start.stderr.contains(&port) && start.stderr.contains("hint:"), "{}", start.stderr);
    drop(occupied);
    assert_eq!(place.deploy(&["sandbox", "start"]).succeeded().stdout.trim(), address, "the port is kept");
}

#[test]
fn without_a_terminal_nothing_is_applied_unasked() {
    let place = Place::new();
    let up = place.deploy(&["up", "--env", "local"]).failed_with(1, "run/not-confirmed");
    assert!(up.stderr.contains("--yes"), "{}", up.stderr);
    let status = place.status();
    assert_eq!(status["endpoints"]["function_url"], serde_json::Value::Null);
}

#[test]
fn what_does_not_run_is_said_so() {
    Place::new().deploy(&["status", "--env", "local"]).failed_with(1, "local/not-running");
}
