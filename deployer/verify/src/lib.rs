//! The smoke test: uses a deployed system as a user would and names the link
//! that is broken.
//!
//! Asks through the same client library that people chat with, and speaks to
//! the gateway with an MCP client of its own. Knows nothing of AWS clients.

mod agent;
mod gateway;
mod report;
mod token;
mod walk;

pub use report::{Link, Outcome, Report};
pub use token::{TokenRequest, client_credentials_token};
pub use walk::{Subject, verify};
