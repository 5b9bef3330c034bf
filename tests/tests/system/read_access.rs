//! What the deployed tool role may do, asked of the platform's simulation and
//! tried with credentials that have the role's own policies.

use serde_json::{Value, json};
use system_tests::AwsClient;

use crate::shared::deployed;

const TOOL_ROLE: &str = "local-bedrock-agentcore-mcp-tool-execution";
const CONVERSATIONS: &str = "aws-operations-agent-conversations-local";
const BUCKET: &str = "read-access-of-the-tools";
const ACCOUNT: &str = "000000000000";

/// Reads of several services, one for each protocol.
const ALLOWED: [&str; 8] = [
    "apigateway:GET",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeVolumes",
    "iam:ListUsers",
    "lambda:ListFunctions",
    "rds:DescribeDBInstances",
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
];

/// Changes, reads of what is stored, and reads that give out secrets.
const REFUSED: [&str; 10] = [
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "ec2:GetPasswordData",
    "ec2:RunInstances",
    "iam:CreateUser",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "s3:GetObject",
    "sqs:ReceiveMessage",
    "sts:AssumeRole",
];

#[test]
fn the_simulation_allows_the_tool_role_to_read_and_nothing_else() {
    let aws = deployed().aws();
    let decided = |actions: &[&str], wanted: &str| {
        let asked = json!({"PolicySourceArn": role_arn(TOOL_ROLE), "ActionNames": actions});
        let answer = aws.call("iam", "simulate_principal_policy", asked);
        let results = answer["EvaluationResults"].as_array().expect("results").clone();
        assert_eq!(results.len(), actions.len());
        for result in results {
            assert_eq!(result["EvalDecision"], wanted, "{}", result["EvalActionName"]);
        }
    };
    decided(&ALLOWED, "allowed");
    decided(&REFUSED, "implicitDeny");
}

#[test]
fn with_the_roles_policies_reads_succeed_and_everything_else_is_denied() {
    let aws = deployed().aws();
    let reader = Reader::new(&aws);
    aws.call("s3", "create_bucket", json!({"Bucket": BUCKET}));
    aws.call("s3", "put_object", json!({"Bucket": BUCKET, "Key": "key", "Body": "secret"}));
    for (service, operation, parameters) in [
        ("ec2", "describe_volumes", json!({})),
        ("iam", "list_users", json!({})),
        ("s3", "list_buckets", json!({})),
        ("s3", "get_bucket_location", json!({"Bucket": BUCKET})),
        ("rds", "describe_db_instances", json!({})),
        ("logs", "describe_log_groups", json!({})),
        ("cloudwatch", "describe_alarms", json!({})),
        ("dynamodb", "describe_table", json!({"TableName": CONVERSATIONS})),
        ("apigateway", "get_rest_apis", json!({})),
        ("route53", "list_hosted_zones", json!({})),
        ("cloudformation", "describe_stacks", json!({})),
    ] {
        reader.client.call(service, operation, parameters);
    }
    for (service, operation, parameters) in [
        ("dynamodb", "scan", json!({"TableName": CONVERSATIONS})),
        ("s3", "get_object", json!({"Bucket": BUCKET, "Key": "key"})),
        ("s3", "delete_object", json!({"Bucket": BUCKET, "Key": "key"})),
        ("sqs", "receive_message", json!({"QueueUrl": format!("http://sqs.us-east-1.localhost/{ACCOUNT}/queue")})),
        ("iam", "create_user", json!({"UserName": "another"})),
        ("apigateway", "get_api_keys", json!({})),
        ("logs", "filter_log_events", json!({"logGroupName": "/aws/lambda/x"})),
        ("lambda", "delete_function", json!({"FunctionName": "x"})),
    ] {
        let error = reader.client.try_call(service, operation, parameters).expect_err(operation);
        assert!(error.contains("AccessDenied") || error.contains("not authorized"), "{service} {operation}: {error}");
    }
}

/// Somebody with the tool role's policies whom this test may act as: only Lambda may act as the role itself.
struct Reader<'a> {
    aws: &'a AwsClient,
    policies: Vec<Value>,
    client: AwsClient,
}

const READER: &str = "reader-with-the-tool-roles-policies";

impl<'a> Reader<'a> {
    fn new(aws: &'a AwsClient) -> Self {
        let attached = aws.call("iam", "list_attached_role_policies", json!({"RoleName": TOOL_ROLE}));
        let policies: Vec<Value> = attached["AttachedPolicies"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["PolicyArn"].clone())
            .collect();
        assert!(policies.len() > 1 && policies.len() < 10, "{policies:?}");
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
        let made = json!({"RoleName": READER, "AssumeRolePolicyDocument": trust.to_string()});
        aws.call("iam", "create_role", made);
        for policy in &policies {
            aws.call("iam", "attach_role_policy", json!({"RoleName": READER, "PolicyArn": policy}));
        }
        let assumed = json!({"RoleArn": role_arn(READER), "RoleSessionName": "reader"});
        let credentials = aws.call("sts", "assume_role", assumed)["Credentials"].clone();
        let mut status = deployed().status();
        for (variable, member) in [
            ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
            ("AWS_SESSION_TOKEN", "SessionToken"),
        ] {
            status["env"][variable] = credentials[member].clone();
        }
        Self { aws, policies, client: AwsClient::new(&status) }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        for policy in &self.policies {
            let _ = self.aws.try_call("iam", "detach_role_policy", json!({"RoleName": READER, "PolicyArn": policy}));
        }
        let _ = self.aws.try_call("iam", "delete_role", json!({"RoleName": READER}));
        let _ = self.aws.try_call("s3", "delete_object", json!({"Bucket": BUCKET, "Key": "key"}));
        let _ = self.aws.try_call("s3", "delete_bucket", json!({"Bucket": BUCKET}));
    }
}

fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}
