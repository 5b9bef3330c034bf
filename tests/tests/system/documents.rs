//! What scripts rely on: JSON documents as their schemas say, exit codes, pipes.

use std::process::Command;
use std::sync::PoisonError;

use serde_json::Value;
use system_tests::fault_proxy::{Fault, FaultPoint, FaultProxy};
use system_tests::{Finished, Place, project_root};

use crate::shared::{ONE_DEPLOYMENT, deployed};

/// The command's document, which must be as `configs/schemas/<name>.schema.json` says.
fn valid(name: &str, finished: &Finished) -> Value {
    let document = finished.json();
    let path = project_root().join(format!("configs/schemas/{name}.schema.json"));
    let schema = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    let faults: Vec<String> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {faults:#?}\n{document:#}");
    assert_eq!(document["version"], 1, "{name}");
    document
}

#[test]
fn json_documents_are_as_their_schemas_say() {
    let place = deployed();
    for (name, arguments) in [
        ("plan", &["plan", "--env", "local", "--json"][..]),
        ("up", &["up", "--env", "local", "--json"]),
        ("status", &["status", "--env", "local", "--json"]),
        ("drift", &["drift", "--env", "local", "--json"]),
        ("doctor", &["doctor", "--env", "local", "--json"]),
    ] {
        valid(name, &place.deploy(arguments).succeeded());
    }
}

#[test]
fn exit_codes_and_documents_tell_how_it_ended() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    let proxy = FaultProxy::start(&place.start_platform());
    let plan = place.deploy(&["plan", "--env", "local", "--json", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(3), "{plan:?}");
    assert_eq!(valid("plan", &plan)["changes"], true);
    let unconfirmed = place.deploy(&["up", "--env", "local", "--json"]);
    assert_eq!(unconfirmed.code, Some(1), "{unconfirmed:?}");
    assert_eq!(valid("up", &unconfirmed)["result"], "refused");

    let up = ["up", "--env", "local", "--yes", "--no-smoke", "--json"];
    let denied = |operation: &str, resource: &str| (FaultPoint::first_write(operation, resource), Fault::Denied);
    let foundation = "aws-operations-agent-local-foundation";
    let refused = proxy.run(&mut place.deployer(&up), [denied("CreateChangeSet", foundation)]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    valid("up", &refused);
    let partly = proxy.run(&mut place.deployer(&up), [denied("ExecuteChangeSet", "aws-operations-agent-local")]);
    assert_eq!(partly.code, Some(5), "{partly:?}");
    let document = valid("up", &partly);
    assert_eq!(document["result"], "failed");
    for list in ["done", "not_done", "failures"] {
        assert!(document[list].as_array().is_some_and(|list| !list.is_empty()), "{list}: {document:#}");
    }

    let done = place.deploy(&up).succeeded();
    assert_eq!(valid("up", &done)["result"], "done");
    let aws = place.aws();
    let group = "/aws/lambda/aws-operations-agent-local";
    let retention = serde_json::json!({"logGroupName": group, "retentionInDays": 1});
    aws.call("logs", "put_retention_policy", retention);
    let drift = place.deploy(&["drift", "--env", "local", "--json"]);
    assert_eq!(drift.code, Some(3), "{drift:?}");
    assert_eq!(valid("drift", &drift)["clean"], false);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let place = deployed();
    for arguments in [&["--help"][..], &["plan", "--env", "local"], &["status", "--env", "local", "--json"], &["man"]] {
        let deployer = place.deployer(arguments);
        let mut piped = Command::new("sh");
        // The first line is read, then nobody reads any more.
        piped.args(["-c", "\"$0\" \"$@\" | head -1"]).arg(deployer.get_program()).args(deployer.get_args());
        piped.envs(deployer.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let finished = place.run(&mut piped);
        assert!(!finished.stderr.contains("panicked"), "{arguments:?}: {}", finished.stderr);
        assert_eq!(finished.stdout.lines().count(), 1, "{arguments:?}: {finished:?}");
    }
}
