//! Whether the gateway will accept a token: its claims, read without trusting
//! them, against the authorizer's settings. The advice rests on what issuers
//! really put into tokens. No text that comes from here holds the token.

mod claims;
mod judge;

pub use claims::{Claims, Unreadable};
pub use judge::{TokenFault, TokenSummary, judge};
