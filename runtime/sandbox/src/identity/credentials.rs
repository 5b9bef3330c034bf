//! The access keys that the sandbox knows, each with its secret and its owner.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use contract::connection::{LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::CallerKind;
use crate::state_file::{self, StateError};

/// The emulator's account.
pub const ROOT_ACCOUNT: &str = "000000000000";

/// A key pair and whose it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Temporary credentials only.
    pub session_token: Option<String>,
    /// Seconds since 1970; None for keys that do not expire.
    pub expires_at: Option<i64>,
    pub principal: Principal,
    /// False after UpdateAccessKey has switched the key off.
    pub active: bool,
}

/// Leaves secret and token out.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("principal", &self.principal)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub kind: CallerKind,
    pub account: String,
    pub arn: String,
    pub user_id: String,
    /// ARN of the user or role whose policies decide; None where the emulator
    /// cannot evaluate them, and then everything is denied but to root.
    pub policy_source_arn: Option<String>,
}

impl Credentials {
    fn root() -> Self {
        Self {
            access_key_id: LOCAL_ACCESS_KEY_ID.into(),
            secret_access_key: LOCAL_SECRET_ACCESS_KEY.into(),
            session_token: None,
            expires_at: None,
            principal: Principal {
                kind: CallerKind::Root,
                account: ROOT_ACCOUNT.into(),
                arn: format!("arn:aws:iam::{ROOT_ACCOUNT}:root"),
                user_id: ROOT_ACCOUNT.into(),
                policy_source_arn: None,
            },
            active: true,
        }
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now.unix_timestamp())
    }
}

/// Known credentials by access key id, kept in a file.
pub(super) struct CredentialStore {
    path: PathBuf,
    known: RwLock<BTreeMap<String, Credentials>>,
}

impl CredentialStore {
    pub(super) fn open(state_dir: &Path) -> Result<Self, StateError> {
        let path = state_dir.join("identity/credentials.json");
        let mut known: BTreeMap<String, Credentials> = state_file::read_json(&path)?.unwrap_or_default();
        let now = OffsetDateTime::now_utc();
        known.retain(|_, credentials| !credentials.is_expired(now));
        Ok(Self { path, known: RwLock::new(known) })
    }

    pub(super) fn find(&self, access_key_id: &str) -> Option<Credentials> {
        if access_key_id == LOCAL_ACCESS_KEY_ID {
            return Some(Credentials::root());
        }
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(access_key_id).cloned()
    }

    pub(super) fn learn(&self, credentials: Credentials) -> Result<(), StateError> {
        self.change(|known| {
            known.insert(credentials.access_key_id.clone(), credentials);
        })
    }

    pub(super) fn forget(&self, access_key_id: &str) -> Result<(), StateError> {
        self.change(|known| {
            known.remove(access_key_id);
        })
    }

    pub(super) fn set_active(&self, access_key_id: &str, active: bool) -> Result<(), StateError> {
        self.change(|known| {
            if let Some(credentials) = known.get_mut(access_key_id) {
                credentials.active = active;
            }
        })
    }

    /// Written while the lock is held, so that the file never goes back in time.
    fn change(&self, edit: impl FnOnce(&mut BTreeMap<String, Credentials>)) -> Result<(), StateError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let now = OffsetDateTime::now_utc();
        known.retain(|_, credentials| !credentials.is_expired(now));
        edit(&mut known);
        state_file::write_json(&self.path, &*known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_key(expires_at: Option<i64>) -> Credentials {
        let mut credentials = Credentials::root();
        credentials.access_key_id = "AKIAUSER".into();
        credentials.expires_at = expires_at;
        credentials
    }

    #[test]
    fn learnt_keys_survive_a_restart_until_they_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        CredentialStore::open(folder.path()).unwrap().learn(user_key(None)).unwrap();
        let reopened = CredentialStore::open(folder.path()).unwrap();
        assert!(reopened.find("AKIAUSER").is_some());
        reopened.forget("AKIAUSER").unwrap();
        assert!(CredentialStore::open(folder.path()).unwrap().find("AKIAUSER").is_none());
    }

    #[test]
    fn expired_keys_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        CredentialStore::open(folder.path()).unwrap().learn(user_key(Some(1))).unwrap();
        assert!(CredentialStore::open(folder.path()).unwrap().find("AKIAUSER").is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut credentials = user_key(None);
        credentials.secret_access_key = "hidden-secret".into();
        credentials.session_token = Some("hidden-token".into());
        assert!(!format!("{credentials:?}").contains("hidden"));
    }
}
