//! What a user has granted: authorization codes, which live a minute, and
//! refresh tokens, which rotate and survive a restart.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::clients::random_text;
use crate::state_file::{self, StateError};

const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// An unused refresh token dies after a week.
const REFRESH_LIFETIME: time::Duration = time::Duration::days(7);

/// A login's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) client_id: String,
    /// The user's login name.
    pub(super) user: String,
    pub(super) scopes: Vec<String>,
    /// Seconds since 1970.
    pub(super) auth_time: i64,
}

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct CodeGrant {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) nonce: Option<String>,
    /// S256 (RFC 7636).
    pub(super) code_challenge: String,
}

/// Kept under the SHA-256 of the token; the token itself is nowhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refresh {
    grant: Grant,
    /// All tokens that descend from one login.
    family: String,
    expires_at: i64,
    /// Used ones stay, so that a second use is noticed.
    used: bool,
}

pub(super) struct Grants {
    path: PathBuf,
    codes: Mutex<HashMap<String, (CodeGrant, Instant)>>,
    refresh: Mutex<BTreeMap<String, Refresh>>,
}

impl Grants {
    /// Reads `<state_dir>/issuer/refresh-tokens.json`.
    pub(super) fn open(state_dir: &Path) -> Result<Self, StateError> {
        let path = state_dir.join("issuer/refresh-tokens.json");
        let refresh = Mutex::new(state_file::read_json(&path)?.unwrap_or_default());
        Ok(Self { path, codes: Mutex::default(), refresh })
    }

    pub(super) fn issue_code(&self, grant: CodeGrant) -> String {
        let code = random_text();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, (_, made)| made.elapsed() < CODE_LIFETIME);
        codes.insert(code.clone(), (grant, Instant::now()));
        code
    }

    /// A code works once, even if the request that brings it fails.
    pub(super) fn redeem_code(&self, code: &str) -> Option<CodeGrant> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.remove(code).filter(|(_, made)| made.elapsed() < CODE_LIFETIME).map(|(grant, _)| grant)
    }

    /// The first refresh token of a login.
    pub(super) fn issue_refresh(&self, grant: Grant) -> Result<String, StateError> {
        self.change(|tokens| insert(tokens, grant, random_text()))
    }

    /// Trades a refresh token for its grant and successor. A second use revokes
    /// the whole family: one of the two users is a thief (RFC 9700, section 4.14).
    pub(super) fn rotate(&self, token: &str, client_id: &str) -> Result<Option<(Grant, String)>, StateError> {
        self.change(|tokens| {
            let found = tokens.get_mut(&digest(token)).filter(|found| found.grant.client_id == client_id)?;
            if found.used {
                let family = found.family.clone();
                tokens.retain(|_, other| other.family != family);
                return None;
            }
            found.used = true;
            let (grant, family) = (found.grant.clone(), found.family.clone());
            let successor = insert(tokens, grant.clone(), family);
            Some((grant, successor))
        })
    }

    fn change<R>(&self, edit: impl FnOnce(&mut BTreeMap<String, Refresh>) -> R) -> Result<R, StateError> {
        let mut tokens = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        tokens.retain(|_, refresh| refresh.expires_at > now);
        let result = edit(&mut tokens);
        state_file::write_json(&self.path, &*tokens)?;
        Ok(result)
    }
}

fn insert(tokens: &mut BTreeMap<String, Refresh>, grant: Grant, family: String) -> String {
    let token = random_text();
    let expires_at = (OffsetDateTime::now_utc() + REFRESH_LIFETIME).unix_timestamp();
    tokens.insert(digest(&token), Refresh { grant, family, expires_at, used: false });
    token
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant { client_id: "chat-local".into(), user: "u".into(), scopes: vec![], auth_time: 0 }
    }

    #[test]
    fn a_refresh_token_used_twice_revokes_its_successors() {
        let folder = tempfile::tempdir().unwrap();
        let grants = Grants::open(folder.path()).unwrap();
        let first = grants.issue_refresh(grant()).unwrap();
        let (_, second) = grants.rotate(&first, "chat-local").unwrap().unwrap();
        assert!(grants.rotate(&first, "chat-local").unwrap().is_none());
        assert!(grants.rotate(&second, "chat-local").unwrap().is_none());
    }

    #[test]
    fn refresh_tokens_survive_a_restart_and_are_not_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let token = Grants::open(folder.path()).unwrap().issue_refresh(grant()).unwrap();
        let file = std::fs::read_to_string(folder.path().join("issuer/refresh-tokens.json")).unwrap();
        assert!(!file.contains(&token));
        let reopened = Grants::open(folder.path()).unwrap();
        assert!(reopened.rotate(&token, "another-client").unwrap().is_none());
        assert_eq!(reopened.rotate(&token, "chat-local").unwrap().unwrap().0, grant());
    }
}
