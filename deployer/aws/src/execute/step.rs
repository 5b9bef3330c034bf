//! Steps in words.

use deployer_core::{Action, Step};

/// "create stack aws-operations-agent-local"
pub fn describe(step: &Step) -> String {
    let verb = match step.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Keep => "keep",
        Action::Unchecked => "leave",
    };
    format!("{verb} {}", step.resource)
}
