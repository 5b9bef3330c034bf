//! On what, and under which condition, an action is allowed: one scope is one
//! statement of the policy.

use serde_json::{Value, json};

use super::emulator;
use super::reach::Reach;
use crate::model_access::ModelAccess;

/// The policy that a call attaches to a role, or takes from it (Service
/// Authorization Reference, IAM); compared as an ARN, with wildcards.
pub const ATTACHED_POLICY: &str = "iam:PolicyARN";

/// A statement without its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Needs no permission.
    Free,
    Stacks,
    RegistryLogin,
    Repositories,
    Tables,
    DeploymentRecords,
    Roles,
    /// Role changes that have to keep the permissions boundary, where there is one.
    RolesWithinBoundary,
    /// Nothing where the settings name a boundary: no role of ours may lose it.
    RolesWithoutBoundary,
    /// The policies of what the tools may read.
    ReadPolicies,
    /// Attaching: the role is the resource, and a condition says which policies.
    AttachReadPolicies,
    PassToLambda,
    PassToAgentCore,
    PassToCloudFormation,
    Functions,
    /// A call that names a version is allowed on the version's own ARN.
    FunctionVersions,
    AgentUrl,
    ToolFunction,
    LogGroups,
    LogGroupList,
    LogAccountSettings,
    Gateways,
    NewGateway,
    GatewayList,
    WorkloadIdentities,
    SmokeSecret,
    Models,
    ModelAvailability,
    OwnPermissions,
}

impl Scope {
    pub fn sid(self) -> Option<&'static str> {
        Some(match self {
            Self::Free => return None,
            Self::Stacks => "Stacks",
            Self::RegistryLogin => "RegistryLogin",
            Self::Repositories => "Repositories",
            Self::Tables => "Tables",
            Self::DeploymentRecords => "DeploymentRecords",
            Self::Roles | Self::RolesWithoutBoundary => "Roles",
            Self::RolesWithinBoundary => "RolesWithinBoundary",
            Self::ReadPolicies => "ReadPolicies",
            Self::AttachReadPolicies => "AttachReadPolicies",
            Self::PassToLambda => "PassToLambda",
            Self::PassToAgentCore => "PassToAgentCore",
            Self::PassToCloudFormation => "PassToCloudFormation",
            Self::Functions => "Functions",
            Self::FunctionVersions => "FunctionVersions",
            Self::AgentUrl => "AgentUrl",
            Self::ToolFunction => "ToolFunction",
            Self::LogGroups => "LogGroups",
            Self::LogGroupList => "LogGroupList",
            Self::LogAccountSettings => "LogAccountSettings",
            Self::Gateways => "Gateways",
            Self::NewGateway => "NewGateway",
            Self::GatewayList => "GatewayList",
            Self::WorkloadIdentities => "WorkloadIdentities",
            Self::SmokeSecret => "SmokeSecret",
            Self::Models => "Models",
            Self::ModelAvailability => "ModelAvailability",
            Self::OwnPermissions => "OwnPermissions",
        })
    }

    /// ARNs or patterns of them; none where the environment has nothing of the kind.
    pub fn resources(self, reach: &Reach) -> Vec<String> {
        match self {
            Self::Free
            | Self::RegistryLogin
            | Self::LogAccountSettings
            | Self::GatewayList
            | Self::ModelAvailability => vec!["*".into()],
            Self::Stacks => reach.stacks(),
            Self::Repositories => reach.repositories(),
            Self::Tables => reach.tables(),
            Self::DeploymentRecords => vec![reach.deployments_table()],
            Self::Roles | Self::RolesWithinBoundary => reach.roles(),
            Self::RolesWithoutBoundary => match reach.settings.project.permissions_boundary {
                Some(_) => vec![],
                None => reach.roles(),
            },
            Self::ReadPolicies => reach.read_policies(),
            Self::AttachReadPolicies => vec![reach.tool_role()],
            Self::PassToLambda => reach.execution_roles(),
            Self::PassToAgentCore => vec![reach.gateway_role()],
            Self::PassToCloudFormation => reach.settings.aws.cloudformation_role.iter().cloned().collect(),
            Self::Functions => reach.functions(),
            Self::FunctionVersions => reach.functions().iter().map(|arn| format!("{arn}:*")).collect(),
            Self::AgentUrl => vec![reach.agent_function()],
            Self::ToolFunction => vec![reach.tool_function()],
            Self::LogGroups => reach.log_groups(),
            Self::LogGroupList => vec![reach.arn("logs", "log-group:*")],
            Self::Gateways => vec![reach.gateway()],
            Self::NewGateway => vec![reach.arn("bedrock-agentcore", "gateway/*")],
            Self::WorkloadIdentities => reach.workload_identities(),
            Self::SmokeSecret => reach.smoke_secret().into_iter().collect(),
            Self::Models => models(reach),
            Self::OwnPermissions => {
                let account = &reach.location.account;
                vec![format!("arn:aws:iam::{account}:role/*"), format!("arn:aws:iam::{account}:user/*")]
            }
        }
    }

    pub fn condition(self, reach: &Reach) -> Option<Value> {
        let passed_to = |service: &str| json!({"StringEquals": {"iam:PassedToService": service}});
        match self {
            Self::RolesWithinBoundary => {
                let boundary = reach.settings.project.permissions_boundary.as_ref()?;
                Some(json!({"StringEquals": {"iam:PermissionsBoundary": boundary}}))
            }
            // The emulator knows no such context.
            Self::AttachReadPolicies if emulator::is_asked(reach) => None,
            Self::AttachReadPolicies => Some(json!({"ArnLike": {ATTACHED_POLICY: reach.read_policies()[0]}})),
            Self::PassToLambda => Some(passed_to("lambda.amazonaws.com")),
            Self::PassToAgentCore if emulator::is_asked(reach) => None,
            Self::PassToAgentCore => Some(passed_to("bedrock-agentcore.amazonaws.com")),
            Self::PassToCloudFormation => Some(passed_to("cloudformation.amazonaws.com")),
            _ => None,
        }
    }

    /// What a call carries, so that a simulation sees the condition fulfilled.
    pub fn context(self, reach: &Reach) -> Vec<(String, String)> {
        let condition = self.condition(reach).unwrap_or(Value::Null);
        let keys = condition.as_object().into_iter().flat_map(|operators| operators.values());
        let keys = keys.filter_map(Value::as_object).flatten();
        keys.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_string()))).collect()
    }
}

/// Inference profiles and the models behind them, as `doctor` looks them up.
fn models(reach: &Reach) -> Vec<String> {
    let access = ModelAccess::to(&reach.settings.model);
    let filled = |arn: &String| {
        arn.replace("${AWS::Partition}", "aws")
            .replace("${AWS::Region}", &reach.location.region)
            .replace("${AWS::AccountId}", &reach.location.account)
    };
    let mut models: Vec<String> = access.invoked.iter().chain(&access.routed).map(filled).collect();
    models.sort();
    models.dedup();
    models
}
