//! One log line a request.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::invocation;

/// Logs method, path, status and the time until the answer's head. Query and body stay out.
pub async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let request_id = invocation::request_id(request.extensions());
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(160).collect();
    let response = next.run(request).await;
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id, %method, path, status = response.status().as_u16(), duration_ms, "request");
    response
}
