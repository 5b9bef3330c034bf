//! The AgentCore gateway: create, update (a full replace of its settings), delete,
//! and every state in between.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{AuthorizerConfiguration, AuthorizerType, GatewayProtocolType};
use contract::names;
use deployer_core::Failure;
use deployer_core::desired::DesiredGateway;
use deployer_core::observed::ObservedGateway;
use deployer_core::ownership::is_owned;

use super::agentcore_state::{AgentcoreState, reasons};
use super::context::Context;
use super::target;
use crate::agentcore::authorizer;
use crate::errors::{Kind, Trouble, failed, found};
use crate::observe::find_gateway;
use crate::wait::Pace;

/// A gateway that is ready.
pub struct Made {
    pub id: String,
    pub url: String,
    pub summary: String,
}

/// Makes the gateway what the plan says. `existing` is the id of the one that the plan has seen.
pub async fn ensure(
    context: &Context<'_>,
    existing: Option<&str>,
    replace: bool,
    gateway: &DesiredGateway,
) -> Result<Made, Failure> {
    match existing {
        Some(id) if replace => {
            target::delete_own(context, id).await?;
            delete(context, id).await?;
            create(context, gateway).await.map(|made| Made { summary: "replaced".into(), ..made })
        }
        Some(id) => update(context, id, gateway).await,
        None => create(context, gateway).await,
    }
}

/// Deletes the gateway, which must have no targets left, and waits until it is gone.
pub async fn delete(context: &Context<'_>, id: &str) -> Result<String, Failure> {
    let doing = format!("delete gateway `{id}`");
    let agentcore = context.clients.agentcore();
    let gone = context.until(Pace::RESOURCE, &doing, async || {
        let answer = found(agentcore.get_gateway().gateway_identifier(id).send().await);
        let Some(gateway) = answer.map_err(|trouble| trouble.failure(&doing))? else { return Ok(Some(())) };
        context.detail(gateway.status.as_str().to_lowercase());
        match AgentcoreState::of(gateway.status.as_str()) {
            AgentcoreState::Moving => Ok(None),
            _ => match agentcore.delete_gateway().gateway_identifier(id).send().await.map_err(Trouble::from) {
                Ok(_) => Ok(None),
                Err(trouble) if matches!(trouble.kind, Kind::NotFound | Kind::Conflict) => Ok(None),
                Err(trouble) => Err(trouble.failure(&doing)),
            },
        }
    });
    gone.await?;
    Ok("deleted".into())
}

/// Creates the gateway. While its role is too new to be assumed, AgentCore refuses
/// it, or accepts it and lets it fail: such a one is deleted before the next attempt.
async fn create(context: &Context<'_>, gateway: &DesiredGateway) -> Result<Made, Failure> {
    let doing = format!("create gateway `{}`", gateway.name);
    let mut failed: Option<String> = None;
    let created = context.past_iam(&doing, async |attempt| {
        if let Some(id) = failed.take() {
            delete(context, &id).await?;
        }
        let id = match create_once(context, gateway, attempt, &doing).await? {
            Attempt::Sent { id } => id,
            Attempt::There(made) => return Ok(Ok(made)),
            Attempt::Refused(failure) => return Ok(Err(failure)),
        };
        let ready = ready(context, &id, &doing).await?;
        if ready.is_err() {
            failed = Some(id);
        }
        Ok(ready.map(|(id, url)| Made { id, url, summary: "created".into() }))
    });
    created.await
}

enum Attempt {
    Sent { id: String },
    There(Made),
    Refused(Failure),
}

async fn create_once(
    context: &Context<'_>,
    gateway: &DesiredGateway,
    attempt: u32,
    doing: &str,
) -> Result<Attempt, Failure> {
    let request = context
        .clients
        .agentcore()
        .create_gateway()
        .name(&gateway.name)
        .description(&gateway.description)
        .client_token(context.token(&format!("create-{attempt}")))
        .role_arn(&gateway.role_arn)
        .protocol_type(GatewayProtocolType::Mcp)
        .authorizer_type(AuthorizerType::CustomJwt)
        .authorizer_configuration(authorizer_of(gateway, doing)?)
        .set_tags(Some(gateway.tags.clone().into_iter().collect()));
    match request.send().await.map_err(Trouble::from) {
        Ok(answer) => Ok(Attempt::Sent { id: answer.gateway_id }),
        Err(trouble) if trouble.kind == Kind::Conflict => {
            let there = own(context, gateway, &trouble, doing).await?;
            update(context, &there.id, gateway).await.map(Attempt::There)
        }
        Err(trouble) => Ok(Attempt::Refused(trouble.failure(doing))),
    }
}

