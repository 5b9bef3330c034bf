//! What is wrong with a caller's parameters.

use crate::error::ReadError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParameterFault {
    /// `Filters[0].Values`; empty for the parameters as a whole.
    pub path: String,
    /// The type that would be right: `array of string`.
    pub expected: Option<String>,
    /// Goes on after the path: `is required`.
    pub problem: String,
    /// Names that were probably meant, best first.
    pub nearest: Vec<String>,
}

impl ParameterFault {
    pub fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), expected: None, problem: problem.into(), nearest: Vec::new() }
    }

    pub fn expecting(self, expected: &str) -> Self {
        Self { expected: Some(expected.to_owned()), ..self }
    }

    pub fn near(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { nearest: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// The error of a call of an operation, `s3:ListBuckets`.
    pub fn of(self, operation: String) -> ReadError {
        let Self { path, expected, problem, nearest } = self;
        ReadError::Parameter { operation, path, expected, problem, nearest }
    }
}
