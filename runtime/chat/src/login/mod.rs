//! The user's token: where it comes from, how it is renewed, where it is kept.
//!
//! The issuer is known by OpenID Connect discovery alone. A person logs in by
//! authorization code with PKCE (RFC 7636) and a loopback redirect (RFC 8252).

mod cache;
mod code_flow;
mod http;
mod issuer;
mod redirect;
mod source;

pub use cache::{StoredTokens, TokenCache};
pub use code_flow::Approval;
pub use issuer::{Account, Issuer};
pub use source::{MayLogIn, TokenSource};
