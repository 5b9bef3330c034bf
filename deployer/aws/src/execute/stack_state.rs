//! What each of CloudFormation's stack statuses lets a deployment do.

use aws_sdk_cloudformation::types::StackStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackState {
    /// CloudFormation is at work on it: wait.
    Moving,
    /// Takes a change set.
    Usable,
    /// Begun, and waiting for its first change set to be executed.
    Empty,
    /// Its creation or deletion failed: only a deletion helps.
    Lost,
    /// Its rollback failed and can be continued.
    Stuck,
    /// An import was not rolled back: somebody has to look at it.
    ByHand,
    Gone,
}

impl StackState {
    /// A status that we do not know counts as usable: CloudFormation says when it is not.
    pub fn of(status: &StackStatus) -> Self {
        use StackStatus::*;
        match status {
            ReviewInProgress => Self::Empty,
            RollbackComplete | RollbackFailed | CreateFailed | DeleteFailed => Self::Lost,
            UpdateRollbackFailed => Self::Stuck,
            ImportRollbackFailed => Self::ByHand,
            DeleteComplete => Self::Gone,
            status if status.as_str().ends_with("_IN_PROGRESS") => Self::Moving,
            // UPDATE_FAILED is left by an update that somebody made without a rollback: it takes another one.
            _ => Self::Usable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::observed::{ObservedStack, is_in_motion};

    const STATES: [(&str, StackState); 23] = [
        ("CREATE_IN_PROGRESS", StackState::Moving),
        ("CREATE_FAILED", StackState::Lost),
        ("CREATE_COMPLETE", StackState::Usable),
        ("ROLLBACK_IN_PROGRESS", StackState::Moving),
        ("ROLLBACK_FAILED", StackState::Lost),
        ("ROLLBACK_COMPLETE", StackState::Lost),
        ("DELETE_IN_PROGRESS", StackState::Moving),
        ("DELETE_FAILED", StackState::Lost),
        ("DELETE_COMPLETE", StackState::Gone),
        ("UPDATE_IN_PROGRESS", StackState::Moving),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Moving),
        ("UPDATE_COMPLETE", StackState::Usable),
        ("UPDATE_FAILED", StackState::Usable),
        ("UPDATE_ROLLBACK_IN_PROGRESS", StackState::Moving),
        ("UPDATE_ROLLBACK_FAILED", StackState::Stuck),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Moving),
        ("UPDATE_ROLLBACK_COMPLETE", StackState::Usable),
        ("REVIEW_IN_PROGRESS", StackState::Empty),
        ("IMPORT_IN_PROGRESS", StackState::Moving),
        ("IMPORT_COMPLETE", StackState::Usable),
        ("IMPORT_ROLLBACK_IN_PROGRESS", StackState::Moving),
        ("IMPORT_ROLLBACK_FAILED", StackState::ByHand),
        ("IMPORT_ROLLBACK_COMPLETE", StackState::Usable),
    ];

    #[test]
    fn each_status_has_its_state() {
        for (status, state) in STATES {
            assert_eq!(StackState::of(&StackStatus::from(status)), state, "{status}");
        }
    }

    #[test]
    fn no_status_of_the_service_model_is_left_out() {
        let mut known = STATES.map(|(status, _)| status);
        let mut all = StackStatus::values().to_vec();
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(known.as_slice(), all);
    }

    #[test]
    fn plan_and_execution_agree() {
        for (status, state) in STATES {
            let stack = ObservedStack {
                id: "s".into(),
                status: status.into(),
                status_reason: None,
                template: String::new(),
                parameters: Default::default(),
                outputs: Default::default(),
                tags: Default::default(),
            };
            assert_eq!(stack.is_lost(), state == StackState::Lost, "{status}");
            assert_eq!(stack.is_empty(), state == StackState::Empty, "{status}");
            assert_eq!(is_in_motion(status), state == StackState::Moving, "{status}");
        }
    }
}
