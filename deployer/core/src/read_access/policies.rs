//! Which services share a policy. The places are fixed, so that a service that
//! gains an operation changes one policy, and a reader finds its actions together.

use contract::Names;
use serde_json::Value;

use super::statements::{Reach, ReadStatement, of_service};
use super::tiers::tiers;
use crate::ownership::MANAGED_BY;
use crate::settings::{Platform, Settings};

/// Managed policies that ours may be: AWS allows a role ten (IAM and STS quotas),
/// and one is left to the account.
pub const MOST_POLICIES: usize = 9;

/// Characters of a managed policy, whitespace not counted (IAM and STS quotas).
pub const POLICY_LIMIT: usize = 6_144;

/// Services of one policy, by their IAM prefix.
const PLACES: [&[Share]; 8] = [
    &[Share::until("ec2", "ec2:DescribeSpot")],
    &[Share::from("ec2", "ec2:DescribeSpot")],
    &[Share::until("sagemaker", "sagemaker:ListC"), Share::all("bedrock")],
    &[Share::from("sagemaker", "sagemaker:ListC"), Share::all("ses"), Share::all("eks")],
    &[Share::all("autoscaling"), Share::all("cloudformation"), Share::all("ecs"), Share::all("lambda")],
    &[Share::all("iam"), Share::all("s3"), Share::all("s3-outposts"), Share::all("s3express"), Share::all("sts")],
    &[
        Share::all("cloudwatch"),
        Share::all("dynamodb"),
        Share::all("logs"),
        Share::all("rds"),
        Share::all("sns"),
        Share::all("sqs"),
    ],
    &[
        Share::all("apigateway"),
        Share::all("budgets"),
        Share::all("ce"),
        Share::all("elasticloadbalancing"),
        Share::all("route53"),
    ],
];

/// A service, or those of its actions that sort between two texts.
struct Share {
    prefix: &'static str,
    from: &'static str,
    until: &'static str,
}

impl Share {
    const fn all(prefix: &'static str) -> Self {
        Self { prefix, from: "", until: "" }
    }

    const fn from(prefix: &'static str, from: &'static str) -> Self {
        Self { prefix, from, until: "" }
    }

    const fn until(prefix: &'static str, until: &'static str) -> Self {
        Self { prefix, from: "", until }
    }

    fn holds(&self, action: &str) -> bool {
        let of_service = action.split(':').next() == Some(self.prefix);
        of_service && action >= self.from && (self.until.is_empty() || action < self.until)
    }
}

/// One managed policy of the tool function's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPolicy {
    /// Counted from 1; part of its name.
    pub number: usize,
    pub statements: Vec<ReadStatement>,
}

/// The policies that allow what an environment may call.
pub fn policies_of(settings: &Settings) -> Vec<ReadPolicy> {
    let reach = match settings.platform {
        Platform::Aws => Reach::Own,
        Platform::Local { .. } => Reach::Everything,
    };
    policies(&settings.tool_settings.data_operations, reach)
}

/// The policies that allow all that needs no setting, and these operations of the data tier.
pub fn policies(data_operations: &[String], reach: Reach) -> Vec<ReadPolicy> {
    let actions = tiers().actions(data_operations);
    let of_share = |share: &Share| {
        let held: Vec<&str> = actions.iter().copied().filter(|action| share.holds(action)).collect();
        of_service(share.prefix, &held, tiers(), reach)
    };
    let statements = PLACES.iter().map(|shares| shares.iter().flat_map(of_share).collect());
    statements.enumerate().map(|(index, statements)| ReadPolicy { number: index + 1, statements }).collect()
}

/// Description by which a policy is known as ours: CloudFormation cannot tag one.
pub fn description(names: &Names) -> String {
    format!("What the tools of {} may read; made by {MANAGED_BY}", names.application_stack())
}

/// Characters that IAM counts.
pub fn length(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}
