//! `deployer doctor --json`.

use deployer_core::doctor::{DoctorReport, Link};
use schemars::JsonSchema;
use serde::Serialize;

/// How every link of the chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "deployer doctor --json")]
pub struct DoctorDocument {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    /// No link is broken.
    pub healthy: bool,
    /// In the order in which a deployment and a question need them.
    pub links: Vec<Link>,
}

impl DoctorDocument {
    pub fn of(report: &DoctorReport) -> Self {
        let DoctorReport { environment, healthy, links } = report.clone();
        Self { version: 1, environment, healthy, links }
    }
}
