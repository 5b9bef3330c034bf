//! The issuer's parts and its routes.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::clients::Clients;
use super::device_codes::DeviceCodes;
use super::grants::Grants;
use super::signing_key::SigningKey;
use super::{authorize, device, scopes, token_endpoint};
use crate::state_file::StateError;

/// Path of Okta's authorization server named `default`.
const PATH: &str = "/oauth2/default";

/// Clones share their keys and grants.
#[derive(Clone)]
pub struct Issuer(Arc<Parts>);

pub struct Parts {
    /// The issuer identifier: `<base url>/oauth2/default`.
    pub(super) identifier: String,
    pub(super) clients: Clients,
    pub(super) grants: Grants,
    pub(super) device_codes: DeviceCodes,
    pub(super) signing_key: SigningKey,
}

impl std::ops::Deref for Issuer {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Issuer {
    /// Reads key, secret and refresh tokens from `<state_dir>/issuer/`, and makes
    /// what is not there yet. `base_url` is the front's, without a slash at its end.
    pub fn open(state_dir: &Path, base_url: &str) -> Result<Self, StateError> {
        Ok(Self(Arc::new(Parts {
            identifier: format!("{base_url}{PATH}"),
            clients: Clients::open(state_dir)?,
            grants: Grants::open(state_dir)?,
            device_codes: DeviceCodes::default(),
            signing_key: SigningKey::open(state_dir)?,
        })))
    }

    /// Answers `/oauth2/default/...`.
    pub fn router(&self) -> Router {
        Router::new()
            .route(&format!("{PATH}/.well-known/openid-configuration"), get(discovery))
            .route(&format!("{PATH}/.well-known/oauth-authorization-server"), get(discovery))
            .route(&format!("{PATH}/v1/keys"), get(keys))
            .route(&format!("{PATH}/v1/authorize"), get(authorize::by_query).post(authorize::by_form))
            .route(&format!("{PATH}/v1/token"), post(token_endpoint::token))
            .route(&format!("{PATH}/v1/device/authorize"), post(device::begin))
            .route(&format!("{PATH}/activate"), get(device::activate))
            .with_state(self.clone())
    }
}

/// OpenID Connect Discovery 1.0, section 3, and RFC 8414 have the same members.
async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let identifier = &issuer.identifier;
    Json(json!({
        "issuer": identifier,
        "authorization_endpoint": format!("{identifier}/v1/authorize"),
        "token_endpoint": format!("{identifier}/v1/token"),
        "device_authorization_endpoint": format!("{identifier}/v1/device/authorize"),
        "jwks_uri": format!("{identifier}/v1/keys"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": token_endpoint::GRANT_TYPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": scopes::ALL,
        "claims_supported": ["iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "nonce",
            "preferred_username", "email"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    Json(issuer.signing_key.public_keys())
}
