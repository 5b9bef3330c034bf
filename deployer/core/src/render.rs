//! Templates of the four stacks, from settings. Pure text.
//!
//! The template sources are compiled in, so that a deployer binary renders what
//! it was built with. Interpolated values stand in double quotes in the
//! templates; the escape function keeps them there.

mod read_policies;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use contract::AgentSettings;
use handlebars::Handlebars;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model_access::ModelAccess;
use crate::ownership::ownership_tags;
use crate::read_access;
use crate::settings::{Answers, Cors, Function, Platform, Settings};
use read_policies::ReadAccessContext;

pub const PARAMETER_AGENT_IMAGE: &str = "AgentImageUri";
pub const PARAMETER_TOOLS_IMAGE: &str = "ToolImageUri";
pub const PARAMETER_GATEWAY_URL: &str = "GatewayUrl";

/// Output of the application stack: the agent's function URL, with a slash at its end.
pub const OUTPUT_FUNCTION_URL: &str = "AgentFunctionUrl";

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(escape_double_quoted);
    for (name, text) in [
        ("foundation", include_str!("../../../templates/foundation.yaml.hbs")),
        ("data", include_str!("../../../templates/data.yaml.hbs")),
        ("read-access", include_str!("../../../templates/read-access.yaml.hbs")),
        ("application", include_str!("../../../templates/application.yaml.hbs")),
    ] {
        registry.register_template_string(name, text).expect("templates are compiled in and rendered by a test");
    }
    registry
        .register_partial("tags", include_str!("../../../templates/tags.yaml.hbs"))
        .expect("the partial is compiled in and rendered by a test");
    registry
});

/// Why a template could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the issuer's discovery URL is not known")]
    NoDiscoveryUrl,
    #[error("render template {name}: {source}")]
    Template { name: &'static str, source: Box<handlebars::RenderError> },
    #[error("read the rendered template of stack {stack}: {source}")]
    Unreadable { stack: String, source: Box<serde_saphyr::Error> },
}

/// Repositories and the deployments table.
pub fn foundation(settings: &Settings) -> Result<String, RenderError> {
    let names = settings.names();
    let repository = |logical_id, name, function| Repository { logical_id, name, function };
    render(
        "foundation",
        &FoundationContext {
            environment: &settings.environment,
            repositories: [
                repository("AgentRepository", names.agent_repository(), names.agent_function()),
                repository("ToolsRepository", names.tools_repository(), names.tool_function()),
            ],
            deployments_table: names.deployments_table(),
            tags: tags(settings, "foundation"),
        },
    )
}

/// The conversation table.
pub fn data(settings: &Settings) -> Result<String, RenderError> {
    render(
        "data",
        &DataContext {
            environment: &settings.environment,
            conversations_table: settings.names().conversations_table(),
            tags: tags(settings, "conversations"),
        },
    )
}

/// The policies of what the tools may read.
pub fn read_access(settings: &Settings) -> Result<String, RenderError> {
    render("read-access", &ReadAccessContext::of(settings))
}

/// Functions, roles, log groups and the function URL.
pub fn application(settings: &Settings) -> Result<String, RenderError> {
    let names = settings.names();
    let access = ModelAccess::to(&settings.model);
    let tool_settings = &settings.tool_settings;
    let nested = tool_settings.nested_model.as_ref().map(|model| ModelAccess::of([model.model_id.as_str()]));
    let nested = nested.unwrap_or_default();
    let read_policies = read_access::policies_of(settings);
    render(
        "application",
        &ApplicationContext {
            environment: &settings.environment,
            project: &settings.project.prefix,
            permissions_boundary: settings.project.permissions_boundary.as_deref(),
            conversations_table: names.conversations_table(),
            conversation_ttl_minutes: settings.conversations.ttl_minutes,
            log_retention_days: settings.logs.retention_days,
            log_level: &settings.logs.level,
            model: ModelContext { id: &settings.model.id, fallbacks: settings.model.fallbacks.join(",") },
            model_arns: access.invoked,
            routed_model_arns: access.routed,
            read_policies: read_policies.iter().map(|policy| names.read_policy(policy.number)).collect(),
            session_policy: tool_settings.session_policy,
            emulated: matches!(settings.platform, Platform::Local { .. }),
            nested_model_arns: nested.invoked,
            routed_nested_model_arns: nested.routed,
            guardrail_arn: settings.model.guardrail.as_ref().map(|guardrail| guardrail_arn(&guardrail.id)),
            agent_settings: serde_json::to_string(&agent_settings(settings)).expect("settings are JSON"),
            tool_settings: serde_json::to_string(tool_settings).expect("settings are JSON"),
            agent: FunctionContext::new(names.agent_function(), names.agent_role(), &settings.agent),
            tools: FunctionContext::new(names.tool_function(), names.tool_role(), &settings.tools),
            invokers: invokers(&settings.function_url.invokers),
            cors: settings.function_url.cors.as_ref(),
            tags: tags(settings, "application"),
        },
    )
}

