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

/// Our target, and the names of those that are not ours.
pub struct Targets {
    pub ours: Fact<ObservedTarget>,
    /// Empty also where the targets could not be listed: then ours is a gap.
    pub foreign: Vec<String>,
}

pub async fn observe(clients: &Clients, gateway_id: &str) -> Targets {
    match list(clients, gateway_id).await {
        Err(trouble) => Targets { ours: Fact::Unknown(trouble.gap()), foreign: vec![] },
        Ok(summaries) => {
            let foreign = summaries.iter().map(|summary| summary.name.clone());
            let foreign = foreign.filter(|name| name != names::TARGET).collect();
            let ours = match choose(summaries, names::TARGET) {
                Some(summary) => read(clients, gateway_id, summary).await,
                None => Ok(None),
            };
            Targets { ours: super::fact(ours), foreign }
        }
    }
}

/// The target of this name. One that is being deleted counts only while there is no other.
pub async fn find(clients: &Clients, gateway_id: &str, name: &str) -> Result<Option<ObservedTarget>, Trouble> {
    match choose(list(clients, gateway_id).await?, name) {
        Some(summary) => read(clients, gateway_id, summary).await,
        None => Ok(None),
    }
}

/// None also for a gateway that does not exist.
async fn list(clients: &Clients, gateway_id: &str) -> Result<Vec<TargetSummary>, Trouble> {
    let mut all = Vec::new();
    let request = clients.agentcore().list_gateway_targets().gateway_identifier(gateway_id);
    let mut targets = request.into_paginator().items().send();
    while let Some(target) = targets.next().await {
        match target.map_err(Trouble::from) {
            Ok(target) => all.push(target),
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(vec![]),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(all)
}

fn choose(summaries: Vec<TargetSummary>, name: &str) -> Option<TargetSummary> {
    let of_name = summaries.into_iter().filter(|summary| summary.name == name);
    of_name.min_by_key(|summary| summary.status == TargetStatus::Deleting)
}

async fn read(clients: &Clients, gateway_id: &str, summary: TargetSummary) -> Result<Option<ObservedTarget>, Trouble> {
    let request = clients.agentcore().get_gateway_target().gateway_identifier(gateway_id).target_id(summary.target_id);
    Ok(found(request.send().await)?.map(|target| observed(gateway_id, target)))
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
