//! `GET /` and `/health`: is everything there that an answer needs?

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use contract::chat::Health;
use futures::future::BoxFuture;
use tokio::time::timeout;

use super::query::Query;
use crate::agent::Agent;
use crate::failure::Failure;

/// A part that has not answered by then is not ready.
const DEADLINE: Duration = Duration::from_secs(5);

/// Asks the table and the gateway now; the tool count is that of the last listing.
pub async fn health(State(agent): State<Arc<Agent>>, uri: Uri) -> Result<Json<Health>, Failure> {
    Query::none(&uri)?;
    let (store_ready, gateway_ready) =
        tokio::join!(is_ready(agent.ports.store.is_ready()), is_ready(agent.ports.gateway.is_reachable()));
    let status = if store_ready && gateway_ready { "healthy" } else { "degraded" };
    Ok(Json(Health {
        status: status.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        model: agent.configuration.model.clone(),
        mcp_ready: gateway_ready,
        dynamodb_table: agent.configuration.table.clone(),
        conversation_manager_ready: store_ready,
        mcp_tools_cache: agent.listing.report(agent.now()),
    }))
}

async fn is_ready(part: BoxFuture<'_, bool>) -> bool {
    timeout(DEADLINE, part).await.unwrap_or(false)
}
