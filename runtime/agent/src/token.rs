//! The user's access token: taken from a request, sent to the gateway, dropped.

use crate::failure::{Code, Failure};

/// A bearer token. It lives for one request and prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Reads a token, with or without `Bearer` in front; none when there is only space.
    /// Refuses what cannot stand in an HTTP header.
    pub fn parse(text: &str) -> Result<Option<Self>, Failure> {
        let trimmed = text.trim();
        let token = match trimmed.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => trimmed,
        };
        if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Failure::new(Code::RequestToken, "the token holds characters that no access token has")
                .hint("send the token alone, without quotes or line breaks"));
        }
        Ok((!token.is_empty()).then(|| Self(token.to_owned())))
    }

    /// The token itself, for the one request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_with_and_without_its_scheme() {
        for text in ["abc.def", " abc.def\n", "Bearer abc.def", "bearer  abc.def"] {
            assert_eq!(Token::parse(text).unwrap().unwrap().expose(), "abc.def");
        }
        assert_eq!(Token::parse("  ").unwrap(), None);
    }

    #[test]
    fn a_token_with_a_line_break_inside_is_refused_without_being_repeated() {
        let failure = Token::parse("abc\r\nx-other: 1").unwrap_err();
        assert_eq!(failure.code, Code::RequestToken);
        assert!(!failure.to_string().contains("abc"));
    }

    #[test]
    fn a_token_is_not_in_debug_output() {
        assert!(!format!("{:?}", Token::parse("eyJsecret").unwrap()).contains("eyJ"));
    }
}
