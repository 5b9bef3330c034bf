//! What the runs of this test do not call, each with its reason. An entry that
//! is called after all fails the test, so the list stays short.

/// Reason, actions.
pub const UNSEEN: [(&str, &[&str]); 9] = [
    (
        "the registry's own protocol: the SDK does not tell it, and the emulator's registry asks nobody",
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ],
    ),
    (
        "permission-only actions: AWS checks them inside another call, the emulator does not",
        &[
            "bedrock-agentcore:CreateWorkloadIdentity",
            "bedrock-agentcore:DeleteWorkloadIdentity",
            "bedrock-agentcore:GetWorkloadIdentity",
            "cloudformation:TagResource",
            "cloudformation:UntagResource",
            "ecr:GetDownloadUrlForLayer",
            "iam:PassRole",
            "lambda:ListTags",
        ],
    ),
    (
        "the smoke test's own signed request, not a call of the SDK; the sandbox checks it",
        &["lambda:InvokeFunctionUrl"],
    ),
    (
        "only after a failure or for a stack in a state that the emulator does not reach",
        &["cloudformation:ContinueUpdateRollback", "cloudformation:DeleteChangeSet"],
    ),
    ("a table that somebody deleted stops the plan before it is made again", &["dynamodb:CreateTable"]),
    (
        "only for what a stack left behind when it was deleted",
        &["ecr:DeleteRepository", "iam:DeletePolicy", "lambda:DeleteFunction", "logs:DeleteLogGroup"],
    ),
    ("the local platform keeps the functions' logs in files of its own", &["logs:FilterLogEvents"]),
    ("only `adopt` calls it, which has a test of its own", &["cloudformation:UpdateStack"]),
    ("only with a permissions boundary in the settings", &["iam:PutRolePermissionsBoundary"]),
];

/// Statements that cannot be simulated, each with its reason.
pub const STATEMENTS: [(&str, &str); 2] = [
    ("LogAccountSettings", "only CloudFormation's handler calls it, and the emulator's does not act as the caller"),
    (
        "PassToLambda",
        "its condition needs context, which the emulator's simulation ignores; nor does it check PassRole",
    ),
];

/// Calls in the sources that no environment like this one makes, so its policy leaves them out.
pub const UNREACHABLE: [(&str, &str); 3] = [
    ("ecr:DeleteRepositoryPolicy", "our repositories always have a policy"),
    ("logs:DeleteRetentionPolicy", "our log groups always have a retention"),
    ("secretsmanager:GetSecretValue", "planned only where the smoke test's secret is in Secrets Manager"),
];
