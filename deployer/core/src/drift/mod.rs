//! Drift: what is live against what should be, over the whole estate.
//!
//! The plan already holds most differences; this turns them into findings, adds
//! those that no plan can hold, and tells what changed behind our back from what
//! was merely not deployed yet. Nothing here ends early: what could not be read
//! is listed beside what was found.

mod images;
mod issuer;
mod report;
mod steps;
mod tools;

pub use images::{LiveImage, WantedImage, image_findings, parts_of};
pub use issuer::issuer_findings;
pub use report::{Cause, DriftReport, Finding, Findings, Repair, Unchecked};
pub use steps::{Comparison, drift};
pub use tools::tool_findings;
