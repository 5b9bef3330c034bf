//! Headers that every answer has.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use contract::chat::REQUEST_ID_HEADER;

use super::invocation;

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// Adds the request's id, under which the log tells of it, and keeps answers out of caches and from being
/// taken for another kind of content than they say.
pub async fn complete(request: Request, next: Next) -> Response {
    let request_id = HeaderValue::try_from(invocation::request_id(request.extensions())).ok();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(request_id) = request_id.filter(|id| !id.is_empty()) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}
