//! What is written to take something over.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one resource becomes ours. Each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Adoption {
    /// An IAM role, by TagRole.
    Role {
        name: String,
        tags: BTreeMap<String, String>,
    },
    /// By AgentCore's TagResource.
    Gateway {
        arn: String,
        tags: BTreeMap<String, String>,
    },
    /// By an update with the template and the parameters that the stack has.
    /// The tags are all that it will have: UpdateStack replaces them as a whole.
    Stack {
        name: String,
        tags: BTreeMap<String, String>,
    },
    /// A resource of a stack that is ours, by its own service's TagResource.
    Table {
        name: String,
        tags: BTreeMap<String, String>,
    },
    LogGroup {
        name: String,
        tags: BTreeMap<String, String>,
    },
    /// A resource that no stack has, by a change set of type IMPORT; its tags follow.
    Import(Import),
}

/// One resource that goes into a stack as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Import {
    pub stack: String,
    /// The whole template: what the stack has, and the resource, which is retained.
    pub template: String,
    /// Names of the stack's parameters, which keep their values.
    pub parameters: Vec<String>,
    /// Those that the stack has: an import may not change them, nor give a new stack any.
    pub tags: BTreeMap<String, String>,
    pub logical_id: String,
    /// `AWS::DynamoDB::Table`
    pub resource_type: String,
    /// Property that identifies the resource, and its value.
    pub identifier: (String, String),
    /// What gets our tags once the stack has the resource: the stack, where it is new, and the resource.
    pub then: Vec<Adoption>,
}
