//! Tags of gateways. Targets have none.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use super::control::gateway_id;
use super::fault::{Fault, Faults, answer, empty_answer};
use super::gateway_input::{check_tags, parse};
use super::service::AgentCore;
use crate::identity::Caller;

#[derive(Deserialize)]
struct Tagging {
    tags: BTreeMap<String, String>,
}

/// The gateway's id, once the caller may. The permission is asked for the
/// gateway that is meant, whatever account and region the request names.
async fn authorized<'a>(core: &AgentCore, caller: &Caller, operation: &str, arn: &'a str) -> Result<&'a str, Fault> {
    let (id, action) = (gateway_id(arn), format!("bedrock-agentcore:{operation}"));
    core.identity.authorize(caller, &action, &core.gateway_arn(id), &[]).await?;
    Ok(id)
}

pub(super) async fn list(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(arn): Path<String>,
) -> Result<Response, Fault> {
    let id = authorized(&core, &caller, "ListTagsForResource", &arn).await?;
    let tags = core.store.read(|state| state.gateway(id).map(|entry| entry.tags.clone()))?;
    Ok(answer(StatusCode::OK, &json!({"tags": tags})))
}

pub(super) async fn add(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(arn): Path<String>,
    body: Bytes,
) -> Result<Response, Fault> {
    let id = authorized(&core, &caller, "TagResource", &arn).await?;
    let Tagging { tags } = parse(&body)?;
    core.store.change(|state| {
        let kept = &mut state.gateway_mut(id)?.tags;
        kept.extend(tags);
        let mut faults = Faults::default();
        check_tags(Some(kept), &mut faults);
        faults.into_result()
    })?;
    Ok(empty_answer())
}

pub(super) async fn remove(
    State(core): State<AgentCore>,
    Extension(caller): Extension<Caller>,
    Path(arn): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let id = authorized(&core, &caller, "UntagResource", &arn).await?;
    let query = query.unwrap_or_default();
    let keys: Vec<_> = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "tagKeys").collect();
    core.store.change(|state| {
        let kept = &mut state.gateway_mut(id)?.tags;
        kept.retain(|name, _| !keys.iter().any(|(_, key)| key == name));
        Ok(())
    })?;
    Ok(empty_answer())
}
