//! Who is asking: the IAM principal that Lambda verified, and the user whose
//! access token this process verified itself. Nothing that is merely claimed is used.

mod caller;
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

pub use caller::Caller;
pub use issuer::IssuerVerifier;
pub use owner::Owner;
pub use port::{TokenVerifier, Verification};
pub use principal::Principal;
pub use verdict::TokenFault;
