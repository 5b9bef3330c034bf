//! What a drift check says.

use schemars::JsonSchema;
use serde::Serialize;

/// The whole comparison of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DriftReport {
    pub environment: String,
    /// No difference was found. What could not be checked may still hold one.
    pub clean: bool,
    pub findings: Vec<Finding>,
    /// What could not be compared.
    pub unchecked: Vec<Unchecked>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// "function aws-operations-agent-prod"
    pub resource: String,
    /// The attribute; `existence` for the resource itself, `state` for its condition.
    pub path: String,
    /// Null where there should be nothing.
    pub expected: Option<String>,
    /// Null where there is nothing.
    pub actual: Option<String>,
    pub cause: Cause,
    pub repair: Repair,
    /// Who can repair it, where `up` cannot, or what else is to be known.
    pub note: Option<String>,
}

/// How a difference came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It was changed behind the deployer's back.
    Drift,
    /// What is live is what was deployed last; settings or code have moved on since.
    Pending,
}

/// Who puts it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// `up` does.
    Ours,
    /// Somebody else has to.
    NotOurs,
}

/// Something that could not be compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unchecked {
    pub resource: String,
    pub reason: String,
}

/// What one part of the check contributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub found: Vec<Finding>,
    pub unchecked: Vec<Unchecked>,
}

impl Findings {
    pub fn unchecked(resource: impl Into<String>, reason: impl Into<String>) -> Self {
        let unchecked = Unchecked { resource: resource.into(), reason: reason.into() };
        Self { found: vec![], unchecked: vec![unchecked] }
    }

    pub fn extend(&mut self, more: Self) {
        self.found.extend(more.found);
        self.unchecked.extend(more.unchecked);
    }
}

impl From<Vec<Finding>> for Findings {
    fn from(found: Vec<Finding>) -> Self {
        Self { found, unchecked: vec![] }
    }
}

impl Finding {
    /// A difference that somebody made and that `up` puts right.
    pub fn drifted(resource: &str, path: impl Into<String>, expected: Option<&str>, actual: Option<&str>) -> Self {
        Self {
            resource: resource.into(),
            path: path.into(),
            expected: expected.map(str::to_string),
            actual: actual.map(str::to_string),
            cause: Cause::Drift,
            repair: Repair::Ours,
            note: None,
        }
    }

    /// The same, which somebody else has to put right.
    pub fn of_others(self, note: impl Into<String>) -> Self {
        Self { repair: Repair::NotOurs, note: Some(note.into()), ..self }
    }

    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    pub fn caused_by(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

impl DriftReport {
    /// How many differences `up` puts right.
    pub fn ours(&self) -> usize {
        self.findings.iter().filter(|finding| finding.repair == Repair::Ours).count()
    }
}
