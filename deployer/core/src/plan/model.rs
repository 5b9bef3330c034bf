//! The plan's form: what will be done to each resource, in order, with its
//! reason. The plan says everything; the executor makes no choices.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::adoption::Adoption;
use crate::desired::{DesiredGateway, DesiredRole, DesiredStatement, DesiredTarget};
use crate::resource::Resource;

/// One per resource that `up` deploys, in the order of deployment. A stack is
/// followed by the resources that it makes and whose attributes are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    FoundationStack,
    DeploymentsTable,
    AgentRepository,
    ToolsRepository,
    AgentImage,
    ToolsImage,
    DataStack,
    ConversationsTable,
    GatewayRole,
    Gateway,
    ReadAccessStack,
    /// The policies of what the tools may read.
    ReadPolicies,
    ApplicationStack,
    AgentLogGroup,
    ToolLogGroup,
    AgentRole,
    ToolRole,
    AgentFunction,
    ToolFunction,
    AgentUrl,
    /// The statements that let callers use the agent's URL.
    AgentUrlPolicy,
    /// The gateway role's statement in the tool function's policy.
    FunctionPolicy,
    Target,
}

impl StepId {
    /// In the order of deployment.
    pub const ALL: [Self; 23] = [
        Self::FoundationStack,
        Self::DeploymentsTable,
        Self::AgentRepository,
        Self::ToolsRepository,
        Self::AgentImage,
        Self::ToolsImage,
        Self::DataStack,
        Self::ConversationsTable,
        Self::GatewayRole,
        Self::Gateway,
        Self::ReadAccessStack,
        Self::ReadPolicies,
        Self::ApplicationStack,
        Self::AgentLogGroup,
        Self::ToolLogGroup,
        Self::AgentRole,
        Self::ToolRole,
        Self::AgentFunction,
        Self::ToolFunction,
        Self::AgentUrl,
        Self::AgentUrlPolicy,
        Self::FunctionPolicy,
        Self::Target,
    ];

    pub const STACKS: [Self; 4] =
        [Self::FoundationStack, Self::DataStack, Self::ReadAccessStack, Self::ApplicationStack];

    /// The stack that makes the resource; None for what is no stack's resource.
    pub fn stack(self) -> Option<Self> {
        match self {
            Self::DeploymentsTable | Self::AgentRepository | Self::ToolsRepository => Some(Self::FoundationStack),
            Self::ConversationsTable => Some(Self::DataStack),
            Self::ReadPolicies => Some(Self::ReadAccessStack),
            Self::AgentLogGroup
            | Self::ToolLogGroup
            | Self::AgentRole
            | Self::ToolRole
            | Self::AgentFunction
            | Self::ToolFunction
            | Self::AgentUrl
            | Self::AgentUrlPolicy => Some(Self::ApplicationStack),
            _ => None,
        }
    }

    /// The step of this name; None for any other text.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }

    /// As it is spelled in JSON, in events and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::FoundationStack => "foundation-stack",
            Self::DeploymentsTable => "deployments-table",
            Self::AgentRepository => "agent-repository",
            Self::ToolsRepository => "tools-repository",
            Self::AgentImage => "agent-image",
            Self::ToolsImage => "tools-image",
            Self::DataStack => "data-stack",
            Self::ConversationsTable => "conversations-table",
            Self::GatewayRole => "gateway-role",
            Self::Gateway => "gateway",
            Self::ReadAccessStack => "read-access-stack",
            Self::ReadPolicies => "read-policies",
            Self::ApplicationStack => "application-stack",
            Self::AgentLogGroup => "agent-log-group",
            Self::ToolLogGroup => "tool-log-group",
            Self::AgentRole => "agent-role",
            Self::ToolRole => "tool-role",
            Self::AgentFunction => "agent-function",
            Self::ToolFunction => "tool-function",
            Self::AgentUrl => "agent-url",
            Self::AgentUrlPolicy => "agent-url-policy",
            Self::FunctionPolicy => "function-policy",
            Self::Target => "target",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Create,
    Update,
    /// Delete and create again, for a resource that cannot be repaired.
    Replace,
    Delete,
    /// Take over what somebody else made under our name.
    Adopt,
    Keep,
    /// Could not be read, so nothing is done to it.
    Unchecked,
}

