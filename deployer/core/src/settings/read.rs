//! Settings from the merged files: one function a table.

use std::collections::BTreeSet;

use contract::ToolSettings;
use contract::agent_settings::{Guardrail, Limits as AgentLimits};
use contract::tool_settings::{Limits, NestedModel};

use super::fault::Faults;
use super::form::LOCAL_PLATFORM_ISSUER;
use super::keys::MINUTES_A_DAY;
use super::model::*;
use super::reader::{self, FromNode, Reader};

/// None when a fault was found on the way.
pub(super) fn settings(environment: &str, reader: &mut Reader<'_>) -> Option<Settings> {
    let protected = reader.required("protected", None);
    let iam_approval = reader.required("iam_approval", None);
    let platform = platform(reader);
    let (aws, project) = (aws(reader), project(reader));
    let issuer = issuer(reader, platform);
    let smoke = smoke(reader);
    let model = model(reader);
    let (agent, tools) = (function(reader, "agent"), function(reader, "tools"));
    let (answers, tool_settings) = (answers(reader), tool_settings(reader));
    let (conversations, logs) = (conversations(reader), logs(reader));
    let function_url = function_url(reader);
    let deadlines = deadlines(reader);
    Some(Settings {
        environment: environment.into(),
        protected: protected?,
        iam_approval: iam_approval?,
        platform: platform?,
        aws: aws?,
        project: project?,
        issuer: issuer?,
        smoke: smoke?,
        model: model?,
        agent: agent?,
        answers: answers?,
        tools: tools?,
        tool_settings: tool_settings?,
        conversations: conversations?,
        logs: logs?,
        function_url: function_url?,
        deadlines: deadlines?,
    })
}

fn platform(reader: &mut Reader<'_>) -> Option<Platform> {
    let port = reader.required("platform.port", None);
    match reader.required::<String>("platform.kind", None)?.as_str() {
        "local" => Some(Platform::Local { port: port? }),
        _ => Some(Platform::Aws),
    }
}

fn aws(reader: &mut Reader<'_>) -> Option<Aws> {
    let (profile, account) = (reader.value("aws.profile"), reader.value("aws.account"));
    let cloudformation_role = reader.value("aws.cloudformation_role");
    let region = reader.required("aws.region", Some("for example region = \"us-east-1\""))?;
    Some(Aws { profile, region, account, cloudformation_role, endpoint_url: None })
}

fn project(reader: &mut Reader<'_>) -> Option<Project> {
    let permissions_boundary = reader.value("project.permissions_boundary");
    let tags = reader.value("project.tags").unwrap_or_default();
    Some(Project { prefix: reader.required("project.prefix", None)?, permissions_boundary, tags })
}

fn issuer(reader: &mut Reader<'_>, platform: Option<Platform>) -> Option<Issuer> {
    let discovery_url = discovery_url(reader, platform);
    let allowed_audience = reader.required("issuer.allowed_audience", None);
    let allowed_clients = reader.required("issuer.allowed_clients", None);
    let custom_claims = custom_claims(reader);
    let chat_client_id = reader.required("issuer.chat_client_id", Some("the public client that users log in with"));
    let scopes = reader.required("issuer.scopes", None);
    Some(Issuer {
        redirect_port: reader.required("issuer.redirect_port", None)?,
        discovery_url,
        allowed_audience: allowed_audience?,
        allowed_clients: allowed_clients?,
        custom_claims: custom_claims?,
        chat_client_id: chat_client_id?,
        scopes: scopes?,
    })
}

/// None stands for the local platform's own issuer.
fn discovery_url(reader: &mut Reader<'_>, platform: Option<Platform>) -> Option<String> {
    let path = "issuer.discovery_url";
    let hint = "https://<your issuer>/.well-known/openid-configuration";
    let url: Option<String> = match platform {
        Some(Platform::Aws) => reader.required(path, Some(hint)),
        _ => reader.value(path),
    };
    url.filter(|url| url != LOCAL_PLATFORM_ISSUER)
}

fn custom_claims(reader: &mut Reader<'_>) -> Option<Vec<CustomClaim>> {
    let tables = reader.tables("issuer.custom_claims");
    let claims: Vec<_> = tables.iter().map(|table| custom_claim(table, &mut reader.faults)).collect();
    claims.into_iter().collect()
}

fn custom_claim(table: &super::tree::Node, faults: &mut Faults) -> Option<CustomClaim> {
    fn read<T: FromNode>(table: &super::tree::Node, key: &str, faults: &mut Faults) -> Option<T> {
        reader::element(table, "issuer.custom_claims", key, faults)
    }
    let name = read(table, "name", faults);
    let value_type = read(table, "value_type", faults);
    let operator = read(table, "operator", faults);
    let values = read(table, "values", faults);
    Some(CustomClaim { name: name?, value_type: value_type?, operator: operator?, values: values? })
}

