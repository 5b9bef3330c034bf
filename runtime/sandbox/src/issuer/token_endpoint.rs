//! The token endpoint: codes, device codes, refresh tokens and client credentials.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use url::form_urlencoded;

use super::claims::{self, LIFETIME_SECONDS};
use super::clients::{Client, DEVICE_GRANT};
use super::grants::Grant;
use super::oauth_error::OAuthError;
use super::scopes;
use super::server::Issuer;

pub(super) const GRANT_TYPES: [&str; 4] = ["authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT];

pub(super) async fn token(State(issuer): State<Issuer>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    match issue(&issuer, &headers, &form) {
        Ok(tokens) => {
            let no_store = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
            (StatusCode::OK, no_store, Json(tokens)).into_response()
        }
        Err(error) => error.into_response(),
    }
}

type Form = Vec<(String, String)>;

fn member<'a>(form: &'a Form, name: &str) -> Result<&'a str, OAuthError> {
    let found = form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    found.ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
}

fn issue(issuer: &Issuer, headers: &HeaderMap, form: &Form) -> Result<Value, OAuthError> {
    let grant_type = member(form, "grant_type")?;
    let client = issuer.clients.authenticate(headers, form)?;
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(OAuthError::new("unsupported_grant_type", format!("grant_type `{grant_type}` is not supported")));
    }
    if !client.may_use(grant_type) {
        let description = format!("client `{}` may not use grant_type `{grant_type}`", client.id());
        return Err(OAuthError::new("unauthorized_client", description));
    }
    match grant_type {
        "authorization_code" => by_code(issuer, client, form),
        "refresh_token" => by_refresh(issuer, client, form),
        DEVICE_GRANT => by_device(issuer, client, form),
        _ => by_client(issuer, client, form),
    }
}

fn by_code(issuer: &Issuer, client: Client, form: &Form) -> Result<Value, OAuthError> {
    let verifier = member(form, "code_verifier")?;
    let redeemed = issuer.grants.redeem_code(member(form, "code")?);
    let code = redeemed.ok_or_else(|| OAuthError::invalid_grant("the code is unknown, used or expired"))?;
    let proven = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == code.code_challenge;
    if code.grant.client_id != client.id() || member(form, "redirect_uri")? != code.redirect_uri || !proven {
        return Err(OAuthError::invalid_grant("client, redirect_uri or code_verifier do not belong to the code"));
    }
    let refresh = first_refresh(issuer, &code.grant)?;
    for_user(issuer, &code.grant, code.nonce.as_deref(), refresh)
}

fn by_device(issuer: &Issuer, client: Client, form: &Form) -> Result<Value, OAuthError> {
    let approved = issuer.device_codes.poll(member(form, "device_code")?, client.id(), Instant::now())?;
    let grant = Grant {
        client_id: client.id().into(),
        user: approved.user,
        scopes: approved.scopes,
        auth_time: OffsetDateTime::now_utc().unix_timestamp(),
    };
    let refresh = first_refresh(issuer, &grant)?;
    for_user(issuer, &grant, None, refresh)
}

fn first_refresh(issuer: &Issuer, grant: &Grant) -> Result<Option<String>, OAuthError> {
    match scopes::has(&grant.scopes, scopes::OFFLINE_ACCESS) {
        true => issuer.grants.issue_refresh(grant.clone()).map(Some).map_err(server_error),
        false => Ok(None),
    }
}

fn by_refresh(issuer: &Issuer, client: Client, form: &Form) -> Result<Value, OAuthError> {
    let asked = match member(form, "scope") {
        Ok(text) => Some(scopes::parse(text)?),
        Err(_) => None,
    };
    let rotated = issuer.grants.rotate(member(form, "refresh_token")?, client.id()).map_err(server_error)?;
    let (mut grant, successor) =
        rotated.ok_or_else(|| OAuthError::invalid_grant("the refresh token is unknown, used or expired"))?;
    if let Some(asked) = asked {
        if asked.iter().any(|scope| !scopes::has(&grant.scopes, scope)) {
            return Err(OAuthError::new("invalid_scope", "a refresh cannot add scopes"));
        }
        grant.scopes = asked;
    }
    for_user(issuer, &grant, None, Some(successor))
}

fn by_client(issuer: &Issuer, client: Client, form: &Form) -> Result<Value, OAuthError> {
    let mut scopes = scopes::parse(member(form, "scope").unwrap_or_default())?;
    if scopes.is_empty() {
        scopes.push(scopes::API_READ.into());
    }
    if scopes.iter().any(|scope| scope != scopes::API_READ) {
        return Err(OAuthError::new("invalid_scope", "scopes about a user cannot be had with client credentials"));
    }
    let claims = claims::client_access(&issuer.identifier, client.id(), &scopes);
    tokens(issuer, &claims, &scopes)
}

fn for_user(issuer: &Issuer, grant: &Grant, nonce: Option<&str>, refresh: Option<String>) -> Result<Value, OAuthError> {
    let mut answer = tokens(issuer, &claims::user_access(&issuer.identifier, grant), &grant.scopes)?;
    if scopes::has(&grant.scopes, scopes::OPENID) {
        let claims = claims::id_token(&issuer.identifier, grant, nonce);
        answer["id_token"] = issuer.signing_key.sign(&claims).map_err(server_error)?.into();
    }
    if let Some(refresh) = refresh {
        answer["refresh_token"] = refresh.into();
    }
    Ok(answer)
}

fn tokens(issuer: &Issuer, claims: &Value, scopes: &[String]) -> Result<Value, OAuthError> {
    let access_token = issuer.signing_key.sign(claims).map_err(server_error)?;
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "access_token": access_token,
        "scope": scopes.join(" "),
    }))
}

fn server_error(error: impl std::error::Error) -> OAuthError {
    tracing::error!(%error, "a token could not be issued");
    OAuthError::new("server_error", "the issuer could not complete the request")
}
