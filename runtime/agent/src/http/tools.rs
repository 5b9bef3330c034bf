//! `POST /api/tools/fetch`: the tools that the caller's token opens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use contract::chat::{ToolList, ToolsRequest};

use super::body::{self, Body, Member};
use super::query::Query;
use super::{caller, question};
use crate::agent::Agent;
use crate::failure::{Code, Failure};
use crate::telemetry::TraceContext;

const MEMBERS: [Member; 2] = [Member("okta_token", "a text"), Member("bedrock_agentcore_gateway_url", "a text")];

/// The body may be empty when the token is in the header.
pub async fn fetch(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Json<ToolList>, Failure> {
    Query::none(&parts.uri)?;
    let fetch: ToolsRequest = match body {
        Ok(bytes) if bytes.is_empty() => ToolsRequest::default(),
        body => body::read(body, &MEMBERS)?,
    };
    question::check_gateway(fetch.bedrock_agentcore_gateway_url.as_deref(), &agent.configuration.gateway_url)?;
    let token = question::token(&parts.headers, fetch.okta_token.as_deref())?;
    let token = caller::of(&agent, &parts, token).await?.token.ok_or_else(missing_token)?;
    let tools = agent.connect(&token, &TraceContext::of(&parts.extensions)).await?.tools().to_vec();
    let message = format!("the gateway serves {} tools", tools.len());
    Ok(Json(ToolList { count: tools.len(), tools, message }))
}

fn missing_token() -> Failure {
    Failure::new(Code::GatewayUnauthorized, "list the tools: the request holds no access token")
        .hint("the token is missing or expired: log in again")
}
