//! What CloudFormation calls for the types of our templates: its own resource
//! schemas say so (configs/cloudformation-handlers.json), less what none of our
//! templates uses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::model::When;
use super::scope::Scope;
use super::table::Row;

/// Resource type, handler, actions.
type Handlers = BTreeMap<String, BTreeMap<String, Vec<String>>>;

static HANDLERS: LazyLock<Handlers> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../configs/cloudformation-handlers.json"))
        .expect("the handlers are compiled in and read by a test")
});

/// Actions that handlers name and our templates never make them call; one that
/// ends in `*` stands for all that begin so.
pub const UNUSED: [(&str, &[&str]); 13] = [
    ("no table is imported", &["dynamodb:DescribeImport", "dynamodb:ImportTable", "s3:*"]),
    (
        "no table is imported, so no handler writes a log",
        &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
    ),
    (
        "no table is replicated",
        &[
            "dynamodb:AssociateTableReplica",
            "dynamodb:BatchWriteItem",
            "dynamodb:CreateTableReplica",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
            "iam:CreateServiceLinkedRole",
        ],
    ),
    (
        "no table streams to Kinesis",
        &[
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:UpdateKinesisStreamingDestination",
            "kinesis:*",
        ],
    ),
    (
        "no table has contributor insights or a policy of its own",
        &["dynamodb:DeleteResourcePolicy", "dynamodb:PutResourcePolicy", "dynamodb:UpdateContributorInsights"],
    ),
    ("every key is AWS's own", &["kms:*", "logs:AssociateKmsKey", "logs:DisassociateKmsKey"]),
    (
        "no repository has a lifecycle policy, and each has a policy",
        &["ecr:DeleteLifecyclePolicy", "ecr:DeleteRepositoryPolicy", "ecr:PutLifecyclePolicy"],
    ),
    (
        "log groups have a retention and nothing else",
        &[
            "firehose:*",
            "logs:CreateLogDelivery",
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteIndexPolicy",
            "logs:DeleteResourcePolicy",
            "logs:DeleteRetentionPolicy",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutLogGroupDeletionProtection",
            "logs:PutResourcePolicy",
        ],
    ),
    (
        "no policy is attached by itself, and to users and groups none",
        &["iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachUserPolicy"],
    ),
    ("functions are images, outside of any network", &["ec2:*", "elasticfilesystem:*", "s3files:*"]),
    (
        "functions are not signed, have no layers and choose no runtime",
        &[
            "lambda:AssociateRuntimeAlias",
            "lambda:DeleteFunctionCodeSigningConfig",
            "lambda:GetCodeSigningConfig",
            "lambda:GetLayerVersion",
            "lambda:PutFunctionCodeSigningConfig",
            "lambda:PutRuntimeManagementConfig",
        ],
    ),
    (
        "functions have no concurrency, recursion or scaling settings",
        &[
            "lambda:DeleteFunctionConcurrency",
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionRecursionConfig",
            "lambda:PutFunctionScalingConfig",
        ],
    ),
    ("functions are not published as versions", &["lambda:PublishVersion"]),
];

/// What Lambda asks of whoever makes a function of an image (Lambda developer
/// guide, "Amazon ECR permissions").
const IMAGE_FUNCTIONS: [&str; 4] =
    ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"];

/// What CloudFormation calls for our stacks.
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = IMAGE_FUNCTIONS
        .into_iter()
        .map(|action| -> Row { (action, Scope::Repositories, "make a function of an image", &[When::Up]) })
        .collect();
    for (resource_type, handlers) in HANDLERS.iter() {
        for (handler, actions) in handlers {
            let used = actions.iter().filter(|action| !is_unused(action));
            rows.extend(used.map(|action| row(resource_type, handler, action)));
        }
    }
    rows
}

fn is_unused(action: &str) -> bool {
    UNUSED.iter().flat_map(|(_, patterns)| patterns.iter()).any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => action == *pattern,
    })
}

fn row(resource_type: &str, handler: &str, action: &'static str) -> Row {
    let (purpose, when): (_, &'static [When]) = match handler {
        "create" => ("make a stack's resource", &[When::Up]),
        "delete" => ("remove a stack's resource", &[When::Up, When::Down]),
        "read" => ("read a stack's resource", &[When::Up, When::Down]),
        _ => ("change a stack's resource", &[When::Up]),
    };
    (action, scope(resource_type, action), purpose, when)
}

fn scope(resource_type: &str, action: &str) -> Scope {
    match (resource_type, action) {
        (_, "iam:PassRole") => Scope::PassToLambda,
        (_, "logs:DescribeLogGroups") => Scope::LogGroupList,
        (_, "logs:DescribeResourcePolicies") => Scope::LogAccountSettings,
        (_, action) if action.starts_with("logs:") => Scope::LogGroups,
        (_, "iam:CreateRole" | "iam:PutRolePolicy" | "iam:PutRolePermissionsBoundary") => Scope::RolesWithinBoundary,
        (_, "iam:DeleteRolePermissionsBoundary") => Scope::RolesWithoutBoundary,
        ("AWS::DynamoDB::Table", _) => Scope::Tables,
        ("AWS::ECR::Repository", _) => Scope::Repositories,
        (_, "iam:AttachRolePolicy") => Scope::AttachReadPolicies,
        (_, "iam:DetachRolePolicy") => Scope::Roles,
        ("AWS::IAM::ManagedPolicy", _) => Scope::ReadPolicies,
        ("AWS::IAM::Role", _) => Scope::Roles,
        _ => Scope::Functions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{render, samples};
    use std::collections::BTreeSet;

    #[test]
    fn every_type_of_the_templates_has_its_handlers() {
        let settings = samples::settings();
        let mut types = BTreeSet::new();
        let texts = [
            render::foundation(&settings),
            render::data(&settings),
            render::read_access(&settings),
            render::application(&settings),
        ];
        for text in texts {
            let template: serde_json::Value = serde_saphyr::from_str(&text.unwrap()).unwrap();
            let resources = template["Resources"].as_object().unwrap();
            types.extend(resources.values().map(|resource| resource["Type"].as_str().unwrap().to_string()));
        }
        assert_eq!(types, HANDLERS.keys().cloned().collect());
    }

    #[test]
    fn what_is_left_out_is_something_that_a_handler_names() {
        let named: BTreeSet<&String> = HANDLERS.values().flat_map(|handlers| handlers.values().flatten()).collect();
        for pattern in UNUSED.iter().flat_map(|(_, patterns)| patterns.iter()) {
            let matches = |action: &&&String| match pattern.strip_suffix('*') {
                Some(start) => action.starts_with(start),
                None => action.as_str() == *pattern,
            };
            assert!(named.iter().any(|action| matches(&action)), "no handler names {pattern}");
        }
    }
}