fn smoke(reader: &mut Reader<'_>) -> Option<Smoke> {
    let required = reader.required("smoke.required", None);
    let token = match reader.required::<String>("smoke.token.source", None)?.as_str() {
        "file" => {
            let path = reader.required("smoke.token.path", Some("the file that holds an access token"));
            path.map(|path| TokenSource::File { path })
        }
        "client-credentials" => client_credentials(reader),
        _ => Some(TokenSource::None),
    };
    Some(Smoke { required: required?, token: token? })
}

fn client_credentials(reader: &mut Reader<'_>) -> Option<TokenSource> {
    let client_id = reader.required("smoke.token.client_id", None);
    let secret = secret(reader);
    let scopes = reader.required("smoke.token.scopes", None);
    Some(TokenSource::ClientCredentials { client_id: client_id?, secret: secret?, scopes: scopes? })
}

fn secret(reader: &mut Reader<'_>) -> Option<SecretSource> {
    let at = |key: &str| format!("smoke.token.secret.{key}");
    let variable = reader.value(&at("variable")).map(SecretSource::Variable);
    let file = reader.value(&at("file")).map(SecretSource::File);
    let secrets_manager = reader.value(&at("secrets_manager")).map(SecretSource::SecretsManager);
    let local_platform = reader.value(&at("local_platform")) == Some(true);
    let local_platform = local_platform.then_some(SecretSource::LocalPlatform);
    let secret = variable.or(file).or(secrets_manager).or(local_platform);
    if secret.is_none() && !reader.is_reported("smoke.token.secret") {
        reader.missing("smoke.token.secret", Some("give one of `variable`, `file` and `secrets_manager`"));
    }
    secret
}

fn model(reader: &mut Reader<'_>) -> Option<Model> {
    let fallbacks = reader.required("model.fallbacks", None);
    let id = reader.required("model.id", Some("for example id = \"us.anthropic.claude-sonnet-4-6\""));
    let prompt_caching = reader.required("model.prompt_caching", None);
    let guardrail = if reader.is_given("model.guardrail") { Some(guardrail(reader)?) } else { None };
    Some(Model { id: id?, fallbacks: fallbacks?, prompt_caching: prompt_caching?, guardrail })
}

fn guardrail(reader: &mut Reader<'_>) -> Option<Guardrail> {
    let mut read = |key: &str| {
        let hint = "name it, or leave the table out to go without a guardrail";
        reader.required(&format!("model.guardrail.{key}"), Some(hint))
    };
    let (id, version) = (read("id"), read("version"));
    Some(Guardrail { id: id?, version: version? })
}

fn answers(reader: &mut Reader<'_>) -> Option<Answers> {
    let approval_tools = reader.required::<Vec<String>>("agent.approval_tools", None);
    let log_content = reader.required("agent.log_content", None);
    let limits = agent_limits(reader);
    Some(Answers {
        // Another order or a repetition means nothing, and must not look like a change.
        approval_tools: approval_tools?.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
        log_content: log_content?,
        limits: limits?,
    })
}

fn agent_limits(reader: &mut Reader<'_>) -> Option<AgentLimits> {
    let mut read = |key: &str| reader.required::<u32>(&format!("agent.limits.{key}"), None);
    let (rounds, parallel_tools) = (read("rounds"), read("parallel_tools"));
    let (model_attempts, gateway_attempts) = (read("model_attempts"), read("gateway_attempts"));
    let (history_messages, history_bytes) = (read("history_messages"), read("history_bytes"));
    let (tool_result_bytes, tool_seconds) = (read("tool_result_bytes"), read("tool_seconds"));
    Some(AgentLimits {
        rounds: rounds? as usize,
        parallel_tools: parallel_tools? as usize,
        model_attempts: model_attempts?,
        gateway_attempts: gateway_attempts?,
        history_messages: history_messages? as usize,
        history_bytes: history_bytes? as usize,
        tool_result_bytes: tool_result_bytes? as usize,
        tool_seconds: tool_seconds?.into(),
    })
}

fn function(reader: &mut Reader<'_>, table: &str) -> Option<Function> {
    let memory_mb = reader.required(&format!("{table}.memory_mb"), None);
    let timeout_seconds = reader.required(&format!("{table}.timeout_seconds"), None);
    let architecture = reader.required(&format!("{table}.architecture"), None);
    Some(Function { memory_mb: memory_mb?, timeout_seconds: timeout_seconds?, architecture: architecture? })
}

