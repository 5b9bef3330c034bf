//! Which actions a run of the deployer called, from the spans of its SDK.

use std::collections::BTreeSet;

use system_tests::Finished;

/// What makes the deployer tell its calls on stderr; nothing of their content.
pub const TELL_CALLS: &str = "aws_sdk_bedrock=debug,aws_sdk_bedrockagentcorecontrol=debug,\
    aws_sdk_cloudformation=debug,aws_sdk_cloudwatchlogs=debug,aws_sdk_dynamodb=debug,aws_sdk_ecr=debug,\
    aws_sdk_iam=debug,aws_sdk_lambda=debug,aws_sdk_secretsmanager=debug,aws_sdk_sts=debug,\
    aws_smithy_runtime::client::orchestrator=debug";

/// Prefix of a service's actions, by the service's name in the SDK.
const SERVICES: [(&str, &str); 10] = [
    ("Bedrock", "bedrock"),
    ("Bedrock AgentCore Control", "bedrock-agentcore"),
    ("CloudFormation", "cloudformation"),
    ("CloudWatch Logs", "logs"),
    ("DynamoDB", "dynamodb"),
    ("ECR", "ecr"),
    ("IAM", "iam"),
    ("Lambda", "lambda"),
    ("Secrets Manager", "secretsmanager"),
    ("STS", "sts"),
];

#[derive(Debug, Default)]
pub struct Recording {
    pub actions: BTreeSet<String>,
}

impl Recording {
    /// Adds the calls of one run; there always are some.
    pub fn add(&mut self, run: &Finished) {
        let calls: Vec<_> = run.stderr.lines().filter_map(call).collect();
        assert!(!calls.is_empty(), "the run told no calls:\n{}", run.stderr);
        for (service, operation) in calls {
            self.actions.extend(actions(&service, &operation));
        }
    }
}

fn call(line: &str) -> Option<(String, String)> {
    let field = |name: &str| Some(line.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.to_string());
    Some((field("rpc.service")?, field("rpc.method")?))
}

/// What an operation needs; a transaction needs what its parts need.
pub fn actions(service: &str, operation: &str) -> Vec<String> {
    let (_, prefix) = SERVICES.iter().find(|(name, _)| *name == service).unwrap_or_else(|| panic!("service {service}"));
    match operation {
        "TransactWriteItems" => vec!["dynamodb:ConditionCheckItem".into(), "dynamodb:PutItem".into()],
        "Invoke" => vec!["lambda:InvokeFunction".into()],
        operation => vec![format!("{prefix}:{operation}")],
    }
}