/// The gateway of this name that is there although the plan saw none.
async fn own(
    context: &Context<'_>,
    gateway: &DesiredGateway,
    trouble: &Trouble,
    doing: &str,
) -> Result<ObservedGateway, Failure> {
    let there = find_gateway(context.clients, &gateway.name).await.map_err(|trouble| trouble.failure(doing))?;
    let there = there.ok_or_else(|| trouble.failure(doing))?;
    match is_owned(&there.tags, &context.settings.names()) {
        true => Ok(there),
        false => Err(Failure::new("plan/not-owned", doing, "it exists and does not carry our tags")),
    }
}

/// An update replaces everything: what the settings do not speak of is sent as it is,
/// or it would be reset.
async fn update(context: &Context<'_>, id: &str, gateway: &DesiredGateway) -> Result<Made, Failure> {
    let doing = format!("update gateway `{}`", gateway.name);
    let agentcore = context.clients.agentcore();
    let before = settled(context, id, &doing).await?;
    let updated = context.past_iam(&doing, async |_| {
        let request = agentcore
            .update_gateway()
            .gateway_identifier(id)
            .name(&gateway.name)
            .description(&gateway.description)
            .role_arn(&gateway.role_arn)
            .protocol_type(GatewayProtocolType::Mcp)
            .authorizer_type(AuthorizerType::CustomJwt)
            .authorizer_configuration(authorizer_of(gateway, &doing)?)
            .set_protocol_configuration(before.protocol_configuration.clone())
            .set_kms_key_arn(before.kms_key_arn.clone())
            .set_custom_transform_configuration(before.custom_transform_configuration.clone())
            .set_interceptor_configurations(before.interceptor_configurations.clone())
            .set_policy_engine_configuration(before.policy_engine_configuration.clone())
            .set_exception_level(before.exception_level.clone())
            .set_waf_configuration(before.waf_configuration.clone());
        match request.send().await {
            Ok(_) => ready(context, id, &doing).await,
            Err(error) => Ok(Err(failed(&doing)(error))),
        }
    });
    let (id, url) = updated.await?;
    let tags = gateway.tags.clone().into_iter().collect();
    agentcore
        .tag_resource()
        .resource_arn(before.gateway_arn)
        .set_tags(Some(tags))
        .send()
        .await
        .map_err(failed(&doing))?;
    Ok(Made { id, url, summary: "updated".into() })
}

/// The gateway once nothing works on it any more.
async fn settled(context: &Context<'_>, id: &str, doing: &str) -> Result<GetGatewayOutput, Failure> {
    let settled = context.until(Pace::RESOURCE, doing, async || {
        let answer = context.clients.agentcore().get_gateway().gateway_identifier(id).send().await;
        let gateway = answer.map_err(failed(doing))?;
        let busy = AgentcoreState::of(gateway.status.as_str()) == AgentcoreState::Moving;
        Ok((!busy).then_some(gateway))
    });
    settled.await
}

/// Waits for READY and gives id and URL; the inner failure holds the gateway's own reasons.
async fn ready(context: &Context<'_>, id: &str, doing: &str) -> Result<Result<(String, String), Failure>, Failure> {
    let ready = context.until(Pace::RESOURCE, doing, async || {
        let answer = context.clients.agentcore().get_gateway().gateway_identifier(id).send().await;
        let gateway = answer.map_err(failed(doing))?;
        context.detail(gateway.status.as_str().to_lowercase());
        let status = gateway.status.as_str();
        Ok(match AgentcoreState::of(status) {
            AgentcoreState::Ready => Some(Ok((gateway.gateway_id, gateway.gateway_url.unwrap_or_default()))),
            AgentcoreState::Moving => None,
            _ => {
                let why = reasons(status, gateway.status_reasons.as_deref().unwrap_or_default());
                Some(Err(Failure::new("aws/failed", doing, why)))
            }
        })
    });
    ready.await
}

fn authorizer_of(gateway: &DesiredGateway, doing: &str) -> Result<AuthorizerConfiguration, Failure> {
    authorizer::to_sdk(&gateway.authorizer).map_err(|error| Failure::new("aws/failed", doing, error))
}

/// The full name of this gateway's target in sentences.
pub fn target_label(gateway_id: &str) -> String {
    format!("target `{}` in gateway `{gateway_id}`", names::TARGET)
}
