//! What was read from AWS: facts, and gaps where a read failed.
//!
//! A gap never means absent. Every fact serializes, so that its fingerprint can
//! be taken when the plan is made and again right before a step acts.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::desired::{Authorizer, ToolDefinition};
use crate::plan::StepId;
use crate::resource::{Resource, Statement};

/// One thing that was looked up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    Present(T),
    Absent,
    Unknown(Gap),
}

impl<T> Fact<T> {
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Unknown(gap) => Some(gap),
            Self::Present(_) | Self::Absent => None,
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    pub reason: GapReason,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    Denied,
    Throttled,
    Failed,
}

/// The state of one environment in one account and region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observed {
    pub account: String,
    pub foundation: Fact<ObservedStack>,
    pub data: Fact<ObservedStack>,
    pub read_access: Fact<ObservedStack>,
    pub application: Fact<ObservedStack>,
    /// Present with every digest in the agent's repository; Absent without the repository.
    pub agent_images: Fact<ObservedRepository>,
    pub tools_images: Fact<ObservedRepository>,
    pub gateway_role: Fact<ObservedRole>,
    pub gateway: Fact<ObservedGateway>,
    pub target: Fact<ObservedTarget>,
    /// The gateway role's statement in the tool function's resource policy;
    /// Absent also where the function does not exist.
    pub function_policy: Fact<ObservedStatement>,
    /// The resources that the stacks make, by their steps, whichever stack or hand
    /// made them; what is not in it is Absent.
    pub resources: BTreeMap<StepId, Fact<Resource>>,
    /// Statements of the tool function's policy that are not ours, by Sid.
    pub foreign_statements: BTreeMap<String, Statement>,
}

impl Observed {
    /// An environment in which nothing exists.
    pub fn nothing(account: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            foundation: Fact::Absent,
            data: Fact::Absent,
            read_access: Fact::Absent,
            application: Fact::Absent,
            agent_images: Fact::Absent,
            tools_images: Fact::Absent,
            gateway_role: Fact::Absent,
            gateway: Fact::Absent,
            target: Fact::Absent,
            function_policy: Fact::Absent,
            resources: BTreeMap::new(),
            foreign_statements: BTreeMap::new(),
        }
    }

    /// A stack by its step; None for a step that is about no stack.
    pub fn stack(&self, id: StepId) -> Option<&Fact<ObservedStack>> {
        match id {
            StepId::FoundationStack => Some(&self.foundation),
            StepId::DataStack => Some(&self.data),
            StepId::ReadAccessStack => Some(&self.read_access),
            StepId::ApplicationStack => Some(&self.application),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn stack_mut(&mut self, id: StepId) -> Option<&mut Fact<ObservedStack>> {
        match id {
            StepId::FoundationStack => Some(&mut self.foundation),
            StepId::DataStack => Some(&mut self.data),
            StepId::ReadAccessStack => Some(&mut self.read_access),
            StepId::ApplicationStack => Some(&mut self.application),
            _ => None,
        }
    }

    /// One resource that a stack makes.
    pub fn of_stack(&self, id: StepId) -> &Fact<Resource> {
        self.resources.get(&id).unwrap_or(&Fact::Absent)
    }

    /// The state of a step's own resource, for display and fingerprints.
    pub fn resource(&self, id: StepId) -> Value {
        let fact = match id {
            StepId::FoundationStack | StepId::DataStack | StepId::ReadAccessStack | StepId::ApplicationStack => {
                serde_json::to_value(self.stack(id))
            }
            StepId::AgentImage => serde_json::to_value(&self.agent_images),
            StepId::ToolsImage => serde_json::to_value(&self.tools_images),
            StepId::GatewayRole => serde_json::to_value(&self.gateway_role),
            StepId::Gateway => serde_json::to_value(&self.gateway),
            StepId::Target => serde_json::to_value(&self.target),
            StepId::FunctionPolicy => serde_json::to_value(&self.function_policy),
            id => serde_json::to_value(self.of_stack(id)),
        };
        fact.expect("facts hold only strings, numbers and maps with string keys")
    }

    /// SHA-256 of the resource's state, in hex.
    pub fn fingerprint(&self, id: StepId) -> String {
        hex::encode(Sha256::digest(self.resource(id).to_string()))
    }
}

/// True for a status in which AWS still works on a stack, a gateway or a target.
/// A stack under review is not in motion: it waits for us.
pub fn is_in_motion(status: &str) -> bool {
    status.ends_with("ING") || (status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS")
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedStack {
    pub id: String,
    /// As CloudFormation spells it, for example `UPDATE_COMPLETE`.
    pub status: String,
    pub status_reason: Option<String>,
    /// As it was submitted (GetTemplate, stage Original); empty when the stack has none yet.
    pub template: String,
    pub parameters: BTreeMap<String, String>,
    pub outputs: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
}

impl ObservedStack {
    /// True where its template is this one. CloudFormation gives every character
    /// beyond ASCII back as a question mark, and may lose the line's end at the end.
    pub fn has_template(&self, wanted: &str) -> bool {
        let given_back = wanted.trim_end().chars().map(|character| if character.is_ascii() { character } else { '?' });
        let found = self.template.trim_end();
        found == wanted.trim_end() || found.chars().eq(given_back)
    }

    /// True when only making it again helps: CloudFormation can do nothing but
    /// delete a stack whose creation or deletion failed.
    pub fn is_lost(&self) -> bool {
        const LOST: [&str; 4] = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"];
        LOST.contains(&self.status.as_str())
    }

    /// True when it was begun and holds nothing: its first change set was never executed.
    pub fn is_empty(&self) -> bool {
        self.status == "REVIEW_IN_PROGRESS"
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedRepository {
    /// `sha256:...`, sorted.
    pub digests: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedRole {
    pub arn: String,
    /// Decoded.
    pub trust_policy: Value,
    /// Inline policies by name, decoded.
    pub inline_policies: BTreeMap<String, Value>,
    /// ARNs, sorted.
    pub attached_policies: Vec<String>,
    pub permissions_boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedGateway {
    pub id: String,
    pub arn: String,
    pub url: String,
    /// `READY`, `CREATING`, `FAILED`, ...
    pub status: String,
    pub status_reasons: Vec<String>,
    pub name: String,
    pub description: Option<String>,
    pub role_arn: String,
    /// None when the gateway does not use CUSTOM_JWT.
    pub authorizer: Option<Authorizer>,
    pub tags: BTreeMap<String, String>,
    /// Names of targets that are not ours.
    #[serde(skip)]
    pub foreign_targets: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedTarget {
    pub id: String,
    pub gateway_id: String,
    pub name: String,
    pub status: String,
    pub status_reasons: Vec<String>,
    pub description: Option<String>,
    /// None when it is not a Lambda target.
    pub lambda_arn: Option<String>,
    pub tools: Vec<ToolDefinition>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedStatement {
    pub statement_id: String,
    pub principal: String,
    pub action: String,
    /// Conditions, if there are any.
    pub condition: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(template: &str) -> ObservedStack {
        ObservedStack {
            id: String::new(),
            status: "CREATE_COMPLETE".into(),
            status_reason: None,
            template: template.into(),
            parameters: BTreeMap::new(),
            outputs: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn a_template_is_the_same_as_cloudformation_gives_it_back() {
        let wanted = "Owner: J\u{fc}rgen\n";
        assert!(stack(wanted).has_template(wanted));
        assert!(stack("Owner: J?rgen").has_template(wanted));
        assert!(!stack("Owner: J?rg").has_template(wanted));
        assert!(!stack("Owner: ??rgen").has_template(wanted));
    }
}
