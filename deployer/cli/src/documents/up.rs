//! `deployer up --json`.

use contract::Connection;
use deployer_core::StepId;
use deployer_verify::{Link, Outcome, Report};
use schemars::JsonSchema;
use serde::Serialize;

use super::Problem;
use crate::stop::{INTERRUPTED, Stop};

/// What a deployment did and how it ended. Printed when it fails, too.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "deployer up --json")]
pub struct UpDocument {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    /// In the history; null when nothing was executed.
    pub run_id: Option<String>,
    pub result: UpResult,
    /// Steps that came to their end, in the order of the plan.
    pub done: Vec<StepId>,
    /// The steps that failed and those that were not begun.
    pub not_done: Vec<StepId>,
    /// Empty when everything worked.
    pub failures: Vec<Problem>,
    pub smoke: SmokeDocument,
    /// How to reach the agent; null when it was not found.
    pub outputs: Option<Connection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpResult {
    Done,
    NothingToChange,
    /// Something did not work, the smoke test included.
    Failed,
    /// By Ctrl-C or SIGTERM.
    Interrupted,
    /// Not begun: faults in the settings or the plan, no approval, another
    /// deployment at work, a saved plan that is stale.
    Refused,
}

/// The smoke test, link by link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SmokeDocument {
    pub result: SmokeResult,
    pub links: Vec<SmokeLink>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmokeResult {
    Passed,
    Failed,
    #[default]
    NotRun,
}

/// One link of the chain from the token to the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SmokeLink {
    pub name: String,
    pub outcome: LinkOutcome,
    /// What was seen, or why it failed or could not be tried.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkOutcome {
    Passed,
    Failed,
    Unchecked,
}

impl UpDocument {
    pub fn new(environment: &str) -> Self {
        Self {
            version: 1,
            environment: environment.into(),
            run_id: None,
            result: UpResult::NothingToChange,
            done: vec![],
            not_done: vec![],
            failures: vec![],
            smoke: SmokeDocument::default(),
            outputs: None,
        }
    }

    /// With how the command ended.
    pub fn ended(mut self, result: &Result<(), Stop>) -> Self {
        match result {
            Ok(()) if self.run_id.is_none() => self.result = UpResult::NothingToChange,
            Ok(()) => self.result = UpResult::Done,
            Err(stop) => {
                if let Stop::Partial(stopped) = stop {
                    self.run_id = Some(stopped.run.run_id.clone());
                    self.done.clone_from(&stopped.run.done);
                    self.not_done.clone_from(&stopped.run.not_done);
                }
                self.failures = Problem::of(stop);
                self.result = self.result_of_failures();
            }
        }
        self
    }

    /// Told apart by the first failure's code.
    fn result_of_failures(&self) -> UpResult {
        let code = self.failures.first().map_or("", |problem| problem.code.as_str());
        if self.smoke.result == SmokeResult::Failed {
            return UpResult::Failed;
        }
        let refusal = ["config/", "plan/", "rollback/", "run/not-confirmed", "run/locked"];
        match code {
            INTERRUPTED => UpResult::Interrupted,
            _ if self.done.is_empty() && refusal.iter().any(|start| code.starts_with(start)) => UpResult::Refused,
            _ => UpResult::Failed,
        }
    }
}

impl SmokeDocument {
    pub fn of(report: &Report, passed: bool) -> Self {
        let result = if passed { SmokeResult::Passed } else { SmokeResult::Failed };
        Self { result, links: report.links.iter().map(SmokeLink::from).collect() }
    }
}

impl From<&Link> for SmokeLink {
    fn from(link: &Link) -> Self {
        let (outcome, detail) = match &link.outcome {
            Outcome::Passed(seen) => (LinkOutcome::Passed, seen.clone()),
            Outcome::Failed(failure) => (LinkOutcome::Failed, failure.cause.clone()),
            Outcome::Unchecked(why) => (LinkOutcome::Unchecked, why.clone()),
        };
        Self { name: link.name.into(), outcome, detail }
    }
}

#[cfg(test)]
mod tests {
    use deployer_aws::ExecutionFailure;
    use deployer_core::Failure;

    use super::*;

    fn failure(code: &'static str) -> Failure {
        Failure::new(code, "do", "cause")
    }

    fn ended(stop: Stop) -> UpDocument {
        UpDocument::new("test").ended(&Err(stop))
    }

    #[test]
    fn result_says_whether_anything_was_begun() {
        let stopped = |code, done| -> Stop {
            let not_done = vec![StepId::Target];
            ExecutionFailure { run_id: "run".into(), failure: failure(code), done, not_done }.into()
        };
        for (stop, result) in [
            (failure("plan/stale").into(), UpResult::Refused),
            (failure("config/unreadable").into(), UpResult::Refused),
            (failure("build/failed").into(), UpResult::Failed),
            (failure(INTERRUPTED).into(), UpResult::Interrupted),
            (stopped("run/locked", vec![]), UpResult::Refused),
            (stopped("plan/stale", vec![StepId::DataStack]), UpResult::Failed),
            (stopped(INTERRUPTED, vec![StepId::DataStack]), UpResult::Interrupted),
        ] {
            assert_eq!(ended(stop).result, result);
        }
    }

    #[test]
    fn stopped_run_is_told_in_full() {
        let run = ExecutionFailure {
            run_id: "run".into(),
            failure: failure("aws/failed"),
            done: vec![StepId::DataStack],
            not_done: vec![StepId::Target],
        };
        let document = ended(run.into());
        assert_eq!(document.run_id.as_deref(), Some("run"));
        assert_eq!((document.done, document.not_done), (vec![StepId::DataStack], vec![StepId::Target]));
        assert_eq!(document.failures[0].code, "aws/failed");
    }

    #[test]
    fn failed_smoke_test_is_no_refusal() {
        let mut document = UpDocument::new("test");
        document.smoke.result = SmokeResult::Failed;
        assert_eq!(document.ended(&Err(failure("config/unreadable").into())).result, UpResult::Failed);
    }

    #[test]
    fn success_depends_on_whether_something_ran() {
        assert_eq!(UpDocument::new("test").ended(&Ok(())).result, UpResult::NothingToChange);
        let ran = UpDocument { run_id: Some("run".into()), ..UpDocument::new("test") };
        assert_eq!(ran.ended(&Ok(())).result, UpResult::Done);
    }
}
