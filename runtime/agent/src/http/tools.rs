//! `POST /api/tools/fetch`: the tools that the caller's token opens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use contract::chat::ToolList;
use serde::Deserialize;

use super::body::{self, Body};
use super::question;
use crate::agent::Agent;
use crate::caller::Owner;
use crate::failure::{Code, Failure};

const FIELDS: [&str; 2] = ["okta_token", "bedrock_agentcore_gateway_url"];

#[derive(Deserialize)]
struct Fetch {
    #[serde(default)]
    okta_token: Option<String>,
    #[serde(default)]
    bedrock_agentcore_gateway_url: Option<String>,
}

/// The body may be empty when the token is in the header.
pub async fn fetch(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Json<ToolList>, Failure> {
    Owner::of(&parts)?;
    let fetch: Fetch = match body {
        Ok(bytes) if bytes.is_empty() => Fetch { okta_token: None, bedrock_agentcore_gateway_url: None },
        body => body::read(body, &FIELDS)?,
    };
    question::check_gateway(fetch.bedrock_agentcore_gateway_url.as_deref(), &agent.configuration.gateway_url)?;
    let token = question::token(&parts.headers, fetch.okta_token.as_deref())?.ok_or_else(missing_token)?;
    let tools = agent.connect(&token).await?.tools().to_vec();
    let message = format!("the gateway serves {} tools", tools.len());
    Ok(Json(ToolList { count: tools.len(), tools, message }))
}

fn missing_token() -> Failure {
    Failure::new(Code::GatewayUnauthorized, "list the tools: the request holds no access token")
        .hint("the token is missing or expired: log in again")
}
