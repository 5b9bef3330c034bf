//! Who sent a request.

use super::Owner;
use crate::token::Token;

/// A caller, verified.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whom the caller's conversations belong to.
    pub owner: Owner,
    /// The token that [`TokenVerifier`](super::TokenVerifier) found good; it opens the gateway for this request.
    pub token: Option<Token>,
}
