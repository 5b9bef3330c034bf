//! Operations on the targets of a gateway.

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
use super::gateway_input::parse;
use super::gateways::check_settled;
use super::model::{Entry, Status, Target, TargetSettings};
use super::paging::page;
use super::service::AgentCore;
use super::store::Attempt;
use super::target_input::TargetInput;
use crate::identity::Caller;

const MAX_TARGETS: usize = 100;
const UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

pub(super) async fn create(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(identifier): Path<String>,
    body: Bytes,
) -> Result<Response, Fault> {
    let gateway_id = gateway_id(&identifier);
    authorize(&core, &caller, "CreateGatewayTarget", gateway_id).await?;
    let input = parse::<TargetInput>(&body)?.validate(&core.region)?;
    let request = format!("{gateway_id} {}", String::from_utf8_lossy(&body));
    let attempt = Attempt { client_token: input.client_token.as_deref(), request: &request };
    let (view, fresh) = core.store.change(|state| {
        if let Some((gateway_id, Some(id))) = state.made_before(&attempt)? {
            return Ok((state.target(&gateway_id, &id)?.view(), None));
        }
        let entry = state.gateway_mut(gateway_id)?;
        check_settled(&entry.gateway)?;
        check_room(entry, &input.settings.name)?;
        let target = new_target(&entry.gateway.gateway_arn, input.settings);
        let (id, view) = (target.target_id.clone(), target.view());
        entry.targets.insert(id.clone(), target);
        state.remember(&attempt, gateway_id, Some(&id));
        Ok((view, Some(id)))
    })?;
    if let Some(id) = fresh {
        core.settle_target(gateway_id, id);
    }
    Ok(answer(StatusCode::ACCEPTED, &view))
}

async fn authorize(core: &AgentCore, caller: &Caller, operation: &str, gateway_id: &str) -> Result<(), Fault> {
    let action = format!("bedrock-agentcore:{operation}");
    Ok(core.identity.authorize(caller, &action, &core.gateway_arn(gateway_id), &[]).await?)
}

/// Names are unique in a gateway, since they prefix the tools' names.
fn check_room(entry: &Entry, name: &str) -> Result<(), Fault> {
    if entry.targets.values().any(|target| target.settings.name == name) {
        return Err(Fault::Conflict(format!("A target with name {name} already exists in this gateway")));
    }
    if entry.targets.len() >= MAX_TARGETS {
        return Err(Fault::QuotaExceeded(format!("The gateway has {MAX_TARGETS} targets already")));
    }
    Ok(())
}

fn new_target(gateway_arn: &str, settings: TargetSettings) -> Target {
    let now = OffsetDateTime::now_utc();
    Target {
        target_id: random_id(UPPER),
        gateway_arn: gateway_arn.into(),
        status: Status::Creating,
        status_reasons: Vec::new(),
        created_at: now,
        updated_at: now,
        settings,
    }
}

pub(super) async fn get(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path((identifier, target_id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let gateway_id = gateway_id(&identifier);
    authorize(&core, &caller, "GetGatewayTarget", gateway_id).await?;
    let view = core.store.read(|state| state.target(gateway_id, &target_id).map(Target::view))?;
    Ok(answer(StatusCode::OK, &view))
}

pub(super) async fn list(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(identifier): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Fault> {
    let gateway_id = gateway_id(&identifier);
    authorize(&core, &caller, "ListGatewayTargets", gateway_id).await?;
    let items = core.store.read(|state| {
        let targets = state.gateway(gateway_id)?.targets.iter();
        Ok::<_, Fault>(targets.map(|(id, target)| (id.clone(), target.summary())).collect::<Vec<_>>())
    })?;
    Ok(answer(StatusCode::OK, &page(items, &query)?))
}

/// A full replacement. The name may change, and the tools' names with it.
pub(super) async fn update(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path((identifier, target_id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let gateway_id = gateway_id(&identifier);
    authorize(&core, &caller, "UpdateGatewayTarget", gateway_id).await?;
    let settings = parse::<TargetInput>(&body)?.validate(&core.region)?.settings;
    let view = core.store.change(|state| {
        let others = state.gateway(gateway_id)?.targets.iter().filter(|(id, _)| **id != target_id);
        if others.into_iter().any(|(_, other)| other.settings.name == settings.name) {
            let message = format!("A target with name {} already exists in this gateway", settings.name);
            return Err(Fault::Conflict(message));
        }
        let target = state.target_mut(gateway_id, &target_id)?;
        check_target_settled(target)?;
        target.settings = settings;
        target.status = Status::Updating;
        target.updated_at = OffsetDateTime::now_utc();
        Ok(target.view())
    })?;
    core.settle_target(gateway_id, target_id);
    Ok(answer(StatusCode::ACCEPTED, &view))
}

pub(super) async fn delete(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path((identifier, target_id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let gateway_id = gateway_id(&identifier);
    authorize(&core, &caller, "DeleteGatewayTarget", gateway_id).await?;
    let gateway_arn = core.store.change(|state| {
        let target = state.target_mut(gateway_id, &target_id)?;
        check_target_settled(target)?;
        target.status = Status::Deleting;
        target.updated_at = OffsetDateTime::now_utc();
        Ok(target.gateway_arn.clone())
    })?;
    core.settle_target(gateway_id, target_id.clone());
    let body = json!({
        "gatewayArn": gateway_arn, "targetId": target_id, "status": Status::Deleting, "statusReasons": []
    });
    Ok(answer(StatusCode::ACCEPTED, &body))
}

fn check_target_settled(target: &Target) -> Result<(), Fault> {
    if target.status.is_settled() {
        return Ok(());
    }
    let (id, status) = (&target.target_id, target.status.name());
    Err(Fault::Conflict(format!("Target with ID: {id} is in status {status} and cannot be changed now")))
}
