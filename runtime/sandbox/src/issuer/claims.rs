//! The claims of access and ID tokens, in Okta's spelling.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::clients::random_text;
use super::grants::Grant;
use super::scopes;

pub(super) const LIFETIME_SECONDS: i64 = 3600;
/// The audience of Okta's `default` authorization server.
const AUDIENCE: &str = "api://default";

/// Claims of a user's access token.
pub(super) fn user_access(issuer: &str, grant: &Grant) -> Value {
    let mut claims = access(issuer, &grant.client_id, &grant.user, &grant.scopes);
    claims["uid"] = user_id(&grant.user).into();
    claims["auth_time"] = grant.auth_time.into();
    claims
}

/// Claims of a client's own access token; its subject is the client.
pub(super) fn client_access(issuer: &str, client_id: &str, scopes: &[String]) -> Value {
    access(issuer, client_id, client_id, scopes)
}

fn access(issuer: &str, client_id: &str, subject: &str, scopes: &[String]) -> Value {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    json!({
        "ver": 1,
        "jti": format!("AT.{}", random_text()),
        "iss": issuer,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "cid": client_id,
        "scp": scopes,
        "sub": subject,
    })
}

/// Claims of an ID token; its subject is the user's id, as at Okta.
pub(super) fn id_token(issuer: &str, grant: &Grant, nonce: Option<&str>) -> Value {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = json!({
        "ver": 1,
        "jti": format!("ID.{}", random_text()),
        "iss": issuer,
        "aud": grant.client_id,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "sub": user_id(&grant.user),
        "auth_time": grant.auth_time,
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    if scopes::has(&grant.scopes, scopes::PROFILE) {
        claims["preferred_username"] = grant.user.as_str().into();
    }
    if scopes::has(&grant.scopes, scopes::EMAIL) && grant.user.contains('@') {
        claims["email"] = grant.user.as_str().into();
    }
    claims
}

/// Stable for a login name, in the form of Okta's user ids.
fn user_id(login: &str) -> String {
    format!("00u{}", &hex::encode(Sha256::digest(login))[..17])
}
