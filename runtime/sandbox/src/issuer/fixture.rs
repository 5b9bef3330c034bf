//! The issuer on a loopback listener, and a client that asks it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::clients::DEVICE_GRANT;
use super::server::Issuer;

pub(super) const REDIRECT: &str = "http://127.0.0.1:8765/callback";
pub(super) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

pub(super) struct World {
    pub(super) identifier: String,
    pub(super) http: reqwest::Client,
    pub(super) folder: tempfile::TempDir,
    pub(super) server: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Issuer::open(folder.path(), &base_url).unwrap();
        let (identifier, router) = (issuer.identifier.clone(), issuer.router());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { identifier, http: crate::backend::loopback_client().unwrap(), folder, server }
    }

    /// Status and where the browser is sent.
    pub(super) async fn authorize(&self, change: &[(&str, &str)]) -> (u16, Option<Url>) {
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

    pub(super) async fn code(&self) -> String {
        let (_, location) = self.authorize(&[]).await;
        parameter(&location.unwrap(), "code").unwrap()
    }

    pub(super) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.http.post(format!("{}/v1/token", self.identifier)).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(super) async fn redeem(&self, code: &str, verifier: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "chat-local"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ];
        self.token(&form).await
    }

    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        self.token(&[("grant_type", "refresh_token"), ("client_id", "chat-local"), ("refresh_token", token)]).await
    }

    pub(super) async fn device(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/v1/device/authorize", self.identifier);
        let answer = self.http.post(url).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(super) async fn poll(&self, device_code: &str) -> (u16, Value) {
        let form = [("grant_type", DEVICE_GRANT), ("client_id", "chat-local"), ("device_code", device_code)];
        self.token(&form).await
    }

    pub(super) fn secret(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("issuer/smoke-client-secret")).unwrap()
    }

    pub(super) async fn claims(&self, token: &Value) -> Value {
        let url = format!("{}/v1/keys", self.identifier);
        let keys: jsonwebtoken::jwk::JwkSet = self.http.get(url).send().await.unwrap().json().await.unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        rules.validate_aud = false;
        jsonwebtoken::decode(token.as_str().unwrap(), &key, &rules).unwrap().claims
    }
}

pub(super) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
