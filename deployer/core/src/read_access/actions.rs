//! What IAM knows of the actions: configs/aws-iam-actions.json, made from the
//! Service Authorization Reference.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// One action of the Service Authorization Reference.
#[derive(Debug, Deserialize)]
pub struct IamAction {
    /// ARN patterns that the action can be narrowed to; empty where it takes `*` only.
    pub resources: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    actions: BTreeMap<String, IamAction>,
}

static ACTIONS: LazyLock<BTreeMap<String, IamAction>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../../../../configs/aws-iam-actions.json"))
        .expect("configs/aws-iam-actions.json is compiled in and read by a test");
    file.actions
});

/// None for an action that the reference does not know.
pub fn action(name: &str) -> Option<&'static IamAction> {
    ACTIONS.get(name)
}

/// Actions whose resources are optional (the reference marks none of them as
/// required) and whose calls may name none: IAM then asks about `*`, and an ARN
/// would deny the call. Actions with optional resources whose calls always name
/// one, such as `s3:GetBucketAcl`, are not among them.
pub const ASKED_WITHOUT_RESOURCE: [&str; 22] = [
    "bedrock:ListAutomatedReasoningPolicies",
    "bedrock:ListGuardrails",
    "ce:GetCostAndUsage",
    "ce:GetCostAndUsageComparisons",
    "ce:GetCostAndUsageWithResources",
    "ce:GetCostCategories",
    "ce:GetCostComparisonDrivers",
    "ce:GetCostForecast",
    "ce:GetDimensionValues",
    "ce:GetTags",
    "ce:GetUsageForecast",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ListHookResults",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "dynamodb:ListExports",
    "dynamodb:ListImports",
    "logs:ListAnomalies",
    "logs:ListLogAnomalyDetectors",
    "ses:BatchGetMetricData",
];
