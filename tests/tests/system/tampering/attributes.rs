//! The stacks' resources: an attribute of each kind, at least one of each resource.

use serde_json::{Value, json};
use system_tests::AwsClient;

use super::tamper::{Tampering, ours, theirs};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const AGENT: &str = "aws-operations-agent-local";
const TOOLS: &str = "local-bedrock-agentcore-mcp-tool";
const CONVERSATIONS: &str = "aws-operations-agent-conversations-local";
const DEPLOYMENTS: &str = "aws-operations-agent-deployments-local";

pub fn tamper(aws: &AwsClient) -> Vec<Tampering> {
    // The stack first: its update puts resources back that are tampered with before it.
    let parts = [stacks, tables, repositories, log_groups, roles, functions, urls, statements];
    parts.into_iter().flat_map(|part| part(aws)).collect()
}

fn stacks(aws: &AwsClient) -> Vec<Tampering> {
    let stack = "aws-operations-agent-local-data";
    let template = aws.call("cloudformation", "get_template", json!({"StackName": stack, "TemplateStage": "Original"}));
    let template =
        template["TemplateBody"].as_str().expect("the template's text").replace("conversations\"", "talks\"");
    let described = aws.call("cloudformation", "describe_stacks", json!({"StackName": stack}));
    let tags = described["Stacks"][0]["Tags"].as_array().expect("tags");
    let others: Vec<_> = tags.iter().filter(|tag| tag["Key"] != "Component").collect();
    let update = json!({"StackName": stack, "TemplateBody": template, "Tags": others});
    aws.call("cloudformation", "update_stack", update);
    settled(aws, stack);
    let stack = format!("stack {stack}");
    vec![ours(&stack, "ConversationsTable."), ours(&stack, "tag Component")]
}

fn settled(aws: &AwsClient, stack: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let described = aws.call("cloudformation", "describe_stacks", json!({"StackName": stack}));
        let status = described["Stacks"][0]["StackStatus"].as_str().expect("a status").to_string();
        if !status.ends_with("IN_PROGRESS") {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "stack {stack} stays {status}");
    }
}

fn tables(aws: &AwsClient) -> Vec<Tampering> {
    let off = |table: &str| json!({"TableName": table, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": false}});
    aws.call("dynamodb", "update_time_to_live", off(CONVERSATIONS));
    aws.call("dynamodb", "update_time_to_live", off(DEPLOYMENTS));
    let recovery = json!({"PointInTimeRecoveryEnabled": false});
    let backups = json!({"TableName": CONVERSATIONS, "PointInTimeRecoverySpecification": recovery});
    aws.call("dynamodb", "update_continuous_backups", backups);
    let stream = json!({"TableName": CONVERSATIONS, "StreamSpecification": {"StreamEnabled": false}});
    aws.call("dynamodb", "update_table", stream);
    let protection = json!({"TableName": CONVERSATIONS, "DeletionProtectionEnabled": false});
    aws.call("dynamodb", "update_table", protection);
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{CONVERSATIONS}");
    aws.call("dynamodb", "untag_resource", json!({"ResourceArn": arn, "TagKeys": ["Project"]}));
    let table = format!("table {CONVERSATIONS}");
    let paths = ["time_to_live", "point_in_time_recovery", "stream", "deletion_protection", "tag Project"];
    let mut tampered: Vec<_> = paths.map(|path| ours(&table, path)).into();
    tampered.push(ours(format!("table {DEPLOYMENTS}"), "time_to_live"));
    tampered
}

fn repositories(aws: &AwsClient) -> Vec<Tampering> {
    let (agent, tools) = (format!("{AGENT}-agent"), format!("{AGENT}-tools"));
    let of_agent = |more: Value| {
        let mut parameters = more;
        parameters["repositoryName"] = json!(agent);
        parameters
    };
    aws.call("ecr", "put_image_tag_mutability", of_agent(json!({"imageTagMutability": "MUTABLE"})));
    let scan = json!({"imageScanningConfiguration": {"scanOnPush": false}});
    aws.call("ecr", "put_image_scanning_configuration", of_agent(scan));
    aws.call("ecr", "delete_repository_policy", json!({"repositoryName": tools}));
    let everyone = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]});
    aws.call("ecr", "set_repository_policy", of_agent(json!({"policyText": everyone.to_string()})));
    let arn = format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{tools}");
    aws.call("ecr", "untag_resource", json!({"resourceArn": arn, "tagKeys": ["Project"]}));
    let (agent, tools) = (format!("repository {agent}"), format!("repository {tools}"));
    vec![
        ours(&agent, "tag_mutability"),
        ours(&agent, "scan_on_push"),
        ours(&agent, "policy"),
        ours(&tools, "policy"),
        ours(&tools, "tag Project"),
    ]
}

fn log_groups(aws: &AwsClient) -> Vec<Tampering> {
    let (agent, tools) = (format!("/aws/lambda/{AGENT}"), format!("/aws/lambda/{TOOLS}"));
    aws.call("logs", "put_retention_policy", json!({"logGroupName": agent, "retentionInDays": 1}));
    aws.call("logs", "delete_retention_policy", json!({"logGroupName": tools}));
    vec![ours(format!("log group {agent}"), "retention_days"), ours(format!("log group {tools}"), "retention_days")]
}

