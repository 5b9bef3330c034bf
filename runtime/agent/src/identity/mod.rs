//! Who is asking: the IAM principal that Lambda verified, and the user whose
//! access token this process verified itself. Nothing that is merely claimed is used.

mod discovery;
mod issuer;
mod keys;
mod owner;
mod port;
mod principal;
mod signature;
mod verdict;

#[cfg(test)]
mod fetching_tests;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod verdict_tests;

pub use issuer::IssuerVerifier;
pub use owner::Owner;
pub use port::{TokenVerifier, Verification};
pub use principal::Principal;
pub use verdict::TokenFault;

use crate::token::Token;

/// A caller, verified.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whom the caller's conversations belong to.
    pub owner: Owner,
    /// The token that [`TokenVerifier`] found good; it opens the gateway for this request.
    pub token: Option<Token>,
}
