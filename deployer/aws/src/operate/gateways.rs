//! All gateways of the region, and everything about one.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::GatewayProtocolConfiguration;
use deployer_core::desired::Authorizer;
use deployer_core::ownership::is_owned;
use deployer_core::{Failure, Settings};
use serde::Serialize;

use super::time_text;
use crate::Clients;
use crate::agentcore::authorizer;
use crate::errors::failed;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewaySummary {
    pub id: String,
    pub name: String,
    /// `READY`, `CREATING`, ...
    pub status: String,
    pub ownership: Ownership,
    pub description: Option<String>,
    pub authorizer_type: String,
    pub protocol: String,
    /// RFC 3339.
    pub created: String,
    pub updated: String,
}

/// Whose a gateway is, seen from one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// Carries the environment's tags.
    Ours,
    /// Has the environment's name and not its tags.
    NameOnly,
    /// Has the environment's name, and its tags could not be read.
    Unknown,
    Other,
}

/// One gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatewayDetails {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub url: Option<String>,
    pub status: String,
    pub status_reasons: Vec<String>,
    pub ownership: Ownership,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub protocol: Protocol,
    /// `CUSTOM_JWT`, `AWS_IAM`, ...
    pub authorizer_type: String,
    /// None unless the type is CUSTOM_JWT.
    pub authorizer: Option<Authorizer>,
    /// `DEBUG` where errors are told in detail.
    pub exception_level: Option<String>,
    pub kms_key_arn: Option<String>,
    pub workload_identity_arn: Option<String>,
    pub created: String,
    pub updated: String,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protocol {
    /// `MCP`
    pub kind: String,
    /// Empty where the gateway does not limit them.
    pub versions: Vec<String>,
    pub instructions: Option<String>,
    /// `SEMANTIC` where tools can be searched.
    pub search: Option<String>,
}

/// Every gateway of the region, by name. Tags are read only where the name is the environment's own.
pub async fn list_gateways(clients: &Clients, settings: &Settings) -> Result<Vec<GatewaySummary>, Failure> {
    let doing = format!("list the gateways of {}", settings.aws.region);
    let mut found = Vec::new();
    let mut pages = clients.agentcore().list_gateways().into_paginator().items().send();
    while let Some(gateway) = pages.next().await {
        let gateway = gateway.map_err(failed(&doing)).map_err(|failure| clients.advise(failure))?;
        let ownership = match gateway.name == settings.names().gateway() {
            true => own_name(clients, settings, &gateway.gateway_id).await,
            false => Ownership::Other,
        };
        found.push(GatewaySummary {
            id: gateway.gateway_id,
            name: gateway.name,
            status: gateway.status.as_str().to_string(),
            ownership,
            description: gateway.description,
            authorizer_type: gateway.authorizer_type.as_str().to_string(),
            protocol: gateway.protocol_type.as_str().to_string(),
            created: time_text(&gateway.created_at),
            updated: time_text(&gateway.updated_at),
        });
    }
    found.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(found)
}

/// Tags that cannot be read must not hide the list.
async fn own_name(clients: &Clients, settings: &Settings, id: &str) -> Ownership {
    gateway_details(clients, settings, id).await.map_or(Ownership::Unknown, |gateway| gateway.ownership)
}

/// Everything about the gateway of this id. Errors: `aws/not-found` among the codes of AWS's calls.
pub async fn gateway_details(clients: &Clients, settings: &Settings, id: &str) -> Result<GatewayDetails, Failure> {
    let doing = format!("read gateway `{id}`");
    let agentcore = clients.agentcore();
    let gateway = agentcore.get_gateway().gateway_identifier(id).send().await;
    let gateway = gateway.map_err(failed(&doing)).map_err(|failure| clients.advise(failure))?;
    let tags = agentcore.list_tags_for_resource().resource_arn(&gateway.gateway_arn).send().await;
    let tags = tags.map_err(failed(format!("read the tags of gateway `{id}`")));
    let tags = tags.map_err(|failure| clients.advise(failure))?.tags.unwrap_or_default();
    Ok(details(gateway, tags.into_iter().collect(), settings))
}

fn details(gateway: GetGatewayOutput, tags: BTreeMap<String, String>, settings: &Settings) -> GatewayDetails {
    GatewayDetails {
        id: gateway.gateway_id,
        arn: gateway.gateway_arn,
        url: gateway.gateway_url,
        status: gateway.status.as_str().to_string(),
        status_reasons: gateway.status_reasons.unwrap_or_default(),
        ownership: ownership(&gateway.name, &tags, settings),
        name: gateway.name,
        description: gateway.description,
        role_arn: gateway.role_arn,
        protocol: protocol(gateway.protocol_type.as_str(), gateway.protocol_configuration),
        authorizer_type: gateway.authorizer_type.as_str().to_string(),
        authorizer: authorizer::from_sdk(&gateway.authorizer_type, gateway.authorizer_configuration),
        exception_level: gateway.exception_level.map(|level| level.as_str().to_string()),
        kms_key_arn: gateway.kms_key_arn,
        workload_identity_arn: gateway.workload_identity_details.map(|identity| identity.workload_identity_arn),
        created: time_text(&gateway.created_at),
        updated: time_text(&gateway.updated_at),
        tags,
    }
}

fn ownership(name: &str, tags: &BTreeMap<String, String>, settings: &Settings) -> Ownership {
    let names = settings.names();
    match (is_owned(tags, &names), name == names.gateway()) {
        (true, _) => Ownership::Ours,
        (false, true) => Ownership::NameOnly,
        (false, false) => Ownership::Other,
    }
}

fn protocol(kind: &str, configuration: Option<GatewayProtocolConfiguration>) -> Protocol {
    let mcp = match configuration {
        Some(GatewayProtocolConfiguration::Mcp(mcp)) => Some(mcp),
        _ => None,
    };
    let (versions, instructions, search) =
        mcp.map(|mcp| (mcp.supported_versions, mcp.instructions, mcp.search_type)).unwrap_or_default();
    Protocol {
        kind: kind.to_string(),
        versions: versions.unwrap_or_default(),
        instructions,
        search: search.map(|search| search.as_str().to_string()),
    }
}
