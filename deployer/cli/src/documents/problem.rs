//! A failure as documents tell it.

use deployer_core::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::stop::Stop;

/// Something that did not work, or that speaks against a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// Stable: `plan/stale`, `aws/denied`, ...
    pub code: String,
    /// What was being done to what; for a fault in an environment file, its file and line.
    pub doing: String,
    pub cause: String,
    pub hint: Option<String>,
}

impl Problem {
    /// Everything that a command's early end has to say.
    pub fn of(stop: &Stop) -> Vec<Self> {
        match stop {
            Stop::Configuration(faults) => {
                let place = |file: &str, line| format!("read {file}:{line}");
                let problem = |fault: &deployer_core::settings::Fault| Self {
                    code: fault.code.into(),
                    doing: place(&fault.file, fault.line),
                    cause: fault.message.clone(),
                    hint: fault.hint.clone(),
                };
                faults.iter().map(problem).collect()
            }
            Stop::Failures(failures) => failures.iter().map(Self::from).collect(),
            Stop::Partial(stopped) => vec![Self::from(&stopped.run.failure)],
            Stop::ChangesFound | Stop::LinkBroken(_) => vec![],
        }
    }
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        let Failure { code, doing, cause, hint } = failure.clone();
        Self { code: code.into(), doing, cause, hint }
    }
}
