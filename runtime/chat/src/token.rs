//! An access or refresh token: readable only on purpose, never through Debug.

use std::{fmt, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::failure::Failure;

/// A secret string that can travel in an HTTP header.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as a person or a file gives it: surrounding blanks and a
    /// leading `Bearer ` are dropped. `origin` says where it came from.
    ///
    /// # Errors
    /// `token/malformed` when it is empty or holds anything but visible ASCII.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        let malformed = |cause| Failure::new("token/malformed", format!("take the token from {origin}"), cause);
        if text.is_empty() {
            return Err(malformed("it is empty"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("it holds blanks or characters that no token has"));
        }
        Ok(Self(text.into()))
    }

    /// # Errors
    /// `token/unreadable` when the file cannot be read, else as [`Self::parse`].
    pub fn from_file(path: &Path) -> Result<Self, Failure> {
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new("token/unreadable", format!("read token file {origin}"), error))?;
        Self::parse(&text, &origin)
    }

    /// The secret itself, for the one place that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The `exp` claim in seconds since 1970 when the token is a JWT. Unverified:
    /// good for deciding when to refresh, for nothing else.
    pub fn expires_at(&self) -> Option<u64> {
        let payload = self.0.split('.').nth(1)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        claims.get("exp")?.as_u64()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let token = Token::parse("eyJsecret", "a test").unwrap();
        assert_eq!(format!("{token:?}"), "Token(<redacted>)");
    }

    #[test]
    fn blanks_and_bearer_around_a_token_are_dropped() {
        assert_eq!(Token::parse(" Bearer abc.def\n", "a test").unwrap().expose(), "abc.def");
    }

    #[test]
    fn a_malformed_token_is_refused_without_showing_it() {
        let failure = Token::parse("top secret", "a test").unwrap_err();
        assert_eq!(failure.code(), "token/malformed");
        assert!(!failure.to_string().contains("secret"));
    }

    #[test]
    fn expiry_of_a_jwt_is_its_exp_claim() {
        let jwt = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"exp":1790000000}"#));
        assert_eq!(Token::parse(&jwt, "a test").unwrap().expires_at(), Some(1_790_000_000));
        assert_eq!(Token::parse("opaque", "a test").unwrap().expires_at(), None);
    }
}
