//! The keys of token issuers: discovery documents and JWKS, kept for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::backend::{install_tls_provider, loopback_client};

const FRESH: Duration = Duration::from_secs(300);
/// An unknown key id asks the issuer again, but not more often than this.
const REFETCH_PAUSE: Duration = Duration::from_secs(1);
const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// An issuer's identifier and its current keys.
pub(super) struct Issuer {
    pub(super) identifier: String,
    keys: JwkSet,
    read_at: Instant,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    #[error("read {url}: {cause}")]
    Fetch { url: String, cause: String },
    #[error("the issuer has no key with the token's key id")]
    NoSuchKey,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

pub(super) struct IssuerKeys {
    loopback: reqwest::Client,
    elsewhere: reqwest::Client,
    /// By discovery URL. Locked while fetching, so that a crowd asks once.
    known: Mutex<HashMap<String, Arc<Issuer>>>,
}

impl IssuerKeys {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        install_tls_provider();
        let elsewhere = reqwest::Client::builder().timeout(FETCH_LIMIT).build()?;
        Ok(Self { loopback: loopback_client()?, elsewhere, known: Mutex::default() })
    }

    /// The issuer and its key of that id. Without an id the issuer's only key counts.
    pub(super) async fn find(&self, discovery_url: &str, key_id: Option<&str>) -> Result<(Arc<Issuer>, Jwk), KeyError> {
        let mut known = self.known.lock().await;
        if let Some(issuer) = known.get(discovery_url) {
            let key = issuer.key(key_id).filter(|_| issuer.read_at.elapsed() < FRESH);
            if let Some(key) = key {
                return Ok((issuer.clone(), key.clone()));
            }
            if issuer.read_at.elapsed() < REFETCH_PAUSE {
                return Err(KeyError::NoSuchKey);
            }
        }
        let issuer = Arc::new(self.fetch(discovery_url).await?);
        known.insert(discovery_url.into(), issuer.clone());
        let key = issuer.key(key_id).cloned().ok_or(KeyError::NoSuchKey)?;
        Ok((issuer, key))
    }

    async fn fetch(&self, discovery_url: &str) -> Result<Issuer, KeyError> {
        let Discovery { issuer, jwks_uri } = self.get(discovery_url).await?;
        let keys = self.get(&jwks_uri).await?;
        Ok(Issuer { identifier: issuer, keys, read_at: Instant::now() })
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, KeyError> {
        let failed = |error: reqwest::Error| KeyError::Fetch { url: url.into(), cause: error.to_string() };
        let client = if is_loopback(url) { &self.loopback } else { &self.elsewhere };
        let answer = client.get(url).timeout(FETCH_LIMIT).send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(failed)?.json().await.map_err(failed)
    }
}

impl Issuer {
    fn key(&self, key_id: Option<&str>) -> Option<&Jwk> {
        match (key_id, &self.keys.keys[..]) {
            (Some(key_id), _) => self.keys.find(key_id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// Such addresses are never reached through a proxy.
fn is_loopback(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    match host {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
