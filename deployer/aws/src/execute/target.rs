//! The gateway's target: create, update (a full replace), delete, and the wait for
//! IAM, since AgentCore probes the function while the target is made.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProviderConfiguration, CredentialProviderType, McpLambdaTargetConfiguration, McpTargetConfiguration,
    TargetConfiguration,
};
use contract::names;
use deployer_core::Failure;
use deployer_core::desired::DesiredTarget;

use super::agentcore_state::{AgentcoreState, reasons};
use super::context::Context;
use super::gateway::target_label;
use crate::agentcore::tool_schema;
use crate::errors::{Kind, Trouble, failed, found};
use crate::observe::find_target;
use crate::wait::Pace;

/// Makes the target what the plan says; `replaced` is the id of one to delete first.
pub async fn ensure(
    context: &Context<'_>,
    gateway_id: &str,
    replaced: Option<&str>,
    target: &DesiredTarget,
) -> Result<String, Failure> {
    if let Some(id) = replaced {
        delete(context, gateway_id, id).await?;
    }
    let making = Making { context, gateway_id, target, doing: format!("deploy {}", target_label(gateway_id)) };
    making.run().await
}

/// Deletes the target and waits until the gateway lists it no more: a gateway
/// with targets on their way out cannot be deleted.
pub async fn delete(context: &Context<'_>, gateway_id: &str, target_id: &str) -> Result<String, Failure> {
    let doing = format!("delete {}", target_label(gateway_id));
    let agentcore = context.clients.agentcore();
    let gone = context.until(Pace::RESOURCE, &doing, async || {
        let request = agentcore.get_gateway_target().gateway_identifier(gateway_id).target_id(target_id);
        let answer = found(request.send().await).map_err(|trouble| trouble.failure(&doing))?;
        let Some(target) = answer else {
            return Ok((!is_listed(context, gateway_id, target_id, &doing).await?).then_some(()));
        };
        context.detail(target.status.as_str().to_lowercase());
        if is_busy(target.status.as_str()) {
            return Ok(None);
        }
        let request = agentcore.delete_gateway_target().gateway_identifier(gateway_id).target_id(target_id);
        match request.send().await.map_err(Trouble::from) {
            Ok(_) => Ok(None),
            Err(trouble) if matches!(trouble.kind, Kind::NotFound | Kind::Conflict) => Ok(None),
            Err(trouble) => Err(trouble.failure(&doing)),
        }
    });
    gone.await?;
    Ok("deleted".into())
}

/// Deletes our target of the gateway, if it has one. A target of somebody else stays,
/// and then keeps the gateway from being deleted.
pub async fn delete_own(context: &Context<'_>, gateway_id: &str) -> Result<(), Failure> {
    let doing = format!("read {}", target_label(gateway_id));
    let found = find_target(context.clients, gateway_id, names::TARGET).await;
    match found.map_err(|trouble| trouble.failure(doing))? {
        Some(target) => delete(context, gateway_id, &target.id).await.map(drop),
        None => Ok(()),
    }
}

async fn is_listed(context: &Context<'_>, gateway_id: &str, target_id: &str, doing: &str) -> Result<bool, Failure> {
    let request = context.clients.agentcore().list_gateway_targets().gateway_identifier(gateway_id);
    let mut targets = request.into_paginator().items().send();
    while let Some(target) = targets.next().await {
        match target.map_err(Trouble::from) {
            Ok(target) if target.target_id == target_id => return Ok(true),
            Ok(_) => {}
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(false),
            Err(trouble) => return Err(trouble.failure(doing)),
        }
    }
    Ok(false)
}

fn is_busy(status: &str) -> bool {
    AgentcoreState::of(status) == AgentcoreState::Moving
}

/// One on its way out is as good as gone.
fn is_lost(status: &str) -> bool {
    AgentcoreState::of(status) == AgentcoreState::Lost || status == "DELETING"
}

/// One target on its way to READY.
struct Making<'a> {
    context: &'a Context<'a>,
    gateway_id: &'a str,
    target: &'a DesiredTarget,
    doing: String,
}

