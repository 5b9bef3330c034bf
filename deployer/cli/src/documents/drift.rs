//! `deployer drift --json`.

use deployer_core::drift::{DriftReport, Finding, Unchecked};
use schemars::JsonSchema;
use serde::Serialize;

/// What is live against what should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "deployer drift --json")]
pub struct DriftDocument {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    /// No difference was found; what is unchecked may still hold one.
    pub clean: bool,
    /// In the order of deployment, then what lies beyond the plan.
    pub findings: Vec<Finding>,
    /// What could not be compared, and why.
    pub unchecked: Vec<Unchecked>,
}

impl DriftDocument {
    pub fn of(report: &DriftReport) -> Self {
        let DriftReport { environment, clean, findings, unchecked } = report.clone();
        Self { version: 1, environment, clean, findings, unchecked }
    }
}