fn roles(aws: &AwsClient) -> Vec<Tampering> {
    let (agent, tools) = (format!("{AGENT}-execution"), format!("{TOOLS}-execution"));
    let everything = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    .to_string();
    let inline = |role: &str, name: &str| json!({"RoleName": role, "PolicyName": name, "PolicyDocument": everything});
    aws.call("iam", "put_role_policy", inline(&agent, "agent"));
    aws.call("iam", "put_role_policy", inline(&agent, "more"));
    aws.call("iam", "delete_role_policy", json!({"RoleName": tools, "PolicyName": "tools"}));
    // Left from an earlier round it serves as well.
    let _ = aws.try_call("iam", "create_policy", json!({"PolicyName": "extra", "PolicyDocument": everything}));
    let attached = json!({"RoleName": agent, "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/extra")});
    aws.call("iam", "attach_role_policy", attached);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]});
    let trusted = json!({"RoleName": tools, "PolicyDocument": trust.to_string()});
    aws.call("iam", "update_assume_role_policy", trusted);
    aws.call("iam", "untag_role", json!({"RoleName": tools, "TagKeys": ["ManagedBy"]}));
    let policy = |number: usize| format!("arn:aws:iam::{ACCOUNT}:policy/{AGENT}-read-{number}");
    let version = json!({"PolicyArn": policy(1), "PolicyDocument": everything, "SetAsDefault": true});
    aws.call("iam", "create_policy_version", version);
    aws.call("iam", "detach_role_policy", json!({"RoleName": tools, "PolicyArn": policy(2)}));
    let guest = json!({"RoleName": tools, "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/extra")});
    aws.call("iam", "attach_role_policy", guest.clone());
    let (agent, tools) = (format!("role {agent}"), format!("role {tools}"));
    vec![
        ours(&agent, "inline_policies.agent"),
        ours(&agent, "inline_policies.more"),
        ours(&agent, "attached_policies"),
        ours(format!("policies {AGENT}-read"), "policy aws-operations-agent-local-read-1.Statement"),
        ours(&tools, "attached_policies"),
        theirs(&tools, "attached_policies", "iam", ("detach_role_policy", guest)),
        ours(&tools, "inline_policies.tools"),
        ours(&tools, "trust_policy"),
        ours(&tools, "tag ManagedBy"),
    ]
}

fn functions(aws: &AwsClient) -> Vec<Tampering> {
    let variables = json!({"LOG_LEVEL": "trace", "SURPRISE": "1"});
    let configuration = json!({"FunctionName": AGENT, "MemorySize": 1024, "Timeout": 3, "Description": "hello",
        "Environment": {"Variables": variables}, "TracingConfig": {"Mode": "PassThrough"}});
    aws.call("lambda", "update_function_configuration", configuration);
    let agent = aws.call("lambda", "get_function", json!({"FunctionName": AGENT}));
    let image = &agent["Code"]["ImageUri"];
    aws.call("lambda", "update_function_code", json!({"FunctionName": TOOLS, "ImageUri": image}));
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{TOOLS}");
    aws.call("lambda", "untag_resource", json!({"Resource": arn, "TagKeys": ["Environment"]}));
    let (agent, tools) = (format!("function {AGENT}"), format!("function {TOOLS}"));
    let paths = [
        "memory_mb",
        "timeout_seconds",
        "description",
        "environment.LOG_LEVEL",
        "environment.SURPRISE",
        "environment.GATEWAY_URL",
        "tracing",
    ];
    let mut tampered: Vec<_> = paths.map(|path| ours(&agent, path)).into();
    tampered.extend([ours(&tools, "image_uri"), ours(&tools, "tag Environment")]);
    tampered
}

fn urls(aws: &AwsClient) -> Vec<Tampering> {
    let cors = json!({"AllowOrigins": ["*"]});
    let open = json!({"FunctionName": AGENT, "AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": cors});
    aws.call("lambda", "update_function_url_config", open);
    ["auth_type", "invoke_mode", "cors"].map(|path| ours(format!("URL of function {AGENT}"), path)).into()
}

fn statements(aws: &AwsClient) -> Vec<Tampering> {
    for statement in policy_of(aws, AGENT) {
        aws.call("lambda", "remove_permission", json!({"FunctionName": AGENT, "StatementId": statement["Sid"]}));
    }
    let add = |function: &str| {
        let statement = json!({"FunctionName": function, "StatementId": "theirs", "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com"});
        aws.call("lambda", "add_permission", statement);
        ("remove_permission", json!({"FunctionName": function, "StatementId": "theirs"}))
    };
    let callers = format!("callers of function {AGENT}");
    vec![
        ours(&callers, "statement AgentUrlPermission0"),
        ours(&callers, "statement AgentInvokePermission0"),
        theirs(&callers, "statement theirs", "lambda", add(AGENT)),
        theirs(format!("policy of function {TOOLS}"), "statement theirs", "lambda", add(TOOLS)),
    ]
}

pub(super) fn policy_of(aws: &AwsClient, function: &str) -> Vec<Value> {
    let answer = aws.call("lambda", "get_policy", json!({"FunctionName": function}));
    let policy: Value = serde_json::from_str(answer["Policy"].as_str().expect("a policy")).expect("JSON");
    policy["Statement"].as_array().expect("statements").clone()
}
