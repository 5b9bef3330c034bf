//! The agent on a web page of this machine.
//!
//! A server on 127.0.0.1 signs for the agent and holds the user's token; the page in the browser gets
//! neither. The page itself holds nothing worth hiding and is given to everybody who asks. Its API
//! wants a key, which the page gets with its address ([`door`]), and answers only requests of that
//! page ([`guard`]). What it asks of the agent goes through [`crate::agent_client::AgentClient`].

mod api;
mod door;
mod guard;
mod page;
mod refused;
mod server;

pub use server::Server;