/// What the agent function reads of its variable.
fn agent_settings(settings: &Settings) -> AgentSettings {
    let Answers { approval_tools, log_content, limits } = &settings.answers;
    AgentSettings {
        token_rules: settings.issuer.token_rules(),
        tools_version: tools_version(),
        guardrail: settings.model.guardrail.clone(),
        prompt_caching: settings.model.prompt_caching,
        approval_tools: approval_tools.clone(),
        log_content: *log_content,
        limits: limits.clone(),
    }
}

/// Changes with every name, text and schema of the declared tools.
fn tools_version() -> String {
    let tools = serde_json::to_vec(contract::catalogue()).expect("tools are JSON");
    hex::encode(Sha256::digest(tools))
}

/// For `Fn::Sub`.
fn guardrail_arn(id: &str) -> String {
    match id.starts_with("arn:") {
        true => id.to_owned(),
        false => format!("arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}:${{AWS::AccountId}}:guardrail/{id}"),
    }
}

#[derive(Serialize)]
struct FoundationContext<'a> {
    environment: &'a str,
    repositories: [Repository; 2],
    deployments_table: String,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
struct Repository {
    logical_id: &'static str,
    name: String,
    /// The function that may pull from it.
    function: String,
}

#[derive(Serialize)]
struct DataContext<'a> {
    environment: &'a str,
    conversations_table: String,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
struct ApplicationContext<'a> {
    environment: &'a str,
    project: &'a str,
    permissions_boundary: Option<&'a str>,
    conversations_table: String,
    conversation_ttl_minutes: u32,
    log_retention_days: u32,
    log_level: &'a str,
    model: ModelContext<'a>,
    model_arns: Vec<String>,
    routed_model_arns: Vec<String>,
    read_policies: Vec<String>,
    session_policy: bool,
    /// True where an emulator decides instead of AWS.
    emulated: bool,
    nested_model_arns: Vec<String>,
    routed_nested_model_arns: Vec<String>,
    guardrail_arn: Option<String>,
    /// JSON, for the agent function's variable.
    agent_settings: String,
    /// JSON, for the tool function's variable.
    tool_settings: String,
    agent: FunctionContext,
    tools: FunctionContext,
    invokers: Vec<String>,
    cors: Option<&'a Cors>,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
struct ModelContext<'a> {
    id: &'a str,
    fallbacks: String,
}

#[derive(Serialize)]
struct FunctionContext {
    function: String,
    role: String,
    architecture: &'static str,
    memory_mb: u32,
    timeout_seconds: u32,
}

impl FunctionContext {
    fn new(function: String, role: String, settings: &Function) -> Self {
        Self {
            function,
            role,
            architecture: settings.architecture.lambda_name(),
            memory_mb: settings.memory_mb,
            timeout_seconds: settings.timeout_seconds,
        }
    }
}

#[derive(Serialize)]
struct Tag {
    key: String,
    value: String,
}

fn tags(settings: &Settings, component: &str) -> Vec<Tag> {
    let tags: BTreeMap<String, String> = ownership_tags(settings, component);
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

/// Principals as YAML values. Without any, the account itself: its own
/// principals may call as far as their IAM policies allow.
fn invokers(arns: &[String]) -> Vec<String> {
    if arns.is_empty() {
        return vec![r#"{ Ref: "AWS::AccountId" }"#.into()];
    }
    arns.iter().map(|arn| format!("\"{}\"", escape_double_quoted(arn))).collect()
}

/// For a value inside a YAML double-quoted scalar (YAML 1.2, section 7.3.1).
fn escape_double_quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn render(name: &'static str, context: &impl Serialize) -> Result<String, RenderError> {
    TEMPLATES.render(name, context).map_err(|source| RenderError::Template { name, source: Box::new(source) })
}

#[cfg(test)]
mod tests;
