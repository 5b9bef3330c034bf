//! `up --rollback`, after a deployment that failed and after one that was bad.

use std::sync::PoisonError;

use serde_json::{Value, json};
use system_tests::fault_proxy::{Fault, FaultPoint, FaultProxy};
use system_tests::{AwsClient, Place};

use crate::shared::ONE_DEPLOYMENT;

const AGENT: &str = "aws-operations-agent-local";
const UP: [&str; 5] = ["up", "--env", "local", "--yes", "--no-smoke"];
const BACK: [&str; 6] = ["up", "--env", "local", "--yes", "--no-smoke", "--rollback"];

fn memory(aws: &AwsClient) -> Value {
    aws.call("lambda", "get_function_configuration", json!({"FunctionName": AGENT}))["MemorySize"].clone()
}

fn audience(aws: &AwsClient) -> Value {
    let gateways = aws.call("bedrock-agentcore-control", "list_gateways", json!({}));
    let id = &gateways["items"][0]["gatewayId"];
    let gateway = aws.call("bedrock-agentcore-control", "get_gateway", json!({"gatewayIdentifier": id}));
    gateway["authorizerConfiguration"]["customJWTAuthorizer"]["allowedAudience"].clone()
}

#[test]
fn a_rollback_brings_back_what_last_worked() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    let proxy = FaultProxy::start(&place.start_platform());
    let first = place.deploy(&BACK).failed_with(1, "rollback/");
    assert!(first.stderr.contains("hint:"), "{}", first.stderr);
    place.deploy(&UP).succeeded();
    let aws = place.aws();
    after_a_failed_one(&place, &proxy, &aws);
    after_a_bad_one(&place, &aws);
    let history = place.deploy(&["history", "--env", "local", "--json"]).succeeded().json();
    let runs = history["runs"].as_array().expect("runs");
    assert!(runs.iter().any(|run| run["state"] == "failed"), "{history:#}");
    assert_eq!(runs.iter().filter(|run| run["kind"] == "rollback").count(), 2, "{history:#}");
}

/// The gateway was updated, the application stack was not: both are as before again.
fn after_a_failed_one(place: &Place, proxy: &FaultProxy, aws: &AwsClient) {
    place.change_local("[agent]\nmemory_mb = 640\n[issuer]\nallowed_audience = [\"api://default\", \"api://other\"]\n");
    let refused = (FaultPoint::first_write("ExecuteChangeSet", AGENT), Fault::Refused);
    let failed = proxy.run(&mut place.deployer(&UP), [refused.clone()]);
    assert_eq!(proxy.met(), [refused]);
    assert!([Some(1), Some(5)].contains(&failed.code), "{failed:?}");
    place.deploy(&BACK).succeeded();
    assert_eq!((memory(aws), audience(aws)), (json!(512), json!(["api://default"])));
}

/// It came to its end, and its smoke test found that nobody gets in.
fn after_a_bad_one(place: &Place, aws: &AwsClient) {
    place.change_local("[agent]\nmemory_mb = 640\n[issuer]\nallowed_audience = [\"api://nobody\"]\n");
    let bad = place.deploy(&["up", "--env", "local", "--yes"]);
    assert_ne!(bad.code, Some(0), "the smoke test passes without the right audience: {bad:?}");
    assert_eq!((memory(aws), audience(aws)), (json!(640), json!(["api://nobody"])));
    place.deploy(&BACK).succeeded();
    assert_eq!((memory(aws), audience(aws)), (json!(512), json!(["api://default"])));
    place.change_local("");
    place.deploy(&["up", "--env", "local", "--yes", "--smoke"]).succeeded();
}
