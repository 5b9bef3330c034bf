//! The `chat` client: a person's or a script's way to a deployed agent.
//!
//! It finds the connection, gets the user's token from the issuer, signs the
//! request with SigV4 and shows the answer as it streams in. It knows the
//! contract and nothing else of the system.

mod agent_client;
mod answer;
mod arguments;
mod browser;
mod commands;
mod connection;
mod credentials;
mod directories;
mod failure;
mod http_client;
pub mod login;
mod notices;
mod private_file;
mod prompt;
mod refusal;
mod run;
mod serve;
mod session;
mod settings;
mod stream;
mod token;
mod view;

pub use agent_client::AgentClient;
pub use failure::Failure;
pub use notices::Notices;
pub use run::run;
pub use stream::AnswerStream;
pub use token::Token;
