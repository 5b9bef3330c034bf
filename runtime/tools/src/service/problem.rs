//! Failed reads as problems for a caller that mends its call.

use aws_read::ReadError;
use contract::tool_call::Problem;

/// Longest text of a failure, in characters: some of it is AWS's.
const LONGEST: usize = 1_000;

/// The problem that a failed read is.
pub(crate) fn of(error: &ReadError) -> Problem {
    let problem = Problem::new(error.code(), told(&error.to_string()));
    match error {
        ReadError::NotAllowed { nearest, .. } => problem.at("operation").nearest(nearest.clone()),
        ReadError::Parameter { path, expected, nearest, .. } => {
            let place = if path.is_empty() { "parameters".to_owned() } else { format!("parameters.{path}") };
            let problem = Problem { expected: expected.clone(), ..problem };
            problem.at(place).nearest(nearest.clone())
        }
        _ if !error.missing_permissions().is_empty() => {
            problem.hint(format!("the tool function's role needs {}", error.missing_permissions().join(", ")))
        }
        _ => problem,
    }
}

/// A text as an answer may repeat it.
pub(crate) fn told(text: &str) -> String {
    aws_read::cleaned(text).chars().take(LONGEST).collect()
}
