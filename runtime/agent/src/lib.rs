//! The agent function: an HTTP API in front of a model that answers questions
//! about an AWS account with read-only tools.
//!
//! `http` takes a request apart and streams the answer, `ask` is one question's
//! way through the system, `turn` the loop of model and tools as a pure state
//! machine. Model, gateway and conversation store are ports: AWS stands behind
//! them in the function, scripts and memory in tests.

mod agent;
mod ask;
mod backoff;
pub mod clients;
mod configuration;
pub mod conversations;
mod failure;
mod gateway;
pub mod http;
mod http_client;
mod identity;
mod message;
mod model;
pub mod telemetry;
mod timestamp;
mod token;
mod turn;

#[cfg(test)]
mod scripted;

pub use agent::{Agent, Ports};
pub use configuration::{Configuration, ConfigurationFaults};
pub use failure::{Code, Failure};
