//! The deployer's own calls. CloudFormation's are in `handlers`.

use std::collections::BTreeSet;

use super::emulator;
use super::handlers;
use super::model::{Caller, PlannedCall, When};
use super::reach::Reach;
use super::scope::Scope;
use crate::desired::Location;
use crate::settings::Settings;

/// Action, scope, what for, when.
pub type Row = (&'static str, Scope, &'static str, &'static [When]);

use Scope::*;
use When::{Adopt, Doctor, Down, Operate, Plan, Smoke, Up};

const OWN: &[Row] = &[
    ("sts:GetCallerIdentity", Free, "find out who is calling", &[Plan, Up, Down, Doctor, Operate]),
    ("cloudformation:DescribeStacks", Stacks, "read the stacks", &[Plan, Up, Down]),
    ("cloudformation:GetTemplate", Stacks, "compare templates", &[Plan]),
    ("cloudformation:ListStackResources", Stacks, "tell the stack's statements from others'", &[Plan]),
    ("cloudformation:DescribeStackEvents", Stacks, "follow a stack and find the cause of a failure", &[Up, Down]),
    ("cloudformation:CreateChangeSet", Stacks, "prepare a stack's change", &[Up, Adopt]),
    ("cloudformation:DescribeChangeSet", Stacks, "compare the change with the plan", &[Up, Adopt]),
    ("cloudformation:ExecuteChangeSet", Stacks, "change a stack", &[Up, Adopt]),
    ("cloudformation:DeleteChangeSet", Stacks, "discard a change that is not wanted", &[Up, Adopt]),
    ("cloudformation:ContinueUpdateRollback", Stacks, "repair a stack whose rollback failed", &[Up]),
    ("cloudformation:UpdateStack", Stacks, "tag a stack that is taken over", &[Adopt]),
    ("cloudformation:TagResource", Stacks, "tag the stacks", &[Up, Adopt]),
    ("cloudformation:UntagResource", Stacks, "take tags off the stacks", &[Up]),
    ("cloudformation:DeleteStack", Stacks, "remove a stack", &[Up, Down]),
    ("ecr:GetAuthorizationToken", RegistryLogin, "log in to the registry", &[Up]),
    ("ecr:DescribeRepositories", Repositories, "read the repositories", &[Plan]),
    ("ecr:GetRepositoryPolicy", Repositories, "read who may pull", &[Plan]),
    ("ecr:ListTagsForResource", Repositories, "read the repositories' tags", &[Plan]),
    ("ecr:DescribeImages", Repositories, "find the images that are there", &[Plan, Operate]),
    ("ecr:BatchCheckLayerAvailability", Repositories, "push only new layers", &[Up]),
    ("ecr:InitiateLayerUpload", Repositories, "push a layer", &[Up]),
    ("ecr:UploadLayerPart", Repositories, "push a layer", &[Up]),
    ("ecr:CompleteLayerUpload", Repositories, "push a layer", &[Up]),
    ("ecr:PutImage", Repositories, "push an image", &[Up]),
    ("ecr:BatchGetImage", Repositories, "see whether an image is there", &[Up]),
    ("ecr:GetDownloadUrlForLayer", Repositories, "make a function of an image", &[Up]),
    ("ecr:SetRepositoryPolicy", Repositories, "put back who may pull", &[Up]),
    ("ecr:PutImageTagMutability", Repositories, "put back immutable tags", &[Up]),
    ("ecr:PutImageScanningConfiguration", Repositories, "put back scanning", &[Up]),
    ("ecr:TagResource", Repositories, "put back tags", &[Up, Adopt]),
    ("ecr:CreateRepository", Repositories, "make a repository again that somebody deleted", &[Up]),
    ("ecr:DeleteRepository", Repositories, "remove a repository that its stack left behind", &[Down]),
    ("ecr:ListImages", Repositories, "empty a repository before it goes", &[Down]),
    ("ecr:BatchDeleteImage", Repositories, "remove images", &[Down, Operate]),
    ("dynamodb:DescribeTable", Tables, "read the tables", &[Plan, Up, Down]),
    ("dynamodb:DescribeTimeToLive", Tables, "read by which attribute items expire", &[Plan]),
    ("dynamodb:DescribeContinuousBackups", Tables, "read point-in-time recovery", &[Plan]),
    ("dynamodb:ListTagsOfResource", Tables, "read the tables' tags", &[Plan]),
    ("dynamodb:UpdateTable", Tables, "put back a table's attributes, lift its protection", &[Up, Down]),
    ("dynamodb:UpdateTimeToLive", Tables, "put back the expiry of items", &[Up]),
    ("dynamodb:UpdateContinuousBackups", Tables, "put back point-in-time recovery", &[Up]),
    ("dynamodb:TagResource", Tables, "put back tags", &[Up, Adopt]),
    ("dynamodb:CreateTable", Tables, "make a table again that somebody deleted", &[Up]),
    ("dynamodb:DeleteTable", Tables, "remove a table that its stack leaves behind", &[Down]),
    ("dynamodb:GetItem", DeploymentRecords, "read the lease and a deployment", &[Up, Down, Operate]),
    ("dynamodb:Query", DeploymentRecords, "read the history", &[Operate]),
    ("dynamodb:PutItem", DeploymentRecords, "record intent and result", &[Up, Down]),
    ("dynamodb:UpdateItem", DeploymentRecords, "take and renew the lease", &[Up, Down]),
    ("dynamodb:ConditionCheckItem", DeploymentRecords, "record only while the lease is held", &[Up, Down]),
    ("iam:GetRole", Roles, "read a role", &[Plan, Up, Down]),
    ("iam:ListRolePolicies", Roles, "read a role's policies", &[Plan, Up, Down]),
    ("iam:GetRolePolicy", Roles, "read a role's policies", &[Plan, Up, Down]),
    ("iam:ListAttachedRolePolicies", Roles, "read a role's policies", &[Plan, Up, Down]),
    ("iam:CreateRole", RolesWithinBoundary, "make the gateway role", &[Up]),
    ("iam:PutRolePolicy", RolesWithinBoundary, "write a role's policy", &[Up]),
    ("iam:PutRolePermissionsBoundary", RolesWithinBoundary, "write a role's boundary", &[Up]),
    ("iam:DeleteRolePermissionsBoundary", RolesWithoutBoundary, "take a boundary away", &[Up]),
    ("iam:UpdateRole", Roles, "write a role's description", &[Up]),
    ("iam:UpdateAssumeRolePolicy", Roles, "write who may act as a role", &[Up]),
    ("iam:TagRole", Roles, "tag a role", &[Up, Adopt]),
    ("iam:DeleteRolePolicy", Roles, "take a policy away", &[Up, Down]),
    ("iam:DetachRolePolicy", Roles, "take a policy away", &[Up, Down]),
    ("iam:AttachRolePolicy", AttachReadPolicies, "give the tool role its policies again", &[Up]),
    ("iam:GetPolicy", ReadPolicies, "read what the tools may read", &[Plan, Up, Down]),
    ("iam:GetPolicyVersion", ReadPolicies, "read what the tools may read", &[Plan, Up, Down]),
    ("iam:ListPolicyVersions", ReadPolicies, "make room for another version", &[Up, Down]),
    ("iam:CreatePolicy", ReadPolicies, "make a policy again that somebody deleted", &[Up]),
    ("iam:CreatePolicyVersion", ReadPolicies, "put back what the tools may read", &[Up]),
    ("iam:DeletePolicyVersion", ReadPolicies, "make room for another version", &[Up, Down]),
    ("iam:DeletePolicy", ReadPolicies, "remove a policy that its stack left behind", &[Down]),
    ("iam:DeleteRole", Roles, "remove the gateway role", &[Down]),
    ("iam:PassRole", PassToAgentCore, "let the gateway act as its role", &[Up]),
    ("iam:PassRole", PassToLambda, "let the functions act as their roles", &[Up]),
    ("iam:PassRole", PassToCloudFormation, "let CloudFormation act as its role", &[Up, Down]),
    ("lambda:GetFunction", Functions, "read the functions", &[Plan, Up]),
    // GetFunction answers without the tags, and with an error beside, where this is not allowed.
    ("lambda:ListTags", Functions, "read the functions' tags", &[Plan, Up]),
    ("lambda:GetFunction", FunctionVersions, "keep images that a version uses", &[Operate]),
    ("lambda:GetFunctionConfiguration", Functions, "wait for a function", &[Up, Doctor]),
    ("lambda:GetFunctionUrlConfig", Functions, "read the agent's URL", &[Plan]),
    ("lambda:GetPolicy", Functions, "read who may call a function", &[Plan, Up]),
    ("lambda:ListVersionsByFunction", Functions, "keep images that a version uses", &[Operate]),
    ("lambda:AddPermission", Functions, "let the gateway role invoke the tool function", &[Up]),
    ("lambda:RemovePermission", Functions, "take that away", &[Up, Down]),
    ("lambda:CreateFunction", Functions, "make a function again that somebody deleted", &[Up]),
    ("lambda:UpdateFunctionCode", Functions, "put back a function's image", &[Up]),
    ("lambda:UpdateFunctionConfiguration", Functions, "put back a function's settings", &[Up]),
    ("lambda:CreateFunctionUrlConfig", Functions, "make the agent's URL again", &[Up]),
    ("lambda:UpdateFunctionUrlConfig", Functions, "put back the agent's URL", &[Up]),
    ("lambda:TagResource", Functions, "put back tags", &[Up, Adopt]),
    ("lambda:DeleteFunction", Functions, "remove a function that its stack left behind", &[Down]),
    ("lambda:InvokeFunction", ToolFunction, "ask the tool function for its tools", &[Plan, Doctor]),
    ("lambda:InvokeFunctionUrl", AgentUrl, "ask the agent as a user would", &[Smoke]),
    ("lambda:InvokeFunction", AgentUrl, "ask the agent as a user would", &[Smoke]),
    ("logs:DescribeLogGroups", LogGroupList, "read retention", &[Plan]),
    ("logs:ListTagsForResource", LogGroups, "read the log groups' tags", &[Plan]),
    ("logs:FilterLogEvents", LogGroups, "show the functions' logs", &[Operate]),
    ("logs:PutRetentionPolicy", LogGroups, "put back retention", &[Up]),
    ("logs:CreateLogGroup", LogGroups, "make a log group again that somebody deleted", &[Up]),
    ("logs:DeleteLogGroup", LogGroups, "remove a log group that its stack left behind", &[Down]),
    ("logs:TagResource", LogGroups, "put back tags", &[Up, Adopt]),
    ("bedrock-agentcore:CreateGateway", NewGateway, "make the gateway", &[Up]),
    ("bedrock-agentcore:ListGateways", GatewayList, "find the gateway by its name", &[Plan, Operate]),
    ("bedrock-agentcore:GetGateway", Gateways, "read the gateway", &[Plan, Up, Down]),
    ("bedrock-agentcore:UpdateGateway", Gateways, "change the gateway", &[Up]),
    ("bedrock-agentcore:DeleteGateway", Gateways, "remove the gateway", &[Up, Down]),
    ("bedrock-agentcore:CreateGatewayTarget", Gateways, "make the target", &[Up]),
    ("bedrock-agentcore:ListGatewayTargets", Gateways, "find the target by its name", &[Plan, Up, Down]),
    ("bedrock-agentcore:GetGatewayTarget", Gateways, "read the target", &[Plan, Up, Down]),
    ("bedrock-agentcore:UpdateGatewayTarget", Gateways, "change the target", &[Up]),
    ("bedrock-agentcore:DeleteGatewayTarget", Gateways, "remove the target", &[Up, Down]),
    ("bedrock-agentcore:ListTagsForResource", Gateways, "read the gateway's tags", &[Plan]),
    ("bedrock-agentcore:TagResource", Gateways, "tag the gateway", &[Up, Adopt]),
    ("bedrock-agentcore:CreateWorkloadIdentity", WorkloadIdentities, "AgentCore makes one for the gateway", &[Up]),
    ("bedrock-agentcore:GetWorkloadIdentity", WorkloadIdentities, "AgentCore reads the gateway's", &[Up]),
    ("bedrock-agentcore:DeleteWorkloadIdentity", WorkloadIdentities, "AgentCore removes the gateway's", &[Down]),
    ("bedrock:GetInferenceProfile", Models, "see whether the model can be used", &[Doctor]),
    ("bedrock:GetFoundationModel", Models, "see whether the model can be used", &[Doctor]),
    (
        "bedrock:GetFoundationModelAvailability",
        ModelAvailability,
        "see whether the account may use the model",
        &[Doctor],
    ),
    ("secretsmanager:GetSecretValue", SmokeSecret, "get a token for the smoke test", &[Smoke]),
    ("iam:GetRole", OwnPermissions, "find the path of the role that is acting", &[Doctor]),
    ("iam:SimulatePrincipalPolicy", OwnPermissions, "say which permission is missing", &[Doctor]),
];

/// Every call of the deployer and of CloudFormation for it, one entry for each resource pattern.
pub fn calls(settings: &Settings, location: &Location) -> Vec<PlannedCall> {
    let reach = Reach::new(settings, location);
    let own = OWN.iter().map(|row| (*row, Caller::Deployer));
    let handlers = handlers::rows().into_iter().map(|row| (row, Caller::CloudFormation));
    let mut seen = BTreeSet::new();
    own.chain(handlers)
        .filter(|((action, scope, ..), caller)| seen.insert((*action, *scope, *caller)))
        .flat_map(|(row, caller)| planned(row, caller, &reach))
        .collect()
}

fn planned((action, scope, purpose, when): Row, caller: Caller, reach: &Reach) -> Vec<PlannedCall> {
    let (statement, resources) = match emulator::statement(action, reach) {
        Some(sid) => (Some(sid), vec!["*".to_string()]),
        None => (scope.sid(), scope.resources(reach)),
    };
    let call =
        |resource| PlannedCall { action, resource, purpose, when, caller, statement, context: scope.context(reach) };
    resources.into_iter().map(call).collect()
}
