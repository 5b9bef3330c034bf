//! The gateway, its target, its role and the role's permission.

use serde_json::{Value, json};
use system_tests::AwsClient;

use super::tamper::{Tampering, ours, theirs};

const CONTROL: &str = "bedrock-agentcore-control";
const GATEWAY: &str = "aws-operations-agent-local";
const ROLE: &str = "BedrockAgentCoreGatewayExecutionRole-local";
const TOOLS: &str = "local-bedrock-agentcore-mcp-tool";

pub fn tamper(aws: &AwsClient) -> Vec<Tampering> {
    let gateway = ours_of(aws);
    let parts = [the_target, the_gateway, the_role, the_statement];
    parts.into_iter().flat_map(|part| part(aws, &gateway)).collect()
}

/// Our gateway as it is described.
pub(super) fn ours_of(aws: &AwsClient) -> Value {
    let gateways = aws.call(CONTROL, "list_gateways", json!({}));
    let gateways = gateways["items"].as_array().expect("a list").clone();
    let ours = gateways.into_iter().find(|gateway| gateway["name"] == GATEWAY).expect("our gateway");
    aws.call(CONTROL, "get_gateway", json!({"gatewayIdentifier": ours["gatewayId"]}))
}

/// Our target as it is described.
pub(super) fn target_of(aws: &AwsClient, gateway: &Value) -> Value {
    let id = &gateway["gatewayId"];
    let targets = aws.call(CONTROL, "list_gateway_targets", json!({"gatewayIdentifier": id}));
    let targets = targets["items"].as_array().expect("a list").clone();
    let ours = targets.into_iter().find(|target| target["name"] == "aws").expect("our target");
    let named = json!({"gatewayIdentifier": id, "targetId": ours["targetId"]});
    aws.call(CONTROL, "get_gateway_target", named)
}

fn the_target(aws: &AwsClient, gateway: &Value) -> Vec<Tampering> {
    let id = &gateway["gatewayId"];
    let target = target_of(aws, gateway);
    let mut configuration = target["targetConfiguration"].clone();
    let other = json!({"name": "elsewhere", "gatewayIdentifier": id, "targetConfiguration": configuration,
        "credentialProviderConfigurations": target["credentialProviderConfigurations"]});
    let other = aws.call(CONTROL, "create_gateway_target", other);
    let tools = configuration["mcp"]["lambda"]["toolSchema"]["inlinePayload"].as_array_mut().expect("tools");
    tools.truncate(2);
    tools[0]["description"] = json!("does something else");
    let update = json!({"gatewayIdentifier": id, "targetId": target["targetId"], "name": "aws",
        "description": "changed", "targetConfiguration": configuration,
        "credentialProviderConfigurations": target["credentialProviderConfigurations"]});
    aws.call(CONTROL, "update_gateway_target", update);
    let taken_back = json!({"gatewayIdentifier": id, "targetId": other["targetId"]});
    vec![
        ours("target aws", "description"),
        ours("target aws", "tool"),
        theirs(format!("gateway {GATEWAY}"), "target elsewhere", CONTROL, ("delete_gateway_target", taken_back)),
    ]
}

fn the_gateway(aws: &AwsClient, gateway: &Value) -> Vec<Tampering> {
    let mut authorizer = gateway["authorizerConfiguration"].clone();
    authorizer["customJWTAuthorizer"]["allowedAudience"] = json!(["api://somebody-elses"]);
    let update = json!({"gatewayIdentifier": gateway["gatewayId"], "name": GATEWAY, "description": "changed",
        "roleArn": format!("arn:aws:iam::000000000000:role/{TOOLS}-execution"),
        "protocolType": gateway["protocolType"], "protocolConfiguration": gateway["protocolConfiguration"],
        "authorizerType": gateway["authorizerType"], "authorizerConfiguration": authorizer});
    let update = without_nulls(update);
    aws.call(CONTROL, "update_gateway", update);
    let untag = json!({"resourceArn": gateway["gatewayArn"], "tagKeys": ["Component"]});
    aws.call(CONTROL, "untag_resource", untag);
    ["authorizer", "description", "role", "tag Component"].map(|path| ours(format!("gateway {GATEWAY}"), path)).into()
}

fn without_nulls(mut parameters: Value) -> Value {
    parameters.as_object_mut().expect("parameters are an object").retain(|_, value| !value.is_null());
    parameters
}

fn the_role(aws: &AwsClient, _: &Value) -> Vec<Tampering> {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]})
    .to_string();
    let inline = |name: &str| json!({"RoleName": ROLE, "PolicyName": name, "PolicyDocument": policy});
    aws.call("iam", "put_role_policy", inline("invoke-tool-function"));
    aws.call("iam", "put_role_policy", inline("more"));
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let trusted = json!({"RoleName": ROLE, "PolicyDocument": trust.to_string()});
    aws.call("iam", "update_assume_role_policy", trusted);
    aws.call("iam", "untag_role", json!({"RoleName": ROLE, "TagKeys": ["Component"]}));
    let role = format!("role {ROLE}");
    vec![ours(&role, "policy"), ours(&role, "trust"), ours(&role, "tag Component")]
}

fn the_statement(aws: &AwsClient, _: &Value) -> Vec<Tampering> {
    let named = json!({"FunctionName": TOOLS, "StatementId": "gateway-role-invoke"});
    aws.call("lambda", "remove_permission", named);
    let other = json!({"FunctionName": TOOLS, "StatementId": "gateway-role-invoke", "Action": "lambda:*",
        "Principal": "arn:aws:iam::000000000000:role/BedrockAgentCoreGatewayExecutionRole-local"});
    aws.call("lambda", "add_permission", other);
    vec![ours(format!("policy of function {TOOLS}"), "action")]
}
