//! Fetches what an issuer publishes. What it means is judged in `deployer-core`.

use std::error::Error;
use std::time::Duration;

use deployer_core::issuer_check::{IssuerCheck, IssuerFault, judge_document, judge_keys};
use serde_json::Value;

const WELL_KNOWN_PATH: &str = "/.well-known/openid-configuration";

/// A discovery document or a key set is a few kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Looks at the discovery document and the keys, each within `deadline`.
pub async fn check_issuer(discovery_url: &str, deadline: Duration) -> IssuerCheck {
    let http = match reqwest::Client::builder().timeout(deadline).build() {
        Ok(http) => http,
        Err(error) => return IssuerCheck::Unanswered(chain(&error)),
    };
    look(&http, discovery_url).await.map_or_else(IssuerCheck::from, |keys| IssuerCheck::Sound { keys })
}

/// Why there is no good news: told by the issuer, or not told at all.
enum Trouble {
    Faulty(IssuerFault),
    Unanswered(String),
}

impl From<Trouble> for IssuerCheck {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Faulty(fault) => Self::Faulty(fault),
            Trouble::Unanswered(reason) => Self::Unanswered(reason),
        }
    }
}

impl From<IssuerFault> for Trouble {
    fn from(fault: IssuerFault) -> Self {
        Self::Faulty(fault)
    }
}

async fn look(http: &reqwest::Client, discovery_url: &str) -> Result<usize, Trouble> {
    let document = get(http, discovery_url, "discovery document").await?;
    let expected = discovery_url.strip_suffix(WELL_KNOWN_PATH).unwrap_or(discovery_url);
    let jwks_uri = judge_document(expected, &document)?;
    let keys = get(http, &jwks_uri, "signing keys").await?;
    Ok(judge_keys(&keys)?)
}

async fn get(http: &reqwest::Client, url: &str, what: &'static str) -> Result<Value, Trouble> {
    let unanswered = |error: reqwest::Error| Trouble::Unanswered(format!("get {url}: {}", chain(&error)));
    let mut answer = http.get(url).header("accept", "application/json").send().await.map_err(unanswered)?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(Trouble::Unanswered(format!("get {url}: HTTP {status}")));
    }
    if !status.is_success() {
        return Err(IssuerFault::unavailable(what, format!("HTTP {status} from {url}")).into());
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unanswered)? {
        body.extend_from_slice(&part);
        if body.len() > LARGEST_ANSWER {
            return Err(IssuerFault::unavailable(what, format!("more than 1 MB from {url}")).into());
        }
    }
    serde_json::from_slice(&body)
        .map_err(|error| IssuerFault::unavailable(what, format!("no JSON from {url}: {error}")).into())
}

/// The error with its causes: its own text only says that sending failed.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let detail = inner.to_string();
        if !text.contains(&detail) {
            text = format!("{text}: {detail}");
        }
        cause = inner.source();
    }
    text
}
