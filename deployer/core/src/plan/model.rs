//! The plan's form: what will be done to each resource, in order, with its
//! reason. The plan says everything; the executor makes no choices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desired::{DesiredGateway, DesiredRole, DesiredStatement, DesiredTarget};

/// One per resource that `up` deploys, in the order of deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    FoundationStack,
    AgentImage,
    ToolsImage,
    DataStack,
    GatewayRole,
    Gateway,
    ApplicationStack,
    FunctionPolicy,
    Target,
}

impl StepId {
    /// In the order of deployment.
    pub const ALL: [Self; 9] = [
        Self::FoundationStack,
        Self::AgentImage,
        Self::ToolsImage,
        Self::DataStack,
        Self::GatewayRole,
        Self::Gateway,
        Self::ApplicationStack,
        Self::FunctionPolicy,
        Self::Target,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Create,
    Update,
    /// Delete and create again, for a resource that cannot be repaired.
    Replace,
    Delete,
    Keep,
    /// Could not be read, so nothing is done to it.
    Unchecked,
}

/// One resource's part of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub id: StepId,
    pub action: Action,
    /// What people call it: "stack aws-operations-agent-local".
    pub resource: String,
    /// One sentence: why this action.
    pub reason: String,
    pub changes: Vec<Change>,
    pub depends_on: Vec<StepId>,
    /// None for Keep and Unchecked.
    pub operation: Option<Operation>,
    /// Of the resource as it was observed; see `Observed::fingerprint`.
    pub fingerprint: String,
}

/// One difference. Values are shortened for display, never secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A string that is known now, or an output of a step that runs earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    Known(String),
    Output { step: StepId, key: OutputKey },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKey {
    GatewayId,
    GatewayUrl,
}

/// What the executor calls. Each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackDeployment {
    pub name: String,
    pub mode: StackMode,
    pub template: String,
    pub parameters: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub environment: String,
    pub account: String,
    pub region: String,
    pub steps: Vec<Step>,
}

impl Plan {
    /// True when no step changes anything.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.operation.is_none())
    }

    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}
