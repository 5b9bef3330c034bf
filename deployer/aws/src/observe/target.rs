//! The gateway's one target, found by its name.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    McpTargetConfiguration, TargetConfiguration, TargetStatus, TargetSummary,
};
use contract::names;
use deployer_core::observed::{Fact, ObservedTarget};

use crate::Clients;
use crate::agentcore::tool_schema;
use crate::errors::{Kind, Trouble, found};

pub async fn observe(clients: &Clients, gateway_id: &str) -> Fact<ObservedTarget> {
    super::fact(find(clients, gateway_id, names::TARGET).await)
}

/// The target of this name. One that is being deleted counts only while there is no other.
pub async fn find(clients: &Clients, gateway_id: &str, name: &str) -> Result<Option<ObservedTarget>, Trouble> {
    let Some(summary) = summary(clients, gateway_id, name).await? else { return Ok(None) };
    let request = clients.agentcore().get_gateway_target().gateway_identifier(gateway_id).target_id(summary.target_id);
    Ok(found(request.send().await)?.map(|target| observed(gateway_id, target)))
}

async fn summary(clients: &Clients, gateway_id: &str, name: &str) -> Result<Option<TargetSummary>, Trouble> {
    let mut leaving = None;
    let request = clients.agentcore().list_gateway_targets().gateway_identifier(gateway_id);
    let mut targets = request.into_paginator().items().send();
    while let Some(target) = targets.next().await {
        match target.map_err(Trouble::from) {
            Ok(target) if target.name != name => {}
            Ok(target) if target.status == TargetStatus::Deleting => leaving = Some(target),
            Ok(target) => return Ok(Some(target)),
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(None),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(leaving)
}

fn observed(gateway_id: &str, target: GetGatewayTargetOutput) -> ObservedTarget {
    let lambda = match target.target_configuration {
        Some(TargetConfiguration::Mcp(McpTargetConfiguration::Lambda(lambda))) => Some(lambda),
        _ => None,
    };
    ObservedTarget {
        id: target.target_id,
        gateway_id: gateway_id.to_string(),
        name: target.name,
        status: target.status.as_str().to_string(),
        status_reasons: target.status_reasons.unwrap_or_default(),
        description: target.description,
        lambda_arn: lambda.as_ref().map(|lambda| lambda.lambda_arn.clone()),
        tools: lambda.and_then(|lambda| lambda.tool_schema).map(tool_schema::from_sdk).unwrap_or_default(),
    }
}
