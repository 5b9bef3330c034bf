//! What is wrong with an environment's files: one [`Fault`] a mistake, each
//! with its place, collected so that all of them are reported together.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

/// Codes are promises: new ones are added, old ones keep their meaning.
pub(super) mod code {
    pub const UNKNOWN_KEY: &str = "config/unknown-key";
    pub const WRONG_TYPE: &str = "config/wrong-type";
    pub const INVALID_VALUE: &str = "config/invalid-value";
    pub const NAME_TOO_LONG: &str = "config/name-too-long";
    pub const MISSING_VALUE: &str = "config/missing-value";
    pub const MISSING_VARIABLE: &str = "config/missing-variable";
    pub const SYNTAX: &str = "config/syntax";
    pub const UNKNOWN_ENVIRONMENT: &str = "config/unknown-environment";
    pub const EXTENDS: &str = "config/extends";
}

/// One mistake in an environment's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `config/unknown-key`, `config/wrong-type`, ...
    pub code: &'static str,
    /// As it was given to `load`, for example `environments/prod.toml`.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
    pub hint: Option<String>,
}

impl Fault {
    pub(super) fn at(place: &Place, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, file: place.file.to_string(), line: place.line, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// File and line of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub file: Arc<str>,
    pub line: usize,
}

/// Every fault that was found; once `load` returns them, sorted by file and line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Faults that follow from others are dropped: after a syntax fault or a
    /// broken `extends` nobody knows which values are really missing.
    pub(super) fn settle(mut self) -> Self {
        let uncertain = self.0.iter().any(|fault| [code::SYNTAX, code::EXTENDS].contains(&fault.code));
        self.0.retain(|fault| !(uncertain && fault.code == code::MISSING_VALUE));
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        self.0.dedup();
        self
    }
}

impl Deref for Faults {
    type Target = [Fault];

    fn deref(&self) -> &[Fault] {
        &self.0
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One fault a line.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
