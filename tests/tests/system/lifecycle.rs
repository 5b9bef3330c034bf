//! `up`, `up` again, `down`: what they make, leave alone and leave behind.

use std::sync::PoisonError;

use serde_json::{Value, json};
use system_tests::{AwsClient, Place};

use crate::shared::ONE_DEPLOYMENT;

const TABLE: &str = "aws-operations-agent-conversations-local";
const HISTORY: &str = "aws-operations-agent-deployments-local";

#[test]
fn an_environment_comes_stays_and_goes() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    let up = place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    assert!(up.stdout.contains("stack aws-operations-agent-local-foundation"), "no plan in:\n{}", up.stdout);
    for line in ["tool list", "tool call", "health", "chat answer", "conversation"] {
        assert!(up.stderr.contains(&format!("✓ smoke test: {line}")), "no {line} in:\n{}", up.stderr);
    }
    let aws = place.aws();
    everything_is_named_after_the_environment(&aws);
    the_smoke_test_leaves_no_conversation(&aws);
    a_second_up_writes_nothing(&place, &aws);
    the_plan_is_empty(&place);
    a_stranger_is_left_alone(&place, &aws);
}

fn everything_is_named_after_the_environment(aws: &AwsClient) {
    let function = |name: &str| aws.call("lambda", "get_function", json!({"FunctionName": name}));
    let agent = function("aws-operations-agent-local");
    let tools = function("local-bedrock-agentcore-mcp-tool");
    for function in [&agent, &tools] {
        let image = function["Code"]["ImageUri"].as_str().expect("an image function");
        assert!(image.contains("@sha256:"), "{image} is not deployed by digest");
    }
    let variables = &agent["Configuration"]["Environment"]["Variables"];
    assert_eq!(variables["DYNAMODB_TABLE_NAME"], TABLE);
    let role = aws.call("iam", "get_role", json!({"RoleName": "BedrockAgentCoreGatewayExecutionRole-local"}));
    let trust = &role["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Principal"]["Service"], "bedrock-agentcore.amazonaws.com");
    let ttl = aws.call("dynamodb", "describe_time_to_live", json!({"TableName": TABLE}));
    assert_eq!(ttl["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED");
    let backups = aws.call("dynamodb", "describe_continuous_backups", json!({"TableName": TABLE}));
    let recovery = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(recovery["PointInTimeRecoveryStatus"], "ENABLED");
}

fn the_smoke_test_leaves_no_conversation(aws: &AwsClient) {
    let items = aws.call("dynamodb", "scan", json!({"TableName": TABLE}));
    assert_eq!(items["Count"], 0, "{items}");
}

fn a_second_up_writes_nothing(place: &Place, aws: &AwsClient) {
    let before = written(aws);
    let again = place.deploy(&["up", "--env", "local"]).succeeded();
    assert!(again.stdout.contains("Nothing to change"), "{}", again.stdout);
    assert!(!again.stderr.contains("smoke test"), "{}", again.stderr);
    assert_eq!(written(aws), before);
}

/// What a deployment would have changed: stack times, the record of runs, images.
fn written(aws: &AwsClient) -> Value {
    let stacks = aws.call("cloudformation", "describe_stacks", json!({}));
    let history = aws.call("dynamodb", "scan", json!({"TableName": HISTORY}));
    let images = aws.call("ecr", "describe_images", json!({"repositoryName": "aws-operations-agent-local-agent"}));
    json!([stacks, history, images])
}

fn the_plan_is_empty(place: &Place) {
    let plan = place.deploy(&["plan", "--env", "local", "--json", "--detailed-exitcode"]).succeeded().json();
    assert_eq!(plan["changes"], false, "{plan}");
}

/// `down` keeps the data and what is not ours; with --delete-data only the latter remains.
fn a_stranger_is_left_alone(place: &Place, aws: &AwsClient) {
    aws.call("s3", "create_bucket", json!({"Bucket": "somebody-elses"}));
    aws.call(
        "dynamodb",
        "put_item",
        json!({"TableName": TABLE, "Item": {
        "conversation_id": {"S": "kept"}, "item": {"S": "meta"}}}),
    );
    let down = place.deploy(&["down", "--env", "local", "--yes"]).succeeded();
    assert!(down.stdout.contains("Remaining") && down.stdout.contains(TABLE), "{}", down.stdout);
    assert_eq!(stack_names(aws), ["aws-operations-agent-local-data"]);
    assert_eq!(aws.call("lambda", "list_functions", json!({}))["Functions"], json!([]));
    assert_eq!(aws.call("ecr", "describe_repositories", json!({}))["repositories"], json!([]));
    assert_eq!(aws.call("iam", "list_roles", json!({}))["Roles"], json!([]));
    assert_eq!(aws.call("logs", "describe_log_groups", json!({}))["logGroups"], json!([]));
    assert_eq!(gateways(aws), json!([]));

    place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    let kept = aws.call(
        "dynamodb",
        "get_item",
        json!({"TableName": TABLE, "Key": {
        "conversation_id": {"S": "kept"}, "item": {"S": "meta"}}}),
    );
    assert_eq!(kept["Item"]["conversation_id"]["S"], "kept", "the conversations survived");

    place.deploy(&["down", "--env", "local", "--yes", "--delete-data"]).succeeded();
    assert_eq!(stack_names(aws), Vec::<String>::new());
    assert_eq!(aws.call("dynamodb", "list_tables", json!({}))["TableNames"], json!([]));
    let buckets = aws.call("s3", "list_buckets", json!({}));
    assert_eq!(buckets["Buckets"][0]["Name"], "somebody-elses");
    let again = place.deploy(&["down", "--env", "local", "--yes"]).succeeded();
    assert!(again.stdout.contains("Nothing to remove"), "{}", again.stdout);
}

fn stack_names(aws: &AwsClient) -> Vec<String> {
    let stacks = aws.call("cloudformation", "describe_stacks", json!({}));
    let stacks = stacks["Stacks"].as_array().expect("a list of stacks");
    stacks.iter().map(|stack| stack["StackName"].as_str().expect("a name").to_string()).collect()
}

fn gateways(aws: &AwsClient) -> Value {
    aws.call("bedrock-agentcore-control", "list_gateways", json!({}))["items"].clone()
}
