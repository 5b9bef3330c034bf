//! The device authorization endpoint and the page where the user answers (RFC
//! 8628, sections 3.1 to 3.3).

use std::time::Instant;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::authorize::user;
use super::clients::DEVICE_GRANT;
use super::device_codes::{INTERVAL, LIFETIME};
use super::oauth_error::OAuthError;
use super::scopes;
use super::server::Issuer;

pub(super) async fn begin(State(issuer): State<Issuer>, headers: HeaderMap, body: Bytes) -> Response {
    match codes(&issuer, &headers, &body) {
        Ok(codes) => ([(header::CACHE_CONTROL, "no-store")], Json(codes)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn codes(issuer: &Issuer, headers: &HeaderMap, body: &[u8]) -> Result<Value, OAuthError> {
    let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let client = issuer.clients.authenticate(headers, &form)?;
    if !client.may_use(DEVICE_GRANT) {
        return Err(OAuthError::new("unauthorized_client", "the client may not log in with a device code"));
    }
    let scope = form.iter().find(|(name, _)| name == "scope").map(|(_, value)| value.as_str());
    let scope = scope.ok_or_else(|| OAuthError::invalid_request("scope is missing"))?;
    let codes = issuer.device_codes.begin(client.id(), scopes::parse(scope)?, Instant::now());
    let page = format!("{}/activate", issuer.identifier);
    Ok(json!({
        "device_code": codes.device_code,
        "user_code": codes.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", codes.user_code),
        "expires_in": LIFETIME.as_secs(),
        "interval": INTERVAL.as_secs(),
    }))
}

/// What the page is opened with.
#[derive(Deserialize)]
pub(super) struct Visit {
    user_code: Option<String>,
    /// Chooses the user, so that several can be played.
    login_hint: Option<String>,
    /// `deny` says no; anything else says yes.
    decision: Option<String>,
}

/// Opening the page with a code is the user's yes, as at the authorization endpoint.
pub(super) async fn activate(State(issuer): State<Issuer>, Query(visit): Query<Visit>) -> Response {
    let Some(code) = visit.user_code.filter(|code| !code.is_empty()) else {
        return page(StatusCode::OK, "Enter the code that your device shows.", FORM);
    };
    let user = match user(visit.login_hint.as_deref()) {
        Ok(user) => user,
        Err(error) => return page(StatusCode::BAD_REQUEST, &error.description, ""),
    };
    let approves = visit.decision.as_deref() != Some("deny");
    match (issuer.device_codes.decide(&code, approves.then_some(user.as_str()), Instant::now()), approves) {
        (true, true) => page(StatusCode::OK, "The device is logged in. You can close this page.", ""),
        (true, false) => page(StatusCode::OK, "The device is not logged in. You can close this page.", ""),
        (false, _) => page(StatusCode::NOT_FOUND, "No device waits under this code.", FORM),
    }
}

const FORM: &str =
    "<form><label>Code <input name=\"user_code\" autofocus required></label> <button>Continue</button></form>";

/// The texts are ours: nothing of the request is shown.
fn page(status: StatusCode, text: &str, form: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Device login</title><p>{text}</p>{form}</html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(html)).into_response()
}
