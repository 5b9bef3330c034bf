//! The smoke test: uses a deployed system as a user would and names the link
//! that is broken.
//!
//! Asks through the same client library that people chat with, and speaks to
//! the gateway with an MCP client of its own. Knows nothing of AWS clients.

mod agent;
mod gateway;
mod issuer;
mod links;
mod report;
mod token;
mod walk;

pub use issuer::check_issuer;
pub use links::{answers_a_question, lists_tools, reports_health};
pub use report::{Link, Outcome, Report};
pub use token::{TokenRequest, client_credentials_token};
pub use walk::{Subject, verify};
