//! One log line a request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::invocation;
use crate::telemetry::milliseconds;

/// Of a path that nothing answers.
const NO_ROUTE: &str = "(none)";

/// Logs method, route, status and the time until the answer's head. The path itself stays out, since whoever
/// makes it up may put anything there, a token too; so do query and body.
pub async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let request_id = invocation::request_id(request.extensions());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let duration_ms = milliseconds(start.elapsed());
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    tracing::info!(request_id, %method, route, status = response.status().as_u16(), duration_ms, "request");
    response
}
