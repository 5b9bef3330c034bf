//! The deployment engine's decisions, as plain functions over plain data.
//!
//! Settings in, templates out; desired and observed state in, a plan out. No
//! clock, no client, no environment: files, variables and facts arrive as
//! inputs, and nothing here awaits.

pub mod checks;
pub mod desired;
pub mod failure;
#[cfg(test)]
mod laws;
mod model_access;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod progress;
mod read_access;
pub mod render;
pub mod resource;
#[cfg(test)]
mod samples;
pub mod settings;
pub mod teardown;

pub use desired::Desired;
pub use failure::Failure;
pub use observed::{Fact, Gap, Observed};
pub use plan::{Action, Operation, Plan, Step, StepId};
pub use progress::{Event, Reporter};
pub use settings::Settings;
