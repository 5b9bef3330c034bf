//! The `chat` client: a person's or a script's way to a deployed agent.
//!
//! It finds the connection, gets the user's token from the issuer, signs the
//! request with SigV4 and shows the answer as it streams in. It knows the
//! contract and nothing else of the system.

pub mod agent_client;
pub mod answer;
pub mod arguments;
pub mod commands;
pub mod connection;
pub mod credentials;
pub mod directories;
pub mod failure;
mod http_client;
pub mod login;
pub mod notices;
mod private_file;
pub mod prompt;
mod refusal;
mod run;
pub mod serve;
pub mod session;
pub mod settings;
pub mod stream;
pub mod token;
pub mod view;

pub use agent_client::AgentClient;
pub use failure::Failure;
pub use run::run;
pub use token::Token;
