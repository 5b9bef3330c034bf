//! The resources that stacks make, by their attributes: one form for what a
//! template says and for what is live, so that the two can be compared beyond
//! what CloudFormation's own drift detection sees.

mod policy;

use std::collections::BTreeMap;

use contract::Names;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use policy::normal_policy;

use crate::ownership::is_owned;
use crate::read_access::description;

/// One resource of a stack, with the attributes that the deployer keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Resource {
    Table(Table),
    Repository(Repository),
    LogGroup(LogGroup),
    Role(Role),
    ManagedPolicies(ManagedPolicies),
    Function(Function),
    FunctionUrl(FunctionUrl),
    FunctionPolicy(FunctionPolicy),
}

/// A DynamoDB table, on demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    pub name: String,
    /// Keys of the table itself.
    pub keys: Vec<TableKey>,
    pub indexes: BTreeMap<String, Index>,
    /// `PAY_PER_REQUEST` or `PROVISIONED`.
    pub billing_mode: String,
    /// Name of the attribute by which items expire; None when nothing expires.
    pub time_to_live: Option<String>,
    pub point_in_time_recovery: bool,
    /// View type of the stream; None without a stream.
    pub stream: Option<String>,
    pub deletion_protection: bool,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableKey {
    pub name: String,
    /// `HASH` or `RANGE`.
    pub role: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Index {
    pub keys: Vec<TableKey>,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
}

/// An ECR repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    pub name: String,
    /// `IMMUTABLE` or `MUTABLE`.
    pub tag_mutability: String,
    pub scan_on_push: bool,
    /// `AES256` or `KMS`.
    pub encryption: String,
    pub policy: Option<Value>,
    pub tags: BTreeMap<String, String>,
}

/// A CloudWatch log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogGroup {
    pub name: String,
    /// None keeps events forever.
    pub retention_days: Option<u32>,
    pub tags: BTreeMap<String, String>,
}

/// An execution role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    pub name: String,
    pub description: Option<String>,
    pub trust_policy: Value,
    /// By name.
    pub inline_policies: BTreeMap<String, Value>,
    /// ARNs, sorted.
    pub attached_policies: Vec<String>,
    pub permissions_boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// The customer managed policies of one stack. They are one resource, since it
/// means nothing which of them holds a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ManagedPolicies {
    /// What their names begin with.
    pub name: String,
    /// By name.
    pub policies: BTreeMap<String, ManagedPolicy>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ManagedPolicy {
    pub description: Option<String>,
    /// Of the default version.
    pub document: Value,
}

/// A function made of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    pub name: String,
    pub description: Option<String>,
    /// By digest.
    pub image_uri: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    pub memory_mb: u32,
    pub timeout_seconds: u32,
    pub role_arn: String,
    pub environment: BTreeMap<String, String>,
    /// `Active` or `PassThrough`.
    pub tracing: String,
    pub log_group: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// A function's address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionUrl {
    pub function_name: String,
    /// `AWS_IAM` or `NONE`.
    pub auth_type: String,
    /// `RESPONSE_STREAM` or `BUFFERED`.
    pub invoke_mode: String,
    pub cors: Option<Cors>,
    /// Where it answers, with a slash at its end; AWS chooses it, so a template does not know it.
    #[serde(skip)]
    pub address: Option<String>,
}

/// Lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cors {
    pub allow_credentials: bool,
    pub allow_headers: Vec<String>,
    pub allow_methods: Vec<String>,
    pub allow_origins: Vec<String>,
    pub max_age_seconds: u32,
}

/// Who may call a function: the statements of its resource policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionPolicy {
    pub function_name: String,
    /// By logical id in the template; a statement that no template made, by its Sid.
    pub statements: BTreeMap<String, Statement>,
}

/// One statement that allows something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// An ARN, an account's root ARN, or a service name; other forms as JSON.
    pub principal: String,
    pub action: String,
    /// `AWS_IAM`, where it is about a function URL.
    pub function_url_auth_type: Option<String>,
    /// True where it holds only for calls through the function URL.
    pub via_function_url: bool,
    /// Any other condition, as JSON.
    pub other_condition: Option<Value>,
}

impl Resource {
    /// The resource's own name; a URL and a policy have that of their function.
    pub fn name(&self) -> &str {
        match self {
            Self::Table(table) => &table.name,
            Self::Repository(repository) => &repository.name,
            Self::LogGroup(group) => &group.name,
            Self::Role(role) => &role.name,
            Self::ManagedPolicies(policies) => &policies.name,
            Self::Function(function) => &function.name,
            Self::FunctionUrl(url) => &url.function_name,
            Self::FunctionPolicy(policy) => &policy.function_name,
        }
    }

    /// None for what CloudFormation cannot tag.
    pub fn tags(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Self::Table(table) => Some(&table.tags),
            Self::Repository(repository) => Some(&repository.tags),
            Self::LogGroup(group) => Some(&group.tags),
            Self::Role(role) => Some(&role.tags),
            Self::Function(function) => Some(&function.tags),
            Self::ManagedPolicies(_) | Self::FunctionUrl(_) | Self::FunctionPolicy(_) => None,
        }
    }

    /// True when its tags say that we made it; of policies, their description.
    pub fn is_owned(&self, names: &Names) -> bool {
        match self {
            Self::ManagedPolicies(found) => {
                let ours = description(names);
                found.policies.values().all(|policy| policy.description.as_ref() == Some(&ours))
            }
            other => other.tags().is_some_and(|tags| is_owned(tags, names)),
        }
    }

    /// "table aws-operations-agent-local-conversations"
    pub fn label(&self) -> String {
        let kind = match self {
            Self::Table(_) => "table",
            Self::Repository(_) => "repository",
            Self::LogGroup(_) => "log group",
            Self::Role(_) => "role",
            Self::ManagedPolicies(_) => "policies",
            Self::Function(_) => "function",
            Self::FunctionUrl(_) => "URL of function",
            Self::FunctionPolicy(_) => "callers of function",
        };
        format!("{kind} {}", self.name())
    }
}
