//! The user's token: where it comes from, how it is renewed, where it is kept.
//!
//! The issuer is known by OpenID Connect discovery alone. A person logs in by
//! authorization code with PKCE (RFC 7636) and a loopback redirect (RFC 8252), or
//! by device code (RFC 8628) where there is no browser.

mod cache;
mod code_flow;
mod device_flow;
mod discovery;
mod http;
mod issuer;
mod keyring;
mod redirect;
mod source;
mod store;
mod tokens;
mod way;

pub use cache::TokenCache;
pub use code_flow::Approval;
pub use issuer::{Account, Issuer};
pub use source::{LoggedOut, MayLogIn, TokenSource};
pub use store::TokenStore;
pub use tokens::StoredTokens;
pub use way::LoginWay;
