//! What `--json` prints: one document on stdout for each command, versioned,
//! with its JSON Schema in configs/schemas/.
//!
//! A document keeps its version while fields are only added.

mod doctor;
mod drift;
mod plan;
mod problem;
mod resources;
#[cfg(test)]
mod schemas;
mod status;
mod up;

use serde::Serialize;

use crate::views::out::say;

pub use doctor::DoctorDocument;
pub use drift::DriftDocument;
pub use plan::PlanDocument;
pub use problem::Problem;
pub use resources::{ResourceState, resource_states};
pub use status::StatusDocument;
pub use up::{SmokeDocument, UpDocument};

/// Prints the command's document.
pub fn print(document: &impl Serialize) {
    let text = serde_json::to_string_pretty(document).expect("documents hold only strings, numbers and maps of them");
    say!("{text}");
}
