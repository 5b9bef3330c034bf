//! An issuer's signing keys, kept in the process. They are public and the same for every caller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::jwk::Jwk;
use time::{Duration, OffsetDateTime};

use super::TokenFault;
use super::discovery::{Discovery, Published};
use super::signature::{TokenHeader, fits};
use crate::failure::{Code, Failure};

/// After this the issuer is asked again, so that a key that it withdrew is refused within the hour.
const FRESH: Duration = Duration::hours(1);
/// While the issuer cannot be reached its last keys stay good so long: no access token of Okta or Cognito lives
/// longer than a day, so whoever is logged in stays so, and an outage lets in nobody who was not.
const GOOD: Duration = Duration::hours(24);
/// A token with an unknown key does not make the issuer busy, whoever sends it.
const PAUSE: Duration = Duration::seconds(30);
/// Nobody can log in without keys, so a first failure is tried again sooner.
const PAUSE_WITHOUT_KEYS: Duration = Duration::seconds(3);

/// The keys of one issuer.
pub struct IssuerKeys {
    discovery: Discovery,
    known: Mutex<Option<Arc<KeySet>>>,
    /// Held while the issuer is asked, so that a crowd asks once.
    last_attempt: tokio::sync::Mutex<Option<Attempt>>,
}

struct KeySet {
    published: Published,
    read_at: OffsetDateTime,
}

struct Attempt {
    at: OffsetDateTime,
    failure: Option<Failure>,
}

/// The key for one token.
#[derive(Debug, Clone)]
pub struct IssuerKey {
    /// As the issuer spells itself.
    pub issuer: String,
    pub key: Jwk,
}

impl IssuerKeys {
    pub fn new(discovery: Discovery) -> Self {
        Self { discovery, known: Mutex::default(), last_attempt: tokio::sync::Mutex::default() }
    }

    /// The key that a token with this header must be signed with.
    ///
    /// # Errors
    /// `token/refused` when the issuer has no such key, `token/issuer-unavailable` when it cannot be asked.
    pub async fn find(&self, wanted: &TokenHeader, now: OffsetDateTime) -> Result<IssuerKey, Failure> {
        if let Some(key) = self.kept(wanted, now, FRESH) {
            return Ok(key);
        }
        let mut last = self.last_attempt.lock().await;
        // Another request may have read the keys while this one waited.
        if let Some(key) = self.kept(wanted, now, FRESH) {
            return Ok(key);
        }
        let recent = last.as_ref().is_some_and(|attempt| age(attempt.at, now) < self.pause());
        if !recent {
            *last = Some(Attempt { at: now, failure: self.ask(now).await.err() });
        }
        let failure = last.as_ref().and_then(|attempt| attempt.failure.clone());
        let kept_so_long = if failure.is_some() { GOOD } else { FRESH };
        self.kept(wanted, now, kept_so_long).ok_or_else(|| failure.unwrap_or_else(|| TokenFault::UnknownKey.into()))
    }

    fn kept(&self, wanted: &TokenHeader, now: OffsetDateTime, limit: Duration) -> Option<IssuerKey> {
        let known = self.known().clone();
        let known = known.filter(|known| age(known.read_at, now) < limit)?;
        let key = pick(&known.published.keys, wanted)?.clone();
        Some(IssuerKey { issuer: known.published.issuer.clone(), key })
    }

    fn pause(&self) -> Duration {
        if self.known().is_some() { PAUSE } else { PAUSE_WITHOUT_KEYS }
    }

    async fn ask(&self, now: OffsetDateTime) -> Result<(), Failure> {
        let published = self.discovery.read().await.map_err(|cause| {
            tracing::warn!("the keys of the token issuer could not be read: {cause}");
            Failure::new(Code::TokenIssuerUnavailable, format!("read the token issuer's keys: {cause}"))
                .hint("try again; when it lasts, check the issuer's discovery address in the environment's file")
        })?;
        *self.known() = Some(Arc::new(KeySet { published, read_at: now }));
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<KeySet>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of the token's key id, or without one the only key that fits (RFC 7515, section 4.1.4, leaves both open).
fn pick<'a>(keys: &'a [Jwk], wanted: &TokenHeader) -> Option<&'a Jwk> {
    let fitting = || keys.iter().filter(|key| fits(key, wanted.algorithm));
    match &wanted.key_id {
        // A key of that id and another type is picked too: the signature's check then says that they differ.
        Some(id) => {
            let of_id = |key: &&Jwk| key.common.key_id.as_ref() == Some(id);
            fitting().find(of_id).or_else(|| keys.iter().find(of_id))
        }
        None => fitting().next().filter(|_| fitting().count() == 1),
    }
}

/// A clock that was set back must not make old keys young.
fn age(since: OffsetDateTime, now: OffsetDateTime) -> Duration {
    (now - since).abs()
}
