//! The two registered clients and how they prove who they are.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::oauth_error::OAuthError;
use crate::state_file::{self, StateError};

/// RFC 8628, section 3.4.
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Public: authorization code with PKCE, device codes, refresh tokens.
const CHAT_CLIENT_ID: &str = "chat-local";
/// Confidential: client credentials.
pub const SMOKE_CLIENT_ID: &str = "smoke-local";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Chat,
    Smoke,
}

impl Client {
    pub(super) fn find(id: &str) -> Option<Self> {
        match id {
            CHAT_CLIENT_ID => Some(Self::Chat),
            SMOKE_CLIENT_ID => Some(Self::Smoke),
            _ => None,
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Chat => CHAT_CLIENT_ID,
            Self::Smoke => SMOKE_CLIENT_ID,
        }
    }

    pub(super) fn may_use(self, grant_type: &str) -> bool {
        match self {
            Self::Chat => matches!(grant_type, "authorization_code" | "refresh_token" | DEVICE_GRANT),
            Self::Smoke => grant_type == "client_credentials",
        }
    }
}

/// Has no Debug, so that no log can show the secret.
pub(super) struct Clients {
    smoke_secret: String,
}

impl Clients {
    /// Reads `<state_dir>/issuer/smoke-client-secret`, or makes the secret.
    pub(super) fn open(state_dir: &Path) -> Result<Self, StateError> {
        let path = state_dir.join("issuer/smoke-client-secret");
        let kept = state_file::read(&path)?.map(|secret| secret.trim().to_string());
        // An empty file must not become a secret that everybody knows.
        let smoke_secret = match kept.filter(|secret| !secret.is_empty()) {
            Some(secret) => secret,
            None => {
                let secret = random_text();
                state_file::write(&path, secret.as_bytes())?;
                secret
            }
        };
        Ok(Self { smoke_secret })
    }

    /// The client of a token request: by HTTP Basic or by the form's members,
    /// never both (RFC 6749, section 2.3).
    pub(super) fn authenticate(&self, headers: &HeaderMap, form: &[(String, String)]) -> Result<Client, OAuthError> {
        let member = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (id, secret) = match (basic(headers)?, member("client_secret")) {
            (Some(_), Some(_)) => return Err(OAuthError::invalid_request("the client authenticates in two ways")),
            (Some((id, secret)), None) => (Some(id), Some(secret)),
            (None, secret) => (member("client_id"), secret),
        };
        let id = id.ok_or_else(|| OAuthError::invalid_client("client_id is missing"))?;
        let client = Client::find(&id).ok_or_else(|| OAuthError::invalid_client("the client is not known"))?;
        let proven = match (client, secret) {
            (Client::Chat, secret) => secret.is_none(),
            (Client::Smoke, Some(secret)) => same(&secret, &self.smoke_secret),
            (Client::Smoke, None) => false,
        };
        if proven { Ok(client) } else { Err(OAuthError::invalid_client("the client secret is wrong")) }
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, OAuthError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let read = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        scheme.eq_ignore_ascii_case("basic").then(|| (plain(id), plain(secret)))
    };
    read().map(Some).ok_or_else(|| OAuthError::invalid_client("the Authorization header is not HTTP Basic"))
}

/// Compares digests, so that the time tells nothing about the secret.
fn same(left: &str, right: &str) -> bool {
    Sha256::digest(left) == Sha256::digest(right)
}

/// 256 random bits, base64url.
pub(super) fn random_text() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
