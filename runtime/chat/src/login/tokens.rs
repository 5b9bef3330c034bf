//! The tokens of one login, and the one place where they become text.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

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

    /// As they are kept.
    pub(super) fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&Kept::from(self))
    }

    /// Damaged text is as good as none: the next login writes it again.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str::<Kept>(text).ok()?.into_tokens().ok()
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    client_id: String,
    scopes: Vec<String>,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

impl From<&StoredTokens> for Kept {
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

impl Kept {
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

#[cfg(test)]
pub(super) fn sample(access: &str) -> StoredTokens {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_fresh_in_its_last_minute() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(sample("one").is_fresh(at(1_790_000_000 - 61)));
        assert!(!sample("one").is_fresh(at(1_790_000_000 - 60)));
    }

    #[test]
    fn tokens_survive_being_kept_and_damaged_text_is_none() {
        let tokens = sample("one");
        let text = tokens.to_text().unwrap();
        assert_eq!(StoredTokens::from_text(&text), Some(tokens));
        assert_eq!(StoredTokens::from_text(&text[..text.len() / 2]), None);
    }

    #[test]
    fn debug_shows_no_token() {
        let text = format!("{:?}", sample("access-secret"));
        assert!(!text.contains("secret"), "{text}");
    }
}
