//! Operations on gateways.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;

use super::control::{gateway_id, random_id};
use super::fault::{Fault, answer};
use super::gateway_input::{GatewayInput, parse};
use super::model::{Entry, Gateway, GatewaySettings, Status};
use super::paging::page;
use super::service::AgentCore;
use super::store::{self, Attempt};
use crate::identity::Caller;

const MAX_GATEWAYS: usize = 1000;
const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

pub(super) async fn create(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Fault> {
    core.identity.authorize(&caller, "bedrock-agentcore:CreateGateway", &core.gateway_arn("*"), &[]).await?;
    let input = parse::<GatewayInput>(&body)?.validate()?;
    pass_role(&core, &caller, &input.settings.role_arn).await?;
    let request = format!("gateways {}", String::from_utf8_lossy(&body));
    let attempt = Attempt { client_token: input.client_token.as_deref(), request: &request };
    let (view, fresh) = core.store.change(|state| {
        if let Some((id, _)) = state.made_before(&attempt)? {
            return Ok((state.gateway(&id)?.gateway.view(), None));
        }
        check_room(state, &input.settings.name)?;
        let gateway = new_gateway(&core, input.settings);
        let (id, view) = (gateway.gateway_id.clone(), gateway.view());
        state.remember(&attempt, &id, None);
        state.gateways.insert(id.clone(), Entry { gateway, tags: input.tags, targets: BTreeMap::new() });
        Ok((view, Some(id)))
    })?;
    if let Some(id) = fresh {
        core.settle_gateway(id);
    }
    Ok(answer(StatusCode::ACCEPTED, &view))
}

/// Names are unique in account and region.
fn check_room(state: &store::State, name: &str) -> Result<(), Fault> {
    if state.gateways.values().any(|entry| entry.gateway.settings.name == name) {
        return Err(Fault::Conflict(format!("A gateway with name {name} already exists in this account")));
    }
    if state.gateways.len() >= MAX_GATEWAYS {
        return Err(Fault::QuotaExceeded(format!("The account has {MAX_GATEWAYS} gateways already")));
    }
    Ok(())
}

fn new_gateway(core: &AgentCore, settings: GatewaySettings) -> Gateway {
    let gateway_id = format!("{}-{}", settings.name.to_lowercase(), random_id(LOWER));
    let now = OffsetDateTime::now_utc();
    Gateway {
        gateway_arn: core.gateway_arn(&gateway_id),
        gateway_url: format!("{}/mcp", core.gateway_base(&gateway_id)),
        gateway_id,
        status: Status::Creating,
        status_reasons: Vec::new(),
        created_at: now,
        updated_at: now,
        settings,
    }
}

/// The service acts with the role, so the caller has to be allowed to hand it over.
async fn pass_role(core: &AgentCore, caller: &Caller, role_arn: &str) -> Result<(), Fault> {
    let context = [("iam:PassedToService", "bedrock-agentcore.amazonaws.com")];
    Ok(core.identity.authorize(caller, "iam:PassRole", role_arn, &context).await?)
}

pub(super) async fn get(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(identifier): Path<String>,
) -> Result<Response, Fault> {
    let id = gateway_id(&identifier);
    core.identity.authorize(&caller, "bedrock-agentcore:GetGateway", &core.gateway_arn(id), &[]).await?;
    let view = core.store.read(|state| state.gateway(id).map(|entry| entry.gateway.view()))?;
    Ok(answer(StatusCode::OK, &view))
}

pub(super) async fn list(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Fault> {
    core.identity.authorize(&caller, "bedrock-agentcore:ListGateways", "*", &[]).await?;
    let items = core.store.read(|state| {
        state.gateways.iter().map(|(id, entry)| (id.clone(), entry.gateway.summary())).collect::<Vec<_>>()
    });
    Ok(answer(StatusCode::OK, &page(items, &query)?))
}

/// A full replacement: optional members left out are reset.
pub(super) async fn update(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(identifier): Path<String>,
    body: Bytes,
) -> Result<Response, Fault> {
    let id = gateway_id(&identifier);
    core.identity.authorize(&caller, "bedrock-agentcore:UpdateGateway", &core.gateway_arn(id), &[]).await?;
    let settings = parse::<GatewayInput>(&body)?.validate()?.settings;
    pass_role(&core, &caller, &settings.role_arn).await?;
    let view = core.store.change(|state| {
        let gateway = &mut state.gateway_mut(id)?.gateway;
        check_settled(gateway)?;
        if gateway.settings.name != settings.name {
            let message = format!("The gateway's name {} cannot be changed", gateway.settings.name);
            return Err(Fault::validation("FieldValidationFailed", message));
        }
        gateway.settings = settings;
        gateway.status = Status::Updating;
        gateway.updated_at = OffsetDateTime::now_utc();
        Ok(gateway.view())
    })?;
    core.settle_gateway(id.to_string());
    Ok(answer(StatusCode::ACCEPTED, &view))
}

pub(super) async fn delete(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(identifier): Path<String>,
) -> Result<Response, Fault> {
    let id = gateway_id(&identifier);
    core.identity.authorize(&caller, "bedrock-agentcore:DeleteGateway", &core.gateway_arn(id), &[]).await?;
    core.store.change(|state| {
        let entry = state.gateway_mut(id)?;
        if !entry.targets.is_empty() {
            let message = format!(
                "Gateway with ID: {id} has targets associated with it. Delete all targets before deleting the gateway."
            );
            return Err(Fault::validation("ResourceConflict", message));
        }
        check_settled(&entry.gateway)?;
        entry.gateway.status = Status::Deleting;
        entry.gateway.updated_at = OffsetDateTime::now_utc();
        Ok(())
    })?;
    core.settle_gateway(id.to_string());
    Ok(answer(StatusCode::ACCEPTED, &json!({"gatewayId": id, "status": Status::Deleting, "statusReasons": []})))
}

/// One change at a time.
pub(super) fn check_settled(gateway: &Gateway) -> Result<(), Fault> {
    if gateway.status.is_settled() {
        return Ok(());
    }
    let (id, status) = (&gateway.gateway_id, gateway.status.name());
    Err(Fault::Conflict(format!("Gateway with ID: {id} is in status {status} and cannot be changed now")))
}
