//! The port to the issuer: whether a token is good, and whose it is.

use futures::future::BoxFuture;

use crate::failure::Failure;
use crate::token::Token;

/// Verifies access tokens: signature, issuer, audience, times and the environment's own rules.
pub trait TokenVerifier: Send + Sync {
    /// Fails with `token/*` for a token that is not good, and with `token/issuer-unavailable` when the
    /// issuer's keys cannot be read. No failure holds anything of the token.
    fn verify<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Verification, Failure>>;
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The claim `iss`, equal to the configured issuer.
    pub issuer: String,
    /// The claim `sub`.
    pub subject: String,
}