/// One resource's part of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    pub id: StepId,
    pub action: Action,
    /// What people call it: "stack aws-operations-agent-local".
    pub resource: String,
    /// One sentence: why this action.
    pub reason: String,
    pub changes: Vec<Change>,
    /// Differences that are not ours to repair: what others put into our resource,
    /// and what no call can change. Reported, never acted on.
    pub foreign: Vec<Change>,
    pub depends_on: Vec<StepId>,
    /// None for Keep and Unchecked.
    pub operation: Option<Operation>,
    /// Of the resource as it was observed; see `Observed::fingerprint`.
    pub fingerprint: String,
}

/// One difference. Values are shortened for display, never secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// The resource is made again for it, since AWS cannot change it in place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// A string that is known now, or an output of a step that runs earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    Known(String),
    Output { step: StepId, key: OutputKey },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKey {
    GatewayId,
    GatewayUrl,
}

/// What the executor calls. Each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Operation {
    DeployStack(StackDeployment),
    /// Also deletes `retained_table`, which its stack leaves behind, when there is one.
    DeleteStack {
        name: String,
        retained_table: Option<String>,
    },
    PushImage {
        repository: String,
        digest: String,
    },
    EmptyRepository {
        repository: String,
    },
    /// Puts the attributes of a stack's resource back, or the whole resource.
    EnsureResource {
        resource: Resource,
        /// Environment variables of a function that only an earlier step knows.
        inputs: BTreeMap<String, Value>,
    },
    /// Deletes a resource of ours that its stack left behind, with what is in it.
    DeleteResource {
        resource: Resource,
    },
    EnsureRole(DesiredRole),
    DeleteRole {
        name: String,
    },
    EnsureGateway {
        existing: Option<String>,
        replace: bool,
        gateway: DesiredGateway,
    },
    DeleteGateway {
        id: String,
    },
    EnsureStatement {
        replace: bool,
        statement: DesiredStatement,
    },
    RemoveStatement {
        function_name: String,
        statement_id: String,
    },
    EnsureTarget {
        gateway_id: Value,
        existing: Option<String>,
        replace: bool,
        target: DesiredTarget,
    },
    DeleteTarget {
        gateway_id: String,
        target_id: String,
    },
    Adopt(Adoption),
    /// Deletes these images, unless a function has come to use one of them.
    DeleteImages {
        repository: String,
        digests: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackDeployment {
    pub name: String,
    pub mode: StackMode,
    pub template: String,
    pub parameters: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
    /// All that the change set may do.
    pub expected: Vec<ResourceChange>,
}

/// What a stack operation does to one of its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceChange {
    pub logical_id: String,
    /// `AWS::Lambda::Function`
    pub resource_type: String,
    pub change: ResourceChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceChangeKind {
    Add,
    Modify,
    /// Made again: a property changes that AWS cannot change in place.
    Replace,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StackMode {
    Create,
    Update,
    /// The stack's creation or deletion failed (ROLLBACK_COMPLETE and its like): delete it, then create.
    Recreate,
    /// The stack is UPDATE_ROLLBACK_FAILED: continue the rollback, then update.
    ContinueRollback,
}

/// Steps in the order in which they run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    pub environment: String,
    pub account: String,
    pub region: String,
    pub steps: Vec<Step>,
    /// What changes in who may do what, in plain words.
    pub access: Vec<AccessChange>,
}

/// One sentence about access, for the part of a plan that needs an approval of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessChange {
    pub step: StepId,
    pub effect: AccessEffect,
    /// "gateway role x may now invoke function y"
    pub sentence: String,
    /// The actions that the sentence sums up, where it is about more than it can name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessEffect {
    /// Somebody may do more than before, or it cannot be told.
    Widens,
    Narrows,
}

impl Plan {
    /// True when no step changes anything.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.operation.is_none())
    }

    /// True when somebody may do more after it than before.
    pub fn widens_access(&self) -> bool {
        self.access.iter().any(|change| change.effect == AccessEffect::Widens)
    }

    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}
