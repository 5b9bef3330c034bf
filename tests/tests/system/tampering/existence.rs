//! Whole resources deleted.

use serde_json::{Value, json};
use system_tests::AwsClient;

use super::gateway::{ours_of, target_of};
use super::tamper::{Tampering, ours};

const CONTROL: &str = "bedrock-agentcore-control";
const AGENT: &str = "aws-operations-agent-local";
const TOOLS: &str = "local-bedrock-agentcore-mcp-tool";
const GATEWAY_ROLE: &str = "BedrockAgentCoreGatewayExecutionRole-local";

pub fn tamper(aws: &AwsClient) -> Vec<Tampering> {
    let log_group = format!("/aws/lambda/{TOOLS}");
    aws.call("logs", "delete_log_group", json!({"logGroupName": log_group}));
    aws.call("lambda", "delete_function_url_config", json!({"FunctionName": AGENT}));
    let named = json!({"FunctionName": TOOLS, "StatementId": "gateway-role-invoke"});
    aws.call("lambda", "remove_permission", named);
    let agent_role = format!("{AGENT}-execution");
    delete_role(aws, &agent_role);
    delete_role(aws, GATEWAY_ROLE);
    let repository = format!("{AGENT}-tools");
    aws.call("ecr", "delete_repository", json!({"repositoryName": repository, "force": true}));
    delete_gateway(aws);
    let policy = format!("arn:aws:iam::000000000000:policy/{AGENT}-read-4");
    aws.call("iam", "detach_role_policy", json!({"RoleName": format!("{TOOLS}-execution"), "PolicyArn": policy}));
    aws.call("iam", "delete_policy", json!({"PolicyArn": policy}));
    let missing = [
        format!("log group {log_group}"),
        format!("URL of function {AGENT}"),
        format!("role {agent_role}"),
        format!("role {GATEWAY_ROLE}"),
        format!("repository {repository}"),
        format!("gateway {AGENT}"),
        "target aws".to_string(),
        format!("policy of function {TOOLS}"),
    ];
    let missing = missing.map(|resource| ours(resource, "existence"));
    let of_policy = [
        ours(format!("policies {AGENT}-read"), "policy aws-operations-agent-local-read-4"),
        ours(format!("role {TOOLS}-execution"), "attached_policies"),
    ];
    missing.into_iter().chain(of_policy).collect()
}

fn delete_role(aws: &AwsClient, role: &str) {
    let inline = aws.call("iam", "list_role_policies", json!({"RoleName": role}));
    for policy in inline["PolicyNames"].as_array().expect("a list") {
        aws.call("iam", "delete_role_policy", json!({"RoleName": role, "PolicyName": policy}));
    }
    aws.call("iam", "delete_role", json!({"RoleName": role}));
}

fn delete_gateway(aws: &AwsClient) {
    let gateway = ours_of(aws);
    let id = &gateway["gatewayId"];
    let target = target_of(aws, &gateway);
    let named = json!({"gatewayIdentifier": id, "targetId": target["targetId"]});
    aws.call(CONTROL, "delete_gateway_target", named);
    // Deleted in the background; a gateway with targets is refused.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let left: Value = aws.call(CONTROL, "list_gateway_targets", json!({"gatewayIdentifier": id}));
        if left["items"] == json!([]) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the target stays: {left}");
    }
    aws.call(CONTROL, "delete_gateway", json!({"gatewayIdentifier": id}));
}
