//! What two sides of the system must agree on.
//!
//! The tool catalogue with its schemas, the agent's HTTP messages and chat
//! events, resource names, the connection file and the forms of errors on the
//! wire. Plain data and plain functions: no clock, no environment, no I/O, so
//! that the deployer, the functions and the client can all depend on it.

pub mod agent_settings;
pub mod catalogue;
pub mod chat;
pub mod connection;
pub mod error;
pub mod names;
pub mod openapi;
pub mod schema;
mod settings_variable;
pub mod token_rules;
pub mod tool_arguments;
pub mod tool_call;
pub mod tool_frame;
pub mod tool_listing;
pub mod tool_settings;

pub use agent_settings::AgentSettings;
pub use catalogue::{Tool, catalogue};
pub use connection::Connection;
pub use error::ErrorBody;
pub use names::Names;
pub use token_rules::TokenRules;
pub use tool_settings::ToolSettings;
