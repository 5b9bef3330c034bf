//! Runs as they are recorded.

use deployer_core::Failure;

/// How a run or a step stands. A run killed in the middle stays `running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Done,
    Failed,
    Interrupted,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn of<T>(result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(failure) if failure.code == "run/interrupted" => Self::Interrupted,
            Err(_) => Self::Failed,
        }
    }
}

/// One run of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRecord {
    pub run_id: String,
    /// RFC 3339.
    pub started: String,
    pub finished: Option<String>,
    pub state: State,
    /// `user@host pid N`
    pub holder: String,
    /// ARN of the AWS principal.
    pub principal: String,
    /// "create stack x", in order.
    pub steps: Vec<String>,
    pub failure: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_run_is_not_a_failed_one() {
        let interrupted: Result<(), _> = Err(crate::wait::interrupted("wait"));
        assert_eq!(State::of(&interrupted), State::Interrupted);
        assert_eq!(State::of::<()>(&Err(super::super::lease_lost())), State::Failed);
    }
}
