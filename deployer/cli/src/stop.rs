//! Why a command ends early, and the exit code that says so.

use deployer_aws::ExecutionFailure;
use deployer_core::Failure;
use deployer_core::settings::{Fault, Faults};

use crate::documents::ResourceState;

/// Anything but success.
#[derive(Debug)]
pub enum Stop {
    /// Faults in environment files.
    Configuration(Vec<Fault>),
    /// One or more things did not work; nothing or everything was changed.
    Failures(Vec<Failure>),
    /// A run stopped before its last step.
    Partial(Box<PartialRun>),
    /// `plan --detailed-exitcode` found changes, or `drift` found drift.
    ChangesFound,
    /// `doctor` found a broken link, with this code.
    LinkBroken(&'static str),
}

/// A run that stopped early, and what that leaves.
#[derive(Debug)]
pub struct PartialRun {
    pub run: ExecutionFailure,
    /// What AWS says about the resources of the steps that are not done; empty
    /// where nobody looked.
    pub left: Vec<ResourceState>,
    /// Command that goes back to an earlier deployment, where there is a good one.
    pub rollback: Option<String>,
}

impl Stop {
    /// The process's exit code, as --help lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) => 1,
            Self::ChangesFound => 3,
            Self::LinkBroken(code) => class(code),
            Self::Failures(failures) => failures.first().map_or(1, |failure| class(failure.code)),
            Self::Partial(stopped) => match class(stopped.run.failure.code) {
                class if class == 130 || stopped.run.done.is_empty() => class,
                _ => 5,
            },
        }
    }
}

pub const INTERRUPTED: &str = "run/interrupted";

/// What AWS refuses: who is asking, what they ask for, or how much of it.
const REFUSED_BY_AWS: [&str; 6] =
    ["aws/credentials", "aws/denied", "aws/quota", "aws/throttled", "image/registry-denied", "plan/denied"];

fn class(code: &str) -> u8 {
    match code {
        INTERRUPTED => 130,
        code if REFUSED_BY_AWS.contains(&code) => 4,
        _ => 1,
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failures(vec![failure])
    }
}

impl From<ExecutionFailure> for Stop {
    fn from(run: ExecutionFailure) -> Self {
        Self::Partial(Box::new(PartialRun { run, left: vec![], rollback: None }))
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
    use crate::arguments::EXIT_CODES;

    fn stopped(code: &'static str, done: Vec<StepId>) -> Stop {
        let failure = Failure::new(code, "do", "cause");
        ExecutionFailure { run_id: "run".into(), failure, done, not_done: vec![StepId::Target] }.into()
    }

    /// Every class of an end with its exit code.
    fn table() -> Vec<(Stop, u8)> {
        let failed = |code| Stop::from(Failure::new(code, "do", "cause"));
        let mut table: Vec<_> = REFUSED_BY_AWS.into_iter().map(|code| (failed(code), 4)).collect();
        for code in [
            "aws/wrong-account",
            "plan/not-owned",
            "plan/stale",
            "plan/not-a-plan",
            "plan/access-not-approved",
            "plan/only-needs",
        ] {
            table.push((failed(code), 1));
        }
        for code in ["rollback/image-gone", "rollback/none", "run/locked", "run/not-confirmed", "smoke/health"] {
            table.push((failed(code), 1));
        }
        table.extend([
            (Stop::Configuration(vec![]), 1),
            (Stop::Failures(vec![]), 1),
            (Stop::ChangesFound, 3),
            (failed(INTERRUPTED), 130),
            (stopped(INTERRUPTED, vec![]), 130),
            (stopped(INTERRUPTED, vec![StepId::DataStack]), 130),
            (stopped("aws/denied", vec![StepId::DataStack]), 5),
            (stopped("aws/failed", vec![StepId::DataStack]), 5),
            (stopped("aws/denied", vec![]), 4),
            (stopped("run/locked", vec![]), 1),
        ]);
        table
    }

    #[test]
    fn exit_codes_tell_the_classes_apart() {
        for (stop, code) in table() {
            assert_eq!(stop.exit_code(), code, "{stop:?}");
        }
    }

    #[test]
    fn help_lists_every_exit_code() {
        // 0 is success and 2 is clap's own for wrong usage.
        let codes = table().into_iter().map(|(_, code)| code).chain([0, 2]);
        for code in codes {
            assert!(EXIT_CODES.lines().any(|line| line.trim().starts_with(&format!("{code} "))), "{code}");
        }
    }
}
