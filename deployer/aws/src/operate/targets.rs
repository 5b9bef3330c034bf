//! The targets of a gateway, and everything about one.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types::{McpTargetConfiguration, TargetConfiguration, ToolSchema};
use contract::tool_call::NAME_SEPARATOR;
use deployer_core::Failure;
use serde::Serialize;

use super::time_text;
use crate::Clients;
use crate::agentcore::tool_schema;
use crate::errors::failed;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetSummary {
    pub id: String,
    pub name: String,
    pub status: String,
    pub description: Option<String>,
    /// RFC 3339.
    pub created: String,
    pub updated: String,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetDetails {
    pub id: String,
    pub name: String,
    pub gateway_id: String,
    pub status: String,
    pub status_reasons: Vec<String>,
    pub description: Option<String>,
    /// `lambda`, `mcp-server`, `openapi`, `smithy`, `other`
    pub kind: &'static str,
    pub lambda_arn: Option<String>,
    /// Where the tools' schema is, when it is not inline.
    pub schema_uri: Option<String>,
    /// Of an inline schema.
    pub tools: Vec<ToolSummary>,
    /// `GATEWAY_IAM_ROLE`, ...
    pub credentials: Vec<String>,
    pub created: String,
    pub updated: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolSummary {
    /// As a client calls it: `<target>___<tool>`.
    pub name: String,
    pub description: String,
}

/// Every target of the gateway, by name.
pub async fn list_targets(clients: &Clients, gateway_id: &str) -> Result<Vec<TargetSummary>, Failure> {
    let doing = format!("list the targets of gateway `{gateway_id}`");
    let mut found = Vec::new();
    let request = clients.agentcore().list_gateway_targets().gateway_identifier(gateway_id);
    let mut pages = request.into_paginator().items().send();
    while let Some(target) = pages.next().await {
        let target = target.map_err(failed(&doing)).map_err(|failure| clients.advise(failure))?;
        found.push(TargetSummary {
            id: target.target_id,
            name: target.name,
            status: target.status.as_str().to_string(),
            description: target.description,
            created: time_text(&target.created_at),
            updated: time_text(&target.updated_at),
        });
    }
    found.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(found)
}

/// Everything about one target.
pub async fn target_details(clients: &Clients, gateway_id: &str, target_id: &str) -> Result<TargetDetails, Failure> {
    let request = clients.agentcore().get_gateway_target().gateway_identifier(gateway_id).target_id(target_id);
    let answer = request.send().await.map_err(failed(format!("read target `{target_id}`")));
    answer.map(|target| details(gateway_id, target)).map_err(|failure| clients.advise(failure))
}

fn details(gateway_id: &str, target: GetGatewayTargetOutput) -> TargetDetails {
    let (kind, lambda) = match target.target_configuration {
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::Lambda(lambda))) => ("lambda", Some(lambda)),
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::McpServer(_))) => ("mcp-server", None),
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::OpenApiSchema(_))) => ("openapi", None),
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::SmithyModel(_))) => ("smithy", None),
        _ => ("other", None),
    };
    let (lambda_arn, schema) = lambda.map(|lambda| (lambda.lambda_arn, lambda.tool_schema)).unzip();
    let schema = schema.flatten();
    let schema_uri = match &schema {
        Some(ToolSchema::S3(location)) => location.uri.clone(),
        _ => None,
    };
    TargetDetails {
        id: target.target_id,
        gateway_id: gateway_id.to_string(),
        status: target.status.as_str().to_string(),
        status_reasons: target.status_reasons.unwrap_or_default(),
        description: target.description,
        kind,
        lambda_arn,
        schema_uri,
        tools: schema.map(|schema| tools(&target.name, schema)).unwrap_or_default(),
        name: target.name,
        credentials: target
            .credential_provider_configurations
            .iter()
            .map(|provider| provider.credential_provider_type.as_str().to_string())
            .collect(),
        created: time_text(&target.created_at),
        updated: time_text(&target.updated_at),
    }
}

fn tools(target: &str, schema: ToolSchema) -> Vec<ToolSummary> {
    let named = |name: String| format!("{target}{NAME_SEPARATOR}{name}");
    let tools = tool_schema::from_sdk(schema).into_iter();
    tools.map(|tool| ToolSummary { name: named(tool.name), description: tool.description }).collect()
}
