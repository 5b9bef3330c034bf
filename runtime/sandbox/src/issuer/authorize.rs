//! The authorization endpoint: code flow with PKCE, approved at once.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;
use time::OffsetDateTime;
use url::{Host, Url, form_urlencoded};

use super::clients::Client;
use super::grants::{CodeGrant, Grant};
use super::oauth_error::OAuthError;
use super::scopes;
use super::server::Issuer;

/// Who logs in when the client names nobody.
const DEFAULT_USER: &str = "local.user@example.com";

pub(super) async fn by_query(State(issuer): State<Issuer>, RawQuery(query): RawQuery) -> Response {
    authorize(&issuer, query.unwrap_or_default().as_bytes())
}

pub(super) async fn by_form(State(issuer): State<Issuer>, body: bytes::Bytes) -> Response {
    authorize(&issuer, &body)
}

/// The parameters of an authorization request.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
    }
}

/// Errors go to the client's redirect address, but only once client and
/// address are known to belong together (RFC 6749, section 4.1.2.1).
fn authorize(issuer: &Issuer, encoded: &[u8]) -> Response {
    let parameters = Parameters(form_urlencoded::parse(encoded).into_owned().collect());
    let (client, mut redirect) = match destination(&parameters) {
        Ok(destination) => destination,
        Err(error) => {
            let body = json!({"error": error.code, "error_description": error.description});
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    let outcome = code_grant(&parameters, client).map(|grant| issuer.grants.issue_code(grant));
    {
        let mut query = redirect.query_pairs_mut();
        match &outcome {
            Ok(code) => query.append_pair("code", code),
            Err(error) => query.append_pair("error", error.code).append_pair("error_description", &error.description),
        };
        if let Some(state) = parameters.get("state") {
            query.append_pair("state", state);
        }
    }
    let headers = [(header::LOCATION, redirect.to_string()), (header::CACHE_CONTROL, "no-store".into())];
    (StatusCode::FOUND, headers).into_response()
}

fn destination(parameters: &Parameters) -> Result<(Client, Url), OAuthError> {
    let id = parameters.required("client_id")?;
    let client = Client::find(id).ok_or_else(|| OAuthError::invalid_client("the client is not known"))?;
    let redirect = parameters.required("redirect_uri")?;
    let address = Url::parse(redirect).ok().filter(is_loopback);
    let address = address.ok_or_else(|| OAuthError::invalid_request("redirect_uri must be a loopback http address"))?;
    Ok((client, address))
}

/// Native clients are called back on any port of the loopback interface (RFC 8252, section 7.3).
fn is_loopback(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    loopback && url.scheme() == "http" && url.fragment().is_none() && url.username().is_empty()
}

fn code_grant(parameters: &Parameters, client: Client) -> Result<CodeGrant, OAuthError> {
    if !client.may_use("authorization_code") {
        return Err(OAuthError::new("unauthorized_client", "the client may not use the authorization code flow"));
    }
    if parameters.required("response_type")? != "code" {
        return Err(OAuthError::new("unsupported_response_type", "response_type must be code"));
    }
    parameters.required("state")?;
    let code_challenge = parameters.required("code_challenge")?.to_string();
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::invalid_request("code_challenge_method must be S256"));
    }
    let scopes = scopes::parse(parameters.required("scope")?)?;
    let grant = Grant {
        client_id: client.id().into(),
        user: user(parameters.get("login_hint"))?,
        scopes,
        auth_time: OffsetDateTime::now_utc().unix_timestamp(),
    };
    let redirect_uri = parameters.required("redirect_uri")?.to_string();
    Ok(CodeGrant { grant, redirect_uri, nonce: parameters.get("nonce").map(str::to_string), code_challenge })
}

/// `login_hint` chooses the user, so that several can be played.
pub(super) fn user(login_hint: Option<&str>) -> Result<String, OAuthError> {
    let Some(login) = login_hint else { return Ok(DEFAULT_USER.into()) };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._@+-".contains(letter);
    if login.len() <= 100 && login.chars().all(plain) {
        return Ok(login.into());
    }
    Err(OAuthError::invalid_request("login_hint must be a login name of at most 100 characters"))
}
