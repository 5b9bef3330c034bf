//! An access token by client credentials (RFC 6749, section 4.4).

use std::time::Duration;

use deployer_core::Failure;
use serde::Deserialize;

const DEADLINE: Duration = Duration::from_secs(15);

/// What to ask the issuer for.
pub struct TokenRequest<'a> {
    /// Address of the discovery document.
    pub discovery_url: &'a str,
    pub client_id: &'a str,
    pub client_secret: &'a str,
    pub scopes: &'a [String],
}

#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

/// OAuth's error form (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The access token. Errors: `smoke/issuer` when the issuer cannot be reached
/// or understood, `smoke/token` when it refuses.
pub async fn client_credentials_token(request: &TokenRequest<'_>) -> Result<String, Failure> {
    let doing = format!("get a token for client {} from {}", request.client_id, request.discovery_url);
    let issuer_fault = |error: reqwest::Error| {
        Failure::new("smoke/issuer", &doing, innermost(&error))
            .with_hint("check issuer.discovery_url, and that this machine reaches the issuer")
    };
    let http = reqwest::Client::builder().timeout(DEADLINE).build().map_err(issuer_fault)?;
    let discovery = http.get(request.discovery_url).send().await.map_err(issuer_fault)?;
    let discovery: Discovery =
        discovery.error_for_status().map_err(issuer_fault)?.json().await.map_err(issuer_fault)?;
    let scopes = request.scopes.join(" ");
    let mut form = vec![("grant_type", "client_credentials")];
    if !scopes.is_empty() {
        form.push(("scope", &scopes));
    }
    let answer = http
        .post(&discovery.token_endpoint)
        .basic_auth(request.client_id, Some(request.client_secret))
        .form(&form)
        .send()
        .await
        .map_err(issuer_fault)?;
    if answer.status().is_success() {
        let answer: Answer = answer.json().await.map_err(issuer_fault)?;
        return Ok(answer.access_token);
    }
    let status = answer.status();
    let refusal: Option<Refusal> = answer.json().await.ok();
    let cause =
        refusal.map_or(format!("HTTP {status}"), |refusal| format!("{}: {}", refusal.error, refusal.error_description));
    Err(Failure::new("smoke/token", doing, cause).with_hint("check smoke.token: client id, secret and scopes"))
}

/// The operating system's word for a failed connection.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
