//! The sandbox's own health.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{backend::Backend, lambda::Isolation};

const BACKEND_LIMIT: Duration = Duration::from_secs(2);

/// Ready as soon as it answers; whether the emulator does is told beside it.
pub async fn health(backend: &Backend, isolation: &Isolation) -> Response {
    let asked = backend.http().get(format!("{}/_ministack/health", backend.base_url())).timeout(BACKEND_LIMIT).send();
    let ready = asked.await.is_ok_and(|response| response.status().is_success());
    Json(json!({
        "status": "ready",
        "version": env!("CARGO_PKG_VERSION"),
        "isolation": isolation.name(),
        "backend": {"url": backend.base_url(), "ready": ready},
    }))
    .into_response()
}
