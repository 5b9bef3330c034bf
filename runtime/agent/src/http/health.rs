//! `GET /` and `/health`: is everything there that an answer needs?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use contract::chat::Health;

use crate::agent::Agent;

/// Asks the table and the gateway now; the tool count is that of the last listing.
pub async fn health(State(agent): State<Arc<Agent>>) -> Json<Health> {
    let (store_ready, gateway_ready) = tokio::join!(agent.ports.store.is_ready(), agent.ports.gateway.is_reachable());
    let status = if store_ready && gateway_ready { "healthy" } else { "degraded" };
    Json(Health {
        status: status.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        model: agent.configuration.model.clone(),
        mcp_ready: gateway_ready,
        dynamodb_table: agent.configuration.table.clone(),
        conversation_manager_ready: store_ready,
        mcp_tools_cache: agent.listing.report(agent.now()),
    })
}
