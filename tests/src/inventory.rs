//! What exists in a local platform's account, by name: to find what a
//! disturbed deployment lost, doubled or left behind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::AwsClient;

/// Names of all resources by kind, sorted; a name that is there twice is listed twice.
pub type Inventory = BTreeMap<String, Vec<String>>;

/// A listing: service, operation, the list in its answer, the name in an element.
const LISTINGS: [(&str, &str, &str, &str); 6] = [
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("bedrock-agentcore-control", "list_gateways", "items", "name"),
];

/// Reads everything that a deployment makes, whoever made it.
pub fn inventory(aws: &AwsClient) -> Inventory {
    let mut inventory = Inventory::new();
    for (service, operation, list, name) in LISTINGS {
        let answer = aws.call(service, operation, json!({}));
        inventory.insert(operation.to_string(), texts(&answer[list], name));
    }
    inventory.insert("stack statuses".into(), stack_statuses(aws));
    inventory.insert("tables".into(), texts(&aws.call("dynamodb", "list_tables", json!({}))["TableNames"], ""));
    inventory.insert("targets".into(), targets(aws));
    for function in inventory["list_functions"].clone() {
        inventory.insert(format!("statements of {function}"), statements(aws, &function));
        let urls = aws.call("lambda", "list_function_url_configs", json!({"FunctionName": function}));
        inventory.insert(format!("URLs of {function}"), texts(&urls["FunctionUrlConfigs"], "AuthType"));
    }
    let policies = aws.call("iam", "list_policies", json!({"Scope": "Local"}));
    inventory.insert("managed policies".into(), texts(&policies["Policies"], "PolicyName"));
    for role in inventory["list_roles"].clone() {
        let attached = aws.call("iam", "list_attached_role_policies", json!({"RoleName": role}));
        inventory.insert(format!("attached to {role}"), texts(&attached["AttachedPolicies"], "PolicyName"));
        let policies = aws.call("iam", "list_role_policies", json!({"RoleName": role}));
        inventory.insert(format!("policies of {role}"), texts(&policies["PolicyNames"], ""));
    }
    inventory
}

/// True when there is nothing at all.
pub fn is_empty(inventory: &Inventory) -> bool {
    inventory.values().all(Vec::is_empty)
}

fn texts(list: &Value, name: &str) -> Vec<String> {
    let elements = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |element: &Value| {
        let text = if name.is_empty() { element.as_str() } else { element[name].as_str() };
        text.expect("listings hold names").to_string()
    };
    let mut texts: Vec<String> = elements.iter().map(text).collect();
    texts.sort();
    texts
}

/// A stack may have been made in one run or in two, so that only rest and trouble are told apart.
fn stack_statuses(aws: &AwsClient) -> Vec<String> {
    let statuses = texts(&aws.call("cloudformation", "describe_stacks", json!({}))["Stacks"], "StackStatus");
    let good = |status: &String| ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status.as_str());
    statuses.into_iter().filter(|status| !good(status)).collect()
}

fn targets(aws: &AwsClient) -> Vec<String> {
    let gateways = aws.call("bedrock-agentcore-control", "list_gateways", json!({}));
    let gateways = gateways["items"].as_array().expect("a list of gateways").clone();
    let of_gateway = |gateway: Value| {
        let id = &gateway["gatewayId"];
        let targets = aws.call("bedrock-agentcore-control", "list_gateway_targets", json!({"gatewayIdentifier": id}));
        texts(&targets["items"], "name")
    };
    gateways.into_iter().flat_map(of_gateway).collect()
}

/// What each statement allows: CloudFormation chooses the Sids of its own.
fn statements(aws: &AwsClient, function: &str) -> Vec<String> {
    let Ok(answer) = aws.try_call("lambda", "get_policy", json!({"FunctionName": function})) else { return Vec::new() };
    let policy: Value = serde_json::from_str(answer["Policy"].as_str().expect("a policy")).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let mut allowed: Vec<String> =
        statements.iter().map(|statement| format!("{} to {}", statement["Action"], statement["Principal"])).collect();
    allowed.sort();
    allowed
}
