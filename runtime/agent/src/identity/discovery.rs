//! Reads what an issuer publishes: its discovery document and its keys
//! (OpenID Connect Discovery 1.0, section 4; RFC 7517).

use std::time::Duration;

use contract::TokenRules;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use crate::failure::{Failure, causes};
use crate::http_client::{self, is_guarded};

/// For both documents together.
const DEADLINE: Duration = Duration::from_secs(5);
/// Bytes of one document; Okta's and Cognito's have two to four thousand.
const DOCUMENT_LIMIT: usize = 256 * 1024;

/// Where an issuer publishes what it has.
pub struct Discovery {
    url: Url,
    /// Without a slash at its end.
    issuer: String,
    http: reqwest::Client,
    deadline: Duration,
}

/// What it publishes.
#[derive(Debug, Clone)]
pub struct Published {
    pub issuer: String,
    pub keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Url,
}

/// Keys stay plain JSON at first: one of an unknown kind is passed over (RFC 7517, section 5).
#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Discovery {
    /// # Errors
    /// When the discovery address is neither https nor on this machine: whoever can change an answer on its way
    /// can put their own keys into it.
    pub fn new(rules: &TokenRules) -> Result<Self, Failure> {
        let doing = "set up the verification of access tokens";
        let url = Url::parse(&rules.discovery_url).ok().filter(is_guarded).ok_or_else(|| {
            Failure::internal(format!("{doing}: the discovery address must be https, or http on this machine"))
        })?;
        let http = http_client::for_server(&url)
            .build()
            .map_err(|error| Failure::internal(format!("{doing}: {}", causes(&error))))?;
        Ok(Self { url, issuer: rules.issuer().trim_end_matches('/').to_owned(), http, deadline: DEADLINE })
    }

    #[cfg(test)]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Reads both documents.
    ///
    /// # Errors
    /// What went wrong, in words that name neither address nor content.
    pub async fn read(&self) -> Result<Published, String> {
        let read = timeout(self.deadline, self.read_both()).await;
        read.unwrap_or_else(|_| Err(format!("no answer within {} ms", self.deadline.as_millis())))
    }

    async fn read_both(&self) -> Result<Published, String> {
        let Document { issuer, jwks_uri } = self.get("the discovery document", &self.url).await?;
        if !self.is_own_name(&issuer) {
            return Err("the discovery document names another issuer".into());
        }
        if !is_guarded(&jwks_uri) || jwks_uri.scheme() != self.url.scheme() {
            return Err("the discovery document names keys at an address that is not https".into());
        }
        let Keys { keys } = self.get("the keys", &jwks_uri).await?;
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        Ok(Published { issuer, keys })
    }

    /// An issuer may end in a slash, which its discovery address leaves out (section 4 of the specification).
    fn is_own_name(&self, issuer: &str) -> bool {
        issuer.strip_suffix('/').unwrap_or(issuer) == self.issuer
    }

    async fn get<T: DeserializeOwned>(&self, what: &str, url: &Url) -> Result<T, String> {
        let failed = |error: reqwest::Error| format!("{what}: {}", causes(&error.without_url()));
        let mut answer =
            self.http.get(url.clone()).header("accept", "application/json").send().await.map_err(failed)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(format!("{what}: HTTP {}", answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > DOCUMENT_LIMIT {
                return Err(format!("{what}: more than {DOCUMENT_LIMIT} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|_| format!("{what}: not the JSON that an issuer publishes"))
    }
}
