//! The AgentCore gateway, found by its name.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{GatewayStatus, GatewaySummary};
use deployer_core::observed::{Fact, ObservedGateway};

use crate::Clients;
use crate::agentcore::authorizer;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: &str) -> Fact<ObservedGateway> {
    super::fact(find(clients, name).await)
}

/// The gateway of this name. One that is being deleted counts only while there is no other.
pub async fn find(clients: &Clients, name: &str) -> Result<Option<ObservedGateway>, Trouble> {
    let Some(summary) = summary(clients, name).await? else { return Ok(None) };
    let answer = clients.agentcore().get_gateway().gateway_identifier(summary.gateway_id).send().await;
    let Some(gateway) = found(answer)? else { return Ok(None) };
    let tags = clients.agentcore().list_tags_for_resource().resource_arn(&gateway.gateway_arn).send().await;
    // A gateway that was just read is there, whatever is said of its tags.
    let tags = tags.map_err(Trouble::from)?.tags.unwrap_or_default();
    Ok(Some(observed(gateway, tags.into_iter().collect())))
}

async fn summary(clients: &Clients, name: &str) -> Result<Option<GatewaySummary>, Trouble> {
    let mut leaving = None;
    let mut gateways = clients.agentcore().list_gateways().into_paginator().items().send();
    while let Some(gateway) = gateways.next().await {
        match gateway? {
            gateway if gateway.name != name => {}
            gateway if gateway.status == GatewayStatus::Deleting => leaving = Some(gateway),
            gateway => return Ok(Some(gateway)),
        }
    }
    Ok(leaving)
}

fn observed(gateway: GetGatewayOutput, tags: BTreeMap<String, String>) -> ObservedGateway {
    ObservedGateway {
        id: gateway.gateway_id,
        arn: gateway.gateway_arn,
        url: gateway.gateway_url.unwrap_or_default(),
        status: gateway.status.as_str().to_string(),
        status_reasons: gateway.status_reasons.unwrap_or_default(),
        name: gateway.name,
        description: gateway.description,
        role_arn: gateway.role_arn.unwrap_or_default(),
        authorizer: authorizer::from_sdk(&gateway.authorizer_type, gateway.authorizer_configuration),
        tags,
        foreign_targets: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_aws::{Answer, FakeAws};
    use serde_json::json;

    #[tokio::test]
    async fn a_gateway_whose_tags_are_not_found_is_a_gap_and_not_absent() {
        let gateway = json!({
            "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/gw-1", "gatewayId": "gw-1",
            "name": "gw", "status": "READY", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
            "protocolType": "MCP", "authorizerType": "CUSTOM_JWT",
        });
        let aws = FakeAws::answering([
            ("GET /gateways/gw-1", Answer::ok(gateway.to_string())),
            ("GET /gateways", Answer::ok(json!({"items": [gateway]}).to_string())),
            ("GET /tags/", Answer::refused(404, "ResourceNotFoundException", "no tags yet")),
        ])
        .await;
        let found = observe(&aws.clients().await, "gw").await;
        assert!(found.gap().is_some(), "{found:?}");
    }
}
