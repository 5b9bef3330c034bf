//! The settings after loading: complete, valid and typed.

use std::collections::BTreeMap;

use contract::agent_settings::{Guardrail, Limits as AgentLimits};
use contract::token_rules::TokenRules;
pub use contract::token_rules::{ClaimOperator, ClaimType, CustomClaim};
use contract::{Names, ToolSettings};
use serde::Serialize;

/// Everything that an environment file and its base decide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// The file's name without `.toml`; part of every resource name.
    pub environment: String,
    /// `down` wants the environment's name typed.
    pub protected: bool,
    /// A plan that gives anyone more access wants an approval of its own.
    pub iam_approval: bool,
    pub platform: Platform,
    pub aws: Aws,
    pub project: Project,
    pub issuer: Issuer,
    pub smoke: Smoke,
    pub model: Model,
    pub agent: Function,
    /// How the agent function answers.
    pub answers: Answers,
    pub tools: Function,
    /// What the tool function reads of its variable.
    pub tool_settings: ToolSettings,
    pub conversations: Conversations,
    pub logs: Logs,
    pub function_url: FunctionUrl,
    pub deadlines: Deadlines,
}

impl Settings {
    pub fn names(&self) -> Names {
        Names::new(&self.project.prefix, &self.environment)
    }

    /// The settings for a local platform that answers at `base_url`
    /// (`http://127.0.0.1:<port>`, no slash at its end).
    pub fn on_local_platform(mut self, base_url: &str) -> Self {
        self.aws.endpoint_url = Some(base_url.to_string());
        if self.issuer.discovery_url.is_none() {
            self.issuer.discovery_url = Some(format!("{base_url}{LOCAL_DISCOVERY_PATH}"));
        }
        self
    }
}

/// Where the local platform's issuer publishes its discovery document.
const LOCAL_DISCOVERY_PATH: &str = "/oauth2/default/.well-known/openid-configuration";

/// The local platform's only region.
pub const LOCAL_REGION: &str = "us-east-1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Platform {
    Aws,
    /// Port of the local platform; 0 chooses a free one and keeps it.
    Local {
        port: u16,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aws {
    pub profile: Option<String>,
    pub region: String,
    /// When set, credentials of another account are refused.
    pub account: Option<String>,
    /// ARN of the role that CloudFormation acts as; the caller itself without it.
    pub cloudformation_role: Option<String>,
    /// Where AWS calls go, for the local platform only: its own address, or what
    /// stands in front of it.
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Project {
    pub prefix: String,
    /// ARN of a policy that every role gets as its permissions boundary.
    pub permissions_boundary: Option<String>,
    /// Owner tags, added to the ownership tags on everything.
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Issuer {
    /// Ends in `/.well-known/openid-configuration`; None until the local platform is known.
    pub discovery_url: Option<String>,
    pub allowed_audience: Vec<String>,
    pub allowed_clients: Vec<String>,
    pub custom_claims: Vec<CustomClaim>,
    pub chat_client_id: String,
    pub scopes: Vec<String>,
    pub redirect_port: u16,
}

impl Issuer {
    /// The issuer identifier: the discovery URL without its well-known part (RFC 8414, section 3).
    pub fn identifier(&self) -> Option<&str> {
        self.discovery_url.as_deref()?.strip_suffix("/.well-known/openid-configuration")
    }

    /// Which tokens the agent accepts; None until the issuer is known.
    pub fn token_rules(&self) -> Option<TokenRules> {
        Some(TokenRules {
            discovery_url: self.discovery_url.clone()?,
            allowed_audience: self.allowed_audience.clone(),
            allowed_clients: self.allowed_clients.clone(),
            custom_claims: self.custom_claims.clone(),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Smoke {
    /// Without a token, links that need one fail instead of counting as unchecked.
    pub required: bool,
    pub token: TokenSource,
}

/// Where the smoke test gets its access token.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "source")]
pub enum TokenSource {
    None,
    File { path: String },
    ClientCredentials { client_id: String, secret: SecretSource, scopes: Vec<String> },
}

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    Variable(String),
    File(String),
    /// Name or ARN in Secrets Manager.
    SecretsManager(String),
    /// The secret that the local platform made for its own test client.
    LocalPlatform,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    /// Model or inference profile id.
    pub id: String,
    /// Tried in this order when the model cannot be used.
    pub fallbacks: Vec<String>,
    pub prompt_caching: bool,
    pub guardrail: Option<Guardrail>,
}

/// What `[agent]` says beyond the function itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answers {
    /// Tools, without the target's prefix, that wait for the user's yes; sorted.
    pub approval_tools: Vec<String>,
    pub log_content: bool,
    pub limits: AgentLimits,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    pub memory_mb: u32,
    pub timeout_seconds: u32,
    pub architecture: Architecture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    #[serde(rename = "x86_64")]
    X86_64,
    Arm64,
}

impl Architecture {
    /// As Lambda spells it.
    pub fn lambda_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// As an image configuration spells it (OCI image specification, GOARCH).
    pub fn oci_name(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The Rust target of a static binary.
    pub fn rust_target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversations {
    pub ttl_minutes: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Logs {
    /// One of the values that CloudWatch Logs accepts.
    pub retention_days: u32,
    /// An EnvFilter directive for the functions: `info`, `debug`, ...
    pub level: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionUrl {
    /// Principal ARNs that may call the function URL; empty means the
    /// deploying account's own principals (whom IAM then has to allow).
    pub invokers: Vec<String>,
    pub cors: Option<Cors>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cors {
    pub allow_origins: Vec<String>,
    pub allow_credentials: bool,
    pub max_age_seconds: u32,
}

/// How long the deployer waits for AWS. All in seconds, `attempts` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// For one attempt at one call.
    pub call_seconds: u32,
    pub attempts: u32,
    /// For a gateway, a target, a table or a function.
    pub resource_seconds: u32,
    pub stack_seconds: u32,
    /// For a new role or policy to be known everywhere.
    pub iam_seconds: u32,
    /// Life of a lease that is not renewed.
    pub lease_seconds: u32,
}
