//! The deployment engine's decisions, as plain functions over plain data.
//!
//! Settings in, templates out; desired and observed state in, a plan out. No
//! clock, no client, no environment: files, variables and facts arrive as
//! inputs, and nothing here awaits.

mod access;
pub mod adoption;
pub mod checks;
pub mod desired;
pub mod doctor;
pub mod drift;
pub mod failure;
pub mod image_retention;
pub mod issuer_check;
#[cfg(test)]
mod laws;
mod model_access;
pub mod observed;
pub mod only;
pub mod ownership;
pub mod permissions;
pub mod plan;
pub mod progress;
pub mod read_access;
pub mod render;
pub mod resource;
pub mod rollback;
#[cfg(test)]
mod samples;
pub mod saved_plan;
pub mod settings;
pub mod teardown;
pub mod template;
pub mod token_check;

pub use desired::Desired;
pub use failure::Failure;
pub use observed::{Fact, Gap, Observed};
pub use plan::{Action, Operation, Plan, Step, StepId};
pub use progress::{Event, Reporter};
pub use settings::Settings;
