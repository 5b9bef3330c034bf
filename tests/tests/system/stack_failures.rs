//! Stacks that fail, and change sets that would do more than was planned.

use std::sync::PoisonError;

use serde_json::json;
use system_tests::Place;
use system_tests::fault_proxy::{FaultProxy, Rewriting};

use crate::shared::ONE_DEPLOYMENT;

const STACK: &str = "aws-operations-agent-local";
const UP: [&str; 5] = ["up", "--env", "local", "--yes", "--no-smoke"];

/// Another template than the planned one, which only a proxy can put there.
fn retention(to: &str) -> Option<Rewriting> {
    let (operation, resource) = ("CreateChangeSet".into(), STACK.into());
    Some(Rewriting {
        operation,
        resource,
        from: "RetentionInDays%3A%2014".into(),
        to: format!("RetentionInDays%3A%20{to}"),
    })
}

#[test]
fn a_failed_stack_names_the_resource_that_failed_first() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    let proxy = FaultProxy::start(&place.start_platform());
    // CloudFormation takes the template and fails when it makes the log group.
    proxy.rewrite(retention("fourteen"));
    let failed = proxy.run(&mut place.deployer(&UP), []);
    proxy.rewrite(None);
    assert_eq!(failed.code, Some(5), "{failed:?}");
    let named = ["AgentLogGroup", "ToolLogGroup"].iter().any(|resource| failed.stderr.contains(resource));
    assert!(named && failed.stderr.contains("fourteen"), "resource and cause are missing:\n{}", failed.stderr);
    place.deploy(&UP).succeeded();
    let stacks = place.aws().call("cloudformation", "describe_stacks", json!({"StackName": STACK}));
    let status = stacks["Stacks"][0]["StackStatus"].as_str().expect("a status");
    assert!(["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status), "{status}");
}

#[test]
fn a_change_set_that_does_more_than_was_planned_is_refused() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    let proxy = FaultProxy::start(&place.start_platform());
    place.deploy(&UP).succeeded();
    place.change_local("[agent]\nmemory_mb = 640\n");
    proxy.rewrite(retention("30"));
    let refused = proxy.run(&mut place.deployer(&UP), []);
    proxy.rewrite(None);
    assert!([Some(1), Some(5)].contains(&refused.code), "{refused:?}");
    assert!(refused.stderr.contains("LogGroup"), "what it would do more is not named:\n{}", refused.stderr);
    let groups = place.aws().call("logs", "describe_log_groups", json!({}));
    let retentions = groups["logGroups"].as_array().expect("groups").iter().map(|group| &group["retentionInDays"]);
    assert!(retentions.clone().all(|days| *days == 14), "{groups}");
    place.deploy(&UP).succeeded();
}
