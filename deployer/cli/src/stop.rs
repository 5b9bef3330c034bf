//! Why a command ends early, and the exit code that says so.

use deployer_aws::ExecutionFailure;
use deployer_core::Failure;
use deployer_core::settings::{Fault, Faults};

/// Anything but success.
#[derive(Debug)]
pub enum Stop {
    /// Faults in environment files.
    Configuration(Vec<Fault>),
    /// One or more things did not work; nothing or everything was changed.
    Failures(Vec<Failure>),
    /// A deployment stopped between its first and its last step.
    Partial(Box<ExecutionFailure>),
    /// `plan --detailed-exitcode` found changes.
    ChangesFound,
}

impl Stop {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) => 1,
            Self::ChangesFound => 3,
            Self::Failures(failures) => failures.first().map_or(1, |failure| class(failure.code)),
            Self::Partial(stopped) if stopped.failure.code == INTERRUPTED => 130,
            Self::Partial(_) => 5,
        }
    }
}

pub const INTERRUPTED: &str = "run/interrupted";

fn class(code: &str) -> u8 {
    match code {
        INTERRUPTED => 130,
        "aws/denied" | "aws/credentials" | "aws/quota" | "aws/throttled" | "image/registry-denied" => 4,
        _ => 1,
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failures(vec![failure])
    }
}

impl From<ExecutionFailure> for Stop {
    /// A run that had done nothing yet is an ordinary failure.
    fn from(stopped: ExecutionFailure) -> Self {
        match stopped.done.is_empty() {
            true => stopped.failure.into(),
            false => Self::Partial(Box::new(stopped)),
        }
    }
}

impl From<Faults> for Stop {
    fn from(faults: Faults) -> Self {
        Self::Configuration(faults.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::StepId;

    use super::*;

    #[test]
    fn exit_codes_tell_the_classes_apart() {
        let failed = |code| Stop::from(Failure::new(code, "do", "cause")).exit_code();
        assert_eq!(failed("aws/denied"), 4);
        assert_eq!(failed("plan/not-owned"), 1);
        assert_eq!(failed(INTERRUPTED), 130);
        let failure = Failure::new("aws/denied", "do", "cause");
        let stopped = ExecutionFailure { failure, done: vec![StepId::DataStack], not_done: vec![] };
        assert_eq!(Stop::from(stopped).exit_code(), 5);
        assert_eq!(Stop::ChangesFound.exit_code(), 3);
    }
}
