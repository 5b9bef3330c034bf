//! The agent function: an HTTP API in front of a model that answers questions
//! about an AWS account with read-only tools.
//!
//! `http` takes a request apart and streams the answer, `ask` is one question's
//! way through the system, `turn` the loop of model and tools as a pure state
//! machine. Model, gateway and conversation store are ports: AWS stands behind
//! them in the function, scripts and memory in tests.

pub mod agent;
pub mod ask;
mod backoff;
pub mod clients;
pub mod configuration;
pub mod conversations;
pub mod failure;
pub mod gateway;
pub mod http;
pub mod identity;
pub mod message;
pub mod model;
pub mod telemetry;
pub mod token;
pub mod turn;

#[cfg(test)]
mod scripted;

pub use agent::Agent;
pub use configuration::Configuration;
pub use failure::{Code, Failure};
