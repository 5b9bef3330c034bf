//! Changes behind the deployer's back that `up` puts back with calls of its own.

use serde_json::{Value, json};
use system_tests::AwsClient;

const AGENT: &str = "aws-operations-agent-local";
const TOOLS: &str = "local-bedrock-agentcore-mcp-tool";
const REPOSITORY: &str = "aws-operations-agent-local-agent";
const TABLE: &str = "aws-operations-agent-conversations-local";
const GATEWAY_ROLE: &str = "BedrockAgentCoreGatewayExecutionRole-local";
const TOOL_ROLE: &str = "local-bedrock-agentcore-mcp-tool-execution";

/// At least one for each kind of resource.
pub fn tamper(root: &AwsClient) {
    log_group(root);
    repositories(root);
    table(root);
    roles(root);
    gateway(root);
    functions(root);
}

fn log_group(root: &AwsClient) {
    let group = format!("/aws/lambda/{AGENT}");
    root.call("logs", "put_retention_policy", json!({"logGroupName": group, "retentionInDays": 7}));
    let found = root.call("logs", "describe_log_groups", json!({"logGroupNamePrefix": group}));
    let arn = found["logGroups"][0]["arn"].as_str().expect("a log group has an ARN").trim_end_matches(":*");
    root.call("logs", "untag_resource", json!({"resourceArn": arn, "tagKeys": ["Component"]}));
    root.call("logs", "delete_log_group", json!({"logGroupName": format!("/aws/lambda/{TOOLS}")}));
}

fn repositories(root: &AwsClient) {
    let set = |operation: &str, key: &str, value: Value| {
        root.call("ecr", operation, json!({"repositoryName": REPOSITORY, key: value}));
    };
    set("put_image_tag_mutability", "imageTagMutability", json!("MUTABLE"));
    set("put_image_scanning_configuration", "imageScanningConfiguration", json!({"scanOnPush": false}));
    set("set_repository_policy", "policyText", json!(json!({"Version": "2012-10-17", "Statement": []}).to_string()));
    let found = root.call("ecr", "describe_repositories", json!({"repositoryNames": [REPOSITORY]}));
    let arn = &found["repositories"][0]["repositoryArn"];
    root.call("ecr", "untag_resource", json!({"resourceArn": arn, "tagKeys": ["Component"]}));
}

fn table(root: &AwsClient) {
    let recovery = json!({"PointInTimeRecoveryEnabled": false});
    let ttl = json!({"AttributeName": "ttl", "Enabled": false});
    for (operation, key, value) in [
        ("update_continuous_backups", "PointInTimeRecoverySpecification", recovery),
        ("update_time_to_live", "TimeToLiveSpecification", ttl),
        ("update_table", "DeletionProtectionEnabled", json!(false)),
    ] {
        root.call("dynamodb", operation, json!({"TableName": TABLE, key: value}));
    }
    let arn = root.call("dynamodb", "describe_table", json!({"TableName": TABLE}))["Table"]["TableArn"].clone();
    root.call("dynamodb", "untag_resource", json!({"ResourceArn": arn, "TagKeys": ["Component"]}));
}

fn roles(root: &AwsClient) {
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    for role in [GATEWAY_ROLE, "aws-operations-agent-local-execution"] {
        let more = json!({"RoleName": role, "PolicyName": "more", "PolicyDocument": policy.to_string()});
        root.call("iam", "put_role_policy", more);
    }
    let managed = json!({"RoleName": GATEWAY_ROLE, "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    root.call("iam", "attach_role_policy", managed);
    read_policies(root);
}

/// As many versions as IAM keeps, so that the next one needs room; and one policy fewer for the role.
fn read_policies(root: &AwsClient) {
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    for _ in 0..4 {
        let version = json!({
            "PolicyArn": read_policy(1), "PolicyDocument": everything.to_string(), "SetAsDefault": true
        });
        root.call("iam", "create_policy_version", version);
    }
    root.call("iam", "detach_role_policy", json!({"RoleName": TOOL_ROLE, "PolicyArn": read_policy(2)}));
}

fn read_policy(number: usize) -> String {
    format!("arn:aws:iam::000000000000:policy/aws-operations-agent-local-read-{number}")
}

fn gateway(root: &AwsClient) {
    let call = |operation: &str, parameters: Value| root.call("bedrock-agentcore-control", operation, parameters);
    let id = call("list_gateways", json!({}))["items"][0]["gatewayId"].clone();
    let mut gateway = call("get_gateway", json!({"gatewayIdentifier": id}));
    let arn = gateway["gatewayArn"].take();
    call("untag_resource", json!({"resourceArn": arn, "tagKeys": ["Component"]}));
    let mut changed = json!({"gatewayIdentifier": id, "description": "not what it was"});
    for key in ["name", "roleArn", "authorizerType", "authorizerConfiguration", "protocolType", "protocolConfiguration"]
    {
        if !gateway[key].is_null() {
            changed[key] = gateway[key].take();
        }
    }
    call("update_gateway", changed);
    let target = call("list_gateway_targets", json!({"gatewayIdentifier": id}))["items"][0]["targetId"].clone();
    let mut found = call("get_gateway_target", json!({"gatewayIdentifier": id, "targetId": target}));
    let mut changed = json!({"gatewayIdentifier": id, "targetId": target, "description": "not what it was"});
    for key in ["name", "targetConfiguration", "credentialProviderConfigurations"] {
        changed[key] = found[key].take();
    }
    call("update_gateway_target", changed);
}

fn functions(root: &AwsClient) {
    let tools = root.call("lambda", "get_function", json!({"FunctionName": TOOLS}));
    let image = &tools["Code"]["ImageUri"];
    root.call("lambda", "update_function_code", json!({"FunctionName": AGENT, "ImageUri": image}));
    root.call("lambda", "update_function_configuration", json!({"FunctionName": AGENT, "MemorySize": 640}));
    let agent =
        root.call("lambda", "get_function", json!({"FunctionName": AGENT}))["Configuration"]["FunctionArn"].clone();
    root.call("lambda", "untag_resource", json!({"Resource": agent, "TagKeys": ["Component"]}));
    root.call("lambda", "update_function_url_config", json!({"FunctionName": AGENT, "AuthType": "NONE"}));
    root.call("lambda", "remove_permission", json!({"FunctionName": TOOLS, "StatementId": "gateway-role-invoke"}));
}

/// Once more, with what the first round changed and this one takes away.
pub fn take_away(root: &AwsClient) {
    root.call("lambda", "delete_function_url_config", json!({"FunctionName": AGENT}));
    root.call("lambda", "delete_function", json!({"FunctionName": TOOLS}));
    let tools = json!({"repositoryName": "aws-operations-agent-local-tools", "force": true});
    root.call("ecr", "delete_repository", tools);
    root.call("iam", "detach_role_policy", json!({"RoleName": TOOL_ROLE, "PolicyArn": read_policy(3)}));
    root.call("iam", "delete_policy", json!({"PolicyArn": read_policy(3)}));
}
