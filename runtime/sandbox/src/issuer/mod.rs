//! An OpenID Connect issuer with Okta's paths and claims, for local use.
//!
//! Stands in for an Okta custom authorization server named `default`. It knows
//! two clients and approves every login at once: it opens nothing but the local
//! platform, whose callers are on this machine already.

mod authorize;
mod claims;
mod clients;
mod device;
mod device_codes;
#[cfg(test)]
mod device_tests;
#[cfg(test)]
mod fixture;
mod grants;
mod oauth_error;
mod scopes;
mod server;
#[cfg(test)]
mod server_tests;
mod signing_key;
mod token_endpoint;

#[cfg(test)]
pub use clients::SMOKE_CLIENT_ID;
pub use server::Issuer;