fn tool_settings(reader: &mut Reader<'_>) -> Option<ToolSettings> {
    let data_operations = reader.required::<Vec<String>>("tools.data_operations", None);
    let session_policy = reader.required("tools.session_policy", None);
    let nested_model = if reader.is_given("tools.nested_model") { Some(nested_model(reader)?) } else { None };
    let limits = limits(reader);
    Some(ToolSettings {
        limits: limits?,
        // Another order or a repetition means nothing, and must not look like a change.
        data_operations: data_operations?.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
        session_policy: session_policy?,
        nested_model,
    })
}

fn nested_model(reader: &mut Reader<'_>) -> Option<NestedModel> {
    let turns = reader.value("tools.nested_model.turns").unwrap_or(4);
    let calls = reader.value("tools.nested_model.calls").unwrap_or(8);
    let hint = "name a model, or leave the table out to switch the nested model off";
    Some(NestedModel { model_id: reader.required("tools.nested_model.id", Some(hint))?, turns, calls })
}

fn limits(reader: &mut Reader<'_>) -> Option<Limits> {
    let mut read = |key: &str| reader.required::<u32>(&format!("tools.limits.{key}"), None);
    let (calls_in_flight, calls_per_service_and_region) =
        (read("calls_in_flight"), read("calls_per_service_and_region"));
    let (regions, attempts, pages) = (read("regions"), read("attempts"), read("pages"));
    let (items, most_items, result_bytes) = (read("items"), read("most_items"), read("result_bytes"));
    let (soft_deadline_seconds, hard_deadline_seconds) = (read("soft_deadline_seconds"), read("hard_deadline_seconds"));
    let (cursor_minutes, query_characters) = (read("cursor_minutes"), read("query_characters"));
    Some(Limits {
        calls_in_flight: calls_in_flight? as usize,
        calls_per_service_and_region: calls_per_service_and_region? as usize,
        regions: regions? as usize,
        attempts: attempts?,
        pages: pages? as usize,
        items: items? as usize,
        most_items: most_items? as usize,
        result_bytes: result_bytes? as usize,
        soft_deadline_seconds: soft_deadline_seconds?.into(),
        hard_deadline_seconds: hard_deadline_seconds?.into(),
        cursor_minutes: cursor_minutes?.into(),
        query_characters: query_characters? as usize,
    })
}

fn conversations(reader: &mut Reader<'_>) -> Option<Conversations> {
    let ttl_minutes = if reader.is_given("conversations.ttl_minutes") {
        reader.value("conversations.ttl_minutes")
    } else {
        reader.required::<u32>("conversations.ttl_days", None).map(|days| days * MINUTES_A_DAY)
    };
    Some(Conversations { ttl_minutes: ttl_minutes? })
}

fn logs(reader: &mut Reader<'_>) -> Option<Logs> {
    let retention_days = reader.required("logs.retention_days", None);
    let level = reader.required("logs.level", None);
    Some(Logs { retention_days: retention_days?, level: level? })
}

fn function_url(reader: &mut Reader<'_>) -> Option<FunctionUrl> {
    let invokers = reader.required("function_url.invokers", None);
    let cors = if reader.is_given("function_url.cors") { Some(cors(reader)?) } else { None };
    Some(FunctionUrl { invokers: invokers?, cors })
}

fn cors(reader: &mut Reader<'_>) -> Option<Cors> {
    let allow_credentials = reader.value("function_url.cors.allow_credentials").unwrap_or(false);
    let max_age_seconds = reader.value("function_url.cors.max_age_seconds").unwrap_or(0);
    let hint = "name the origins, or leave the table out to switch CORS off";
    let allow_origins = reader.required("function_url.cors.allow_origins", Some(hint))?;
    Some(Cors { allow_origins, allow_credentials, max_age_seconds })
}

fn deadlines(reader: &mut Reader<'_>) -> Option<Deadlines> {
    let mut read = |key: &str| reader.required(&format!("deadlines.{key}"), None);
    let (call_seconds, attempts) = (read("call_seconds"), read("attempts"));
    let (resource_seconds, stack_seconds) = (read("resource_seconds"), read("stack_seconds"));
    let (iam_seconds, lease_seconds) = (read("iam_seconds"), read("lease_seconds"));
    Some(Deadlines {
        call_seconds: call_seconds?,
        attempts: attempts?,
        resource_seconds: resource_seconds?,
        stack_seconds: stack_seconds?,
        iam_seconds: iam_seconds?,
        lease_seconds: lease_seconds?,
    })
}
