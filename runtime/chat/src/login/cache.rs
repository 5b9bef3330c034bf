//! Tokens between two runs, one entry per issuer and client: in the system's
//! keyring, or in a file of which the owner alone can read.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};

use super::{
    issuer::Account,
    keyring::{self, Unavailable},
    store::TokenStore,
    tokens::StoredTokens,
};
use crate::{failure::Failure, notices::Notices, private_file};

/// Where the tokens are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokenCache {
    store: TokenStore,
    folder: PathBuf,
    notices: Notices,
    /// Why the keyring is not asked again in this run: a person who did not unlock it is not asked at every request.
    without_keyring: Arc<OnceLock<String>>,
}

impl TokenCache {
    /// Files in this folder only.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::kept_in(TokenStore::File, folder, Notices::new(|_| {}))
    }

    /// `folder` is for the files and for the locks; `notices` hears when the weaker place is taken.
    pub fn kept_in(store: TokenStore, folder: impl Into<PathBuf>, notices: Notices) -> Self {
        Self { store, folder: folder.into(), notices, without_keyring: Arc::default() }
    }

    /// The file of an issuer and client; its name is a hash and tells nothing.
    pub fn path(&self, account: &Account) -> PathBuf {
        self.folder.join(format!("{}.json", entry_name(account)))
    }

    /// The tokens of an account. An entry that is absent, damaged or for other
    /// scopes is as good as none: the next login writes it again. Where both
    /// places have one, that which lives longer is the later.
    ///
    /// # Errors
    /// `login/cache` when a file is there and cannot be read, `login/keyring`
    /// when nothing but the keyring may be used and it does not answer.
    pub async fn load(&self, account: &Account) -> Result<Option<StoredTokens>, Failure> {
        let places = [self.keyring_text(account).await?, self.file_text(account)?];
        let kept = places.iter().flatten().filter_map(|text| StoredTokens::from_text(text));
        Ok(kept.filter(|tokens| tokens.account == *account).max_by_key(|tokens| tokens.expires_at))
    }

    /// Replaces the account's entry.
    ///
    /// # Errors
    /// `login/cache` when the file cannot be written, `login/keyring` when nothing
    /// but the keyring may be used and it does not take it.
    pub async fn save(&self, tokens: &StoredTokens) -> Result<(), Failure> {
        let (name, path) = (entry_name(&tokens.account), self.path(&tokens.account));
        let text = tokens.to_text().map_err(|error| failed("write", &path, &error))?;
        match self.store {
            TokenStore::File => write_file(&path, &text),
            TokenStore::Keyring => {
                keyring::write(&name, text).await.map_err(|unavailable| refused("write to", &unavailable))
            }
            TokenStore::Automatic => self.save_where_it_is_safest(&name, &path, text).await,
        }
    }

    async fn save_where_it_is_safest(&self, name: &str, path: &Path, text: String) -> Result<(), Failure> {
        if self.without_keyring.get().is_none() {
            match keyring::write(name, text.clone()).await {
                // What an earlier run had to put into the weaker place must not stay there.
                Ok(()) => return remove_file(path).map(|_| ()),
                Err(unavailable) => self.give_up_keyring(&unavailable),
            }
        }
        if !path.exists() {
            self.notices.show(&self.weaker_place(path));
        }
        write_file(path, &text)
    }

    fn give_up_keyring(&self, unavailable: &Unavailable) {
        // Set already: then the first reason stands.
        let _ = self.without_keyring.set(unavailable.to_string());
    }

    fn weaker_place(&self, path: &Path) -> String {
        let reason = self.without_keyring.get().map_or("", String::as_str);
        format!(
            "no system keyring keeps the tokens ({reason}): they are in the file {}, which only you can read",
            path.display()
        )
    }

    /// Waits until no other client renews this account's tokens; dropping the file gives way.
    ///
    /// # Errors
    /// `login/cache` when the lock file cannot be made.
    pub async fn lock(&self, account: &Account) -> Result<fs::File, Failure> {
        let path = self.path(account).with_extension("lock");
        let locked = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || private_file::lock(&path)).await.map_err(std::io::Error::other)
        };
        locked.and_then(|file| file).map_err(|error| failed("lock", &path, &error))
    }

    /// Empties both places; true when there was something in one.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn remove(&self, account: &Account) -> Result<bool, Failure> {
        let in_file = remove_file(&self.path(account))?;
        if self.store == TokenStore::File && account.is_local() {
            return Ok(in_file);
        }
        match keyring::remove(&entry_name(account)).await {
            Ok(in_keyring) => Ok(in_file || in_keyring),
            Err(unavailable) if self.store == TokenStore::Keyring => Err(refused("remove from", &unavailable)),
            Err(_) => Ok(in_file),
        }
    }

    async fn keyring_text(&self, account: &Account) -> Result<Option<String>, Failure> {
        if self.store == TokenStore::File || self.without_keyring.get().is_some() {
            return Ok(None);
        }
        match keyring::read(&entry_name(account)).await {
            Ok(text) => Ok(text),
            Err(unavailable) if self.store == TokenStore::Keyring => Err(refused("read from", &unavailable)),
            Err(unavailable) => {
                self.give_up_keyring(&unavailable);
                Ok(None)
            }
        }
    }

    fn file_text(&self, account: &Account) -> Result<Option<String>, Failure> {
        if self.store == TokenStore::Keyring {
            return Ok(None);
        }
        let path = self.path(account);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }
}

/// Of a file and of a keyring entry; a hash, which tells nothing.
fn entry_name(account: &Account) -> String {
    let mut hash = Sha256::new();
    hash.update(account.issuer.as_bytes());
    hash.update([0]);
    hash.update(account.client_id.as_bytes());
    hex::encode(hash.finalize())
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    private_file::write(path, text.as_bytes()).map_err(|error| failed("write", path, &error))
}

/// True when there was one.
fn remove_file(path: &Path) -> Result<bool, Failure> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("remove", path, &error)),
    }
}

fn failed(verb: &str, path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new("login/cache", format!("{verb} token file {}", path.display()), error)
}

fn refused(verb: &str, unavailable: &Unavailable) -> Failure {
    Failure::new("login/keyring", format!("{verb} the system keyring"), unavailable)
        .hint("unlock or start it, or keep the tokens in a file with --token-store file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::tokens::sample;

    #[tokio::test]
    async fn what_was_saved_is_loaded_for_the_same_account_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(folder.path());
        let mut saved = sample("one");
        saved.account.issuer = "http://127.0.0.1:9/issuer".into();
        cache.save(&saved).await.unwrap();
        assert_eq!(cache.load(&saved.account).await.unwrap(), Some(saved.clone()));
        let other_client = Account { client_id: "other".into(), ..saved.account.clone() };
        let other_scopes = Account { scopes: vec!["openid".into(), "email".into()], ..saved.account.clone() };
        assert_eq!(cache.load(&other_client).await.unwrap(), None);
        assert_eq!(cache.load(&other_scopes).await.unwrap(), None);
        assert!(cache.remove(&saved.account).await.unwrap());
        assert!(!cache.remove(&saved.account).await.unwrap());
    }
}
