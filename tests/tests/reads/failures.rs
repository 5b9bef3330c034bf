//! What AWS refuses, delays or breaks: the answer says what it lacks.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use system_tests::{Account, ToolProcess, program};

const EC2: &str = "ec2_read_operations";

/// One account for all tests here, one test at a time.
fn account() -> MutexGuard<'static, Account> {
    static ACCOUNT: LazyLock<Mutex<Account>> = LazyLock::new(|| Mutex::new(Account::start(30, &["tools.ec2"])));
    ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tools(account: &Account, settings: Value) -> ToolProcess {
    let mut variables: BTreeMap<_, _> = account.variables();
    variables.insert("TOOL_SETTINGS".into(), settings.to_string());
    ToolProcess::start(program("tools"), &variables)
}

/// Unattached volumes of the account's home region.
fn volumes(account: &Account) -> usize {
    let mut cases = account.cases().iter().filter(|case| case.recipe == "unattached-volumes");
    let rows = cases.find_map(|case| case.rows.as_ref().filter(|_| case.regions.is_empty()));
    rows.expect("the account has a case for them").len()
}

fn unattached(regions: &[&str]) -> Value {
    json!({"query": "unattached volumes", "operation": "unattached-volumes", "regions": regions})
}

#[test]
fn a_denied_call_names_the_missing_permission() {
    let account = account();
    account.switch(json!({"faults": [{"operation": "ec2:DescribeVolumes", "fault": "denied"}]}));
    let answer = tools(&account, json!({})).call(EC2, unattached(&["us-east-1"]));
    assert_eq!(answer["success"], false, "{answer}");
    let failed = &answer["completeness"]["failed"][0];
    assert_eq!(failed["code"], "UnauthorizedOperation", "{answer}");
    assert_eq!(failed["missing_permissions"], json!(["ec2:DescribeVolumes"]));
    assert_eq!(account.calls().len(), 1, "what is denied is not tried again");
}

#[test]
fn one_region_that_fails_leaves_the_others() {
    let account = account();
    let fault = json!({"operation": "ec2:DescribeVolumes", "region": "eu-west-1", "fault": "garbage"});
    account.switch(json!({"faults": [fault]}));
    let answer = tools(&account, json!({})).call(EC2, unattached(&["us-east-1", "eu-west-1"]));
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!(answer["completeness"]["regions"], json!(["us-east-1"]), "{answer}");
    assert_eq!(answer["completeness"]["failed"][0]["region"], "eu-west-1", "{answer}");
    assert_eq!(answer["completeness"]["items"], volumes(&account), "{answer}");
}

#[test]
fn throttling_errors_and_lost_connections_are_tried_again() {
    let account = account();
    let fault = |name: &str| json!({"operation": "ec2:DescribeVolumes", "fault": name, "times": 1});
    for name in ["throttle", "error", "drop"] {
        account.switch(json!({"faults": [fault(name)]}));
        let answer = tools(&account, json!({})).call(EC2, unattached(&["us-east-1"]));
        assert_eq!(answer["success"], true, "{name}: {answer}");
        assert_eq!(answer["completeness"]["items"], volumes(&account), "{name}: {answer}");
        assert_eq!(account.calls().len(), 2, "{name}");
    }
}

#[test]
fn endless_throttling_ends_after_the_attempts_that_are_set() {
    let account = account();
    account.switch(json!({"faults": [{"operation": "ec2:DescribeVolumes", "fault": "throttle"}]}));
    let answer = tools(&account, json!({"limits": {"attempts": 2}})).call(EC2, unattached(&["us-east-1"]));
    assert_eq!(answer["success"], false, "{answer}");
    assert_eq!(answer["completeness"]["failed"][0]["code"], "RequestLimitExceeded", "{answer}");
    assert_eq!(account.calls().len(), 2);
}

#[test]
fn a_hanging_region_does_not_keep_the_answer() {
    let account = account();
    let fault = json!({"operation": "ec2:DescribeVolumes", "region": "eu-west-1", "fault": "hang"});
    account.switch(json!({"faults": [fault]}));
    let settings = json!({"limits": {"soft_deadline_seconds": 1, "hard_deadline_seconds": 3}});
    let answer = tools(&account, settings).call(EC2, unattached(&["us-east-1", "eu-west-1"]));
    assert_eq!(answer["completeness"]["items"], volumes(&account), "{answer}");
    assert_eq!(answer["completeness"]["failed"][0]["code"], "read/deadline", "{answer}");
}

#[test]
fn an_answer_comes_before_lambda_ends_the_invocation() {
    let account = account();
    account.switch(json!({"faults": [{"operation": "ec2:DescribeVolumes", "fault": "hang"}]}));
    let answer = tools(&account, json!({})).call_within(EC2, unattached(&["us-east-1"]), 4);
    assert_eq!(answer["success"], false, "{answer}");
    assert_eq!(answer["completeness"]["failed"][0]["code"], "read/deadline", "{answer}");
}

#[test]
fn a_page_that_fails_leaves_the_pages_before_it() {
    let account = account();
    account.switch(json!({"page_size": 10}));
    let tools = tools(&account, json!({"limits": {"pages": 2}}));
    let answer = tools.call(EC2, unattached(&["us-east-1"]));
    assert_eq!(answer["completeness"]["truncated"], true, "{answer}");
    assert_eq!(answer["completeness"]["items"], 20, "{answer}");
}

#[test]
fn settings_that_cannot_be_read_are_said_and_nothing_is_sent() {
    let account = account();
    account.switch(json!({}));
    let answer = tools(&account, json!({"limits": {"pagez": 2}})).call(EC2, unattached(&["us-east-1"]));
    assert_eq!(answer["success"], false, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("TOOL_SETTINGS"), "{answer}");
    assert_eq!(account.calls(), [] as [Value; 0]);
}
