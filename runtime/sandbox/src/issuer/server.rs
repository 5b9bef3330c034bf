//! The issuer's parts and its routes.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::clients::Clients;
use super::grants::Grants;
use super::signing_key::SigningKey;
use super::{authorize, scopes, token_endpoint};
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
        "jwks_uri": format!("{identifier}/v1/keys"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use openidconnect::core::CoreProviderMetadata;
    use sha2::{Digest, Sha256};
    use url::Url;

    const REDIRECT: &str = "http://127.0.0.1:8765/callback";
    const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

    struct World {
        identifier: String,
        http: reqwest::Client,
        folder: tempfile::TempDir,
        server: tokio::task::JoinHandle<()>,
    }

    impl Drop for World {
        fn drop(&mut self) {
            self.server.abort();
        }
    }

    impl World {
        async fn start() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base_url = format!("http://{}", listener.local_addr().unwrap());
            let issuer = Issuer::open(folder.path(), &base_url).unwrap();
            let (identifier, router) = (issuer.identifier.clone(), issuer.router());
            let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            Self { identifier, http: crate::backend::loopback_client().unwrap(), folder, server }
        }

        /// Status and where the browser is sent.
        async fn authorize(&self, change: &[(&str, &str)]) -> (u16, Option<Url>) {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
            let mut parameters = std::collections::BTreeMap::from([
                ("client_id", "chat-local"),
                ("redirect_uri", REDIRECT),
                ("response_type", "code"),
                ("scope", "openid profile offline_access"),
                ("state", "s1"),
                ("nonce", "n1"),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
            ]);
            parameters.extend(change.iter().copied());
            let url = Url::parse_with_params(&format!("{}/v1/authorize", self.identifier), &parameters).unwrap();
            let answer = self.http.get(url).send().await.unwrap();
            let location = answer.headers().get("location").map(|url| Url::parse(url.to_str().unwrap()).unwrap());
            (answer.status().as_u16(), location)
        }

        async fn code(&self) -> String {
            let (_, location) = self.authorize(&[]).await;
            parameter(&location.unwrap(), "code").unwrap()
        }

        async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
            let answer = self.http.post(format!("{}/v1/token", self.identifier)).form(form).send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        }

        async fn redeem(&self, code: &str, verifier: &str) -> (u16, Value) {
            let form = [
                ("grant_type", "authorization_code"),
                ("client_id", "chat-local"),
                ("code", code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", verifier),
            ];
            self.token(&form).await
        }

        async fn refresh(&self, token: &str) -> (u16, Value) {
            self.token(&[("grant_type", "refresh_token"), ("client_id", "chat-local"), ("refresh_token", token)]).await
        }

        fn secret(&self) -> String {
            std::fs::read_to_string(self.folder.path().join("issuer/smoke-client-secret")).unwrap()
        }

        async fn claims(&self, token: &Value) -> Value {
            let url = format!("{}/v1/keys", self.identifier);
            let keys: jsonwebtoken::jwk::JwkSet = self.http.get(url).send().await.unwrap().json().await.unwrap();
            let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
            let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
            rules.validate_aud = false;
            jsonwebtoken::decode(token.as_str().unwrap(), &key, &rules).unwrap().claims
        }
    }

    fn parameter(url: &Url, name: &str) -> Option<String> {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    #[tokio::test]
    async fn openidconnect_discovers_the_issuer() {
        let world = World::start().await;
        let http = world.http.clone();
        let client = move |request: openidconnect::HttpRequest| {
            let http = http.clone();
            async move {
                let answer = http.get(request.uri().to_string()).send().await?;
                let mut response = http::Response::new(Vec::new());
                *response.status_mut() = answer.status();
                *response.headers_mut() = answer.headers().clone();
                *response.body_mut() = answer.bytes().await?.to_vec();
                Ok::<_, reqwest::Error>(response)
            }
        };
        let issuer = openidconnect::IssuerUrl::new(world.identifier.clone()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &client).await.unwrap();
        assert_eq!(metadata.jwks().keys().len(), 1);
        let scopes = metadata.scopes_supported().unwrap();
        assert!(scopes.iter().any(|scope| scope.as_str() == "offline_access"));
    }

    #[tokio::test]
    async fn a_code_with_its_verifier_gives_oktas_tokens_once() {
        let world = World::start().await;
        let (status, location) = world.authorize(&[("login_hint", "ada@example.com")]).await;
        let location = location.unwrap();
        assert_eq!((status, parameter(&location, "state")), (302, Some("s1".into())));
        let code = parameter(&location, "code").unwrap();
        let (status, tokens) = world.redeem(&code, VERIFIER).await;
        assert_eq!((status, &tokens["expires_in"]), (200, &json!(3600)));
        let access = world.claims(&tokens["access_token"]).await;
        assert_eq!((&access["sub"], &access["cid"]), (&json!("ada@example.com"), &json!("chat-local")));
        assert_eq!((&access["aud"], &access["iss"]), (&json!("api://default"), &json!(world.identifier)));
        assert_eq!(access["scp"], json!(["openid", "profile", "offline_access"]));
        assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 3600);
        let identity = world.claims(&tokens["id_token"]).await;
        assert_eq!((&identity["aud"], &identity["nonce"]), (&json!("chat-local"), &json!("n1")));
        assert_eq!(identity["sub"], access["uid"]);
        assert_eq!(world.redeem(&code, VERIFIER).await.1["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn a_wrong_verifier_spends_the_code() {
        let world = World::start().await;
        let code = world.code().await;
        let (status, answer) = world.redeem(&code, "another-verifier-of-forty-three-characters-").await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
        assert_eq!(world.redeem(&code, VERIFIER).await.1["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn refresh_tokens_rotate() {
        let world = World::start().await;
        let (_, first) = world.redeem(&world.code().await, VERIFIER).await;
        let first = first["refresh_token"].as_str().unwrap().to_string();
        let (status, second) = world.refresh(&first).await;
        assert_eq!(status, 200);
        assert_ne!(second["refresh_token"], first.as_str());
        assert_eq!(world.refresh(&first).await.1["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn authorization_errors_go_to_the_client_only_when_its_address_is_good() {
        let world = World::start().await;
        for (change, error) in [
            (("code_challenge_method", "plain"), "invalid_request"),
            (("response_type", "token"), "unsupported_response_type"),
            (("scope", "openid admin"), "invalid_scope"),
            (("client_id", "smoke-local"), "unauthorized_client"),
        ] {
            let (status, location) = world.authorize(&[change]).await;
            let found = location.and_then(|location| parameter(&location, "error"));
            assert_eq!((status, found.as_deref()), (302, Some(error)), "{change:?}");
        }
        for change in [
            ("redirect_uri", "http://example.com/"),
            ("redirect_uri", "https://127.0.0.1/"),
            ("redirect_uri", "http://127.0.0.1.example.com/"),
            ("client_id", "nobody"),
        ] {
            assert_eq!(world.authorize(&[change]).await, (400, None), "{change:?}");
        }
        assert_eq!(world.authorize(&[("redirect_uri", "http://localhost:1/")]).await.0, 302);
    }

    #[tokio::test]
    async fn client_credentials_need_the_secret_by_form_or_basic() {
        let world = World::start().await;
        let secret = world.secret();
        let form =
            |secret| [("grant_type", "client_credentials"), ("client_id", "smoke-local"), ("client_secret", secret)];
        let (status, tokens) = world.token(&form(&secret)).await;
        assert_eq!(status, 200);
        let claims = world.claims(&tokens["access_token"]).await;
        assert_eq!((&claims["sub"], claims.get("uid")), (&json!("smoke-local"), None));
        let (status, refused) = world.token(&form("guess")).await;
        assert_eq!((status, &refused["error"]), (401, &json!("invalid_client")));
        let request = world.http.post(format!("{}/v1/token", world.identifier));
        let by_basic = request.basic_auth("smoke-local", Some(&secret)).form(&[("grant_type", "client_credentials")]);
        assert_eq!(by_basic.send().await.unwrap().status(), 200);
        let (_, refused) = world.token(&[("grant_type", "client_credentials"), ("client_id", "chat-local")]).await;
        assert_eq!(refused["error"], "unauthorized_client");
    }
}
