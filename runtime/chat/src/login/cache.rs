//! Tokens on disk: one file per issuer and client, readable by its owner alone.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::issuer::Account;
use crate::{failure::Failure, token::Token};

/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// The tokens of one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTokens {
    pub account: Account,
    pub access_token: Token,
    pub refresh_token: Option<Token>,
    /// Seconds since 1970; unknown when the issuer does not say.
    pub expires_at: Option<u64>,
}

impl StoredTokens {
    /// Whether the access token can still be used for a while.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        let margin_from_now = (now + MARGIN).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.expires_at.is_none_or(|expiry| expiry > margin_from_now)
    }
}

/// The folder that holds the files.
#[derive(Debug, Clone)]
pub struct TokenCache {
    folder: PathBuf,
}

impl TokenCache {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The file of an issuer and client; its name is a hash and tells nothing.
    pub fn path(&self, account: &Account) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(account.issuer.as_bytes());
        hash.update([0]);
        hash.update(account.client_id.as_bytes());
        self.folder.join(format!("{}.json", hex::encode(hash.finalize())))
    }

    /// The tokens of an account. A file that is absent, damaged or for other
    /// scopes is as good as none: the next login writes it again.
    ///
    /// # Errors
    /// `login/cache` when the file is there and cannot be read.
    pub fn load(&self, account: &Account) -> Result<Option<StoredTokens>, Failure> {
        let path = self.path(account);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let tokens = serde_json::from_str::<File>(&text).ok().and_then(|file| file.into_tokens().ok());
        Ok(tokens.filter(|tokens| tokens.account == *account))
    }

    /// Replaces the file in one step, so that another client never reads half of it.
    ///
    /// # Errors
    /// `login/cache` when the folder or the file cannot be written.
    pub fn save(&self, tokens: &StoredTokens) -> Result<(), Failure> {
        let path = self.path(&tokens.account);
        let text = serde_json::to_vec_pretty(&File::from(tokens)).map_err(|error| failed("write", &path, &error))?;
        write_private(&path, &text).map_err(|error| failed("write", &path, &error))
    }

    /// Waits until no other client renews this account's tokens; dropping the file gives way.
    ///
    /// # Errors
    /// `login/cache` when the lock file cannot be made.
    pub async fn lock(&self, account: &Account) -> Result<fs::File, Failure> {
        let path = self.path(account).with_extension("lock");
        let locked = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || lock_file(&path)).await.map_err(std::io::Error::other)
        };
        locked.and_then(|file| file).map_err(|error| failed("lock", &path, &error))
    }

    /// True when there was a file to remove.
    ///
    /// # Errors
    /// `login/cache` when it cannot be removed.
    pub fn remove(&self, account: &Account) -> Result<bool, Failure> {
        let path = self.path(account);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("remove", &path, &error)),
        }
    }
}

/// The file's form. The one place where tokens become text.
#[derive(Serialize, Deserialize)]
struct File {
    issuer: String,
    client_id: String,
    scopes: Vec<String>,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

impl From<&StoredTokens> for File {
    fn from(tokens: &StoredTokens) -> Self {
        Self {
            issuer: tokens.account.issuer.clone(),
            client_id: tokens.account.client_id.clone(),
            scopes: tokens.account.scopes.clone(),
            access_token: tokens.access_token.expose().into(),
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().into()),
            expires_at: tokens.expires_at,
        }
    }
}

impl File {
    fn into_tokens(self) -> Result<StoredTokens, Failure> {
        let origin = "the token cache";
        Ok(StoredTokens {
            account: Account { issuer: self.issuer, client_id: self.client_id, scopes: self.scopes },
            access_token: Token::parse(&self.access_token, origin)?,
            refresh_token: self.refresh_token.map(|token| Token::parse(&token, origin)).transpose()?,
            expires_at: self.expires_at,
        })
    }
}

fn failed(verb: &str, path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new("login/cache", format!("{verb} token file {}", path.display()), error)
}

fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let draft = folder.join(format!(".{}.draft", uuid::Uuid::new_v4()));
    let written = create_private_file(&draft)
        .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn lock_file(path: &Path) -> std::io::Result<fs::File> {
    create_private_folder(path.parent().unwrap_or(Path::new(".")))?;
    let file = private(fs::OpenOptions::new().create(true).append(true)).open(path)?;
    file.lock()?;
    Ok(file)
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_private_file(path: &Path) -> std::io::Result<fs::File> {
    private(fs::OpenOptions::new().write(true).create_new(true)).open(path)
}

fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(access: &str) -> StoredTokens {
        StoredTokens {
            account: Account {
                issuer: "https://issuer.example".into(),
                client_id: "chat".into(),
                scopes: vec!["openid".into()],
            },
            access_token: Token::parse(access, "a test").unwrap(),
            refresh_token: Some(Token::parse("refresh-secret", "a test").unwrap()),
            expires_at: Some(1_790_000_000),
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(folder.path().join("tokens"));
        cache.save(&tokens("one")).unwrap();
        cache.save(&tokens("two")).unwrap();
        let path = cache.path(&tokens("one").account);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn what_was_saved_is_loaded_for_the_same_account_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TokenCache::new(folder.path());
        let saved = tokens("one");
        cache.save(&saved).unwrap();
        assert_eq!(cache.load(&saved.account).unwrap(), Some(saved.clone()));
        let other_client = Account { client_id: "other".into(), ..saved.account.clone() };
        let other_scopes = Account { scopes: vec!["openid".into(), "email".into()], ..saved.account.clone() };
        assert_eq!(cache.load(&other_client).unwrap(), None);
        assert_eq!(cache.load(&other_scopes).unwrap(), None);
        assert!(cache.remove(&saved.account).unwrap());
        assert!(!cache.remove(&saved.account).unwrap());
    }

    #[test]
    fn a_token_is_not_fresh_in_its_last_minute() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(tokens("one").is_fresh(at(1_790_000_000 - 61)));
        assert!(!tokens("one").is_fresh(at(1_790_000_000 - 60)));
    }

    #[test]
    fn debug_shows_no_token() {
        let text = format!("{:?}", tokens("access-secret"));
        assert!(!text.contains("secret"), "{text}");
    }
}