impl Making<'_> {
    /// Creates or updates until READY; a target that came up FAILED is made anew.
    async fn run(&self) -> Result<String, Failure> {
        self.context.past_iam(&self.doing, async |attempt| self.attempt(attempt).await).await
    }

    /// The inner failure is AgentCore's word on this target, and may be worth another attempt.
    async fn attempt(&self, attempt: u32) -> Result<Result<String, Failure>, Failure> {
        let existing = find_target(self.context.clients, self.gateway_id, &self.target.name).await;
        let existing = existing.map_err(|trouble| trouble.failure(&self.doing))?;
        let (sent, summary) = match existing {
            Some(found) if is_lost(&found.status) => {
                delete(self.context, self.gateway_id, &found.id).await?;
                (self.create(attempt).await?, "created")
            }
            Some(found) => {
                let before = self.settled(&found.id).await?;
                (self.update(&found.id, before).await?, "updated")
            }
            None => (self.create(attempt).await?, "created"),
        };
        match sent {
            Ok(id) => Ok(self.ready(&id).await?.map(|()| summary.to_string())),
            Err(trouble) => Ok(Err(trouble.failure(&self.doing))),
        }
    }

    async fn create(&self, attempt: u32) -> Result<Result<String, Trouble>, Failure> {
        let request = self
            .context
            .clients
            .agentcore()
            .create_gateway_target()
            .gateway_identifier(self.gateway_id)
            .name(&self.target.name)
            .description(&self.target.description)
            .client_token(self.context.token(&format!("{}-create-{attempt}", self.gateway_id)))
            .target_configuration(self.configuration()?)
            .credential_provider_configurations(self.credentials()?);
        Ok(request.send().await.map(|answer| answer.target_id).map_err(Trouble::from))
    }

    /// An update replaces everything: what the settings do not speak of is sent as it is.
    async fn update(&self, id: &str, before: GetGatewayTargetOutput) -> Result<Result<String, Trouble>, Failure> {
        let request = self
            .context
            .clients
            .agentcore()
            .update_gateway_target()
            .gateway_identifier(self.gateway_id)
            .target_id(id)
            .name(&self.target.name)
            .description(&self.target.description)
            .target_configuration(self.configuration()?)
            .credential_provider_configurations(self.credentials()?)
            .set_metadata_configuration(before.metadata_configuration);
        Ok(request.send().await.map(|answer| answer.target_id).map_err(Trouble::from))
    }

    async fn settled(&self, id: &str) -> Result<GetGatewayTargetOutput, Failure> {
        let settled = self.context.until(Pace::RESOURCE, &self.doing, async || {
            let target = self.read(id).await?;
            Ok((!is_busy(target.status.as_str())).then_some(target))
        });
        settled.await
    }

    /// Waits for READY; the inner failure holds the target's own reasons.
    async fn ready(&self, id: &str) -> Result<Result<(), Failure>, Failure> {
        let ready = self.context.until(Pace::RESOURCE, &self.doing, async || {
            let target = self.read(id).await?;
            let (status, why) = (target.status.as_str(), target.status_reasons.unwrap_or_default());
            self.context.detail(status.to_lowercase());
            Ok(match AgentcoreState::of(status) {
                AgentcoreState::Ready => Some(Ok(())),
                AgentcoreState::Moving => None,
                _ => Some(Err(Failure::new("aws/failed", &self.doing, reasons(status, &why)))),
            })
        });
        ready.await
    }

    async fn read(&self, id: &str) -> Result<GetGatewayTargetOutput, Failure> {
        let request = self.context.clients.agentcore().get_gateway_target();
        let request = request.gateway_identifier(self.gateway_id).target_id(id);
        request.send().await.map_err(failed(&self.doing))
    }

    fn configuration(&self) -> Result<TargetConfiguration, Failure> {
        let unusable = |cause: String| Failure::new("plan/tool-schema", &self.doing, cause);
        let schema = tool_schema::to_sdk(&self.target.tools).map_err(unusable)?;
        let lambda = McpLambdaTargetConfiguration::builder().lambda_arn(&self.target.lambda_arn).tool_schema(schema);
        let lambda = lambda.build().map_err(|error| unusable(error.to_string()))?;
        Ok(TargetConfiguration::Mcp(McpTargetConfiguration::Lambda(lambda)))
    }

    fn credentials(&self) -> Result<CredentialProviderConfiguration, Failure> {
        let role = CredentialProviderType::GatewayIamRole;
        let configuration = CredentialProviderConfiguration::builder().credential_provider_type(role).build();
        configuration.map_err(|error| Failure::new("aws/failed", &self.doing, error))
    }
}
