//! A step in the making: what a resource's own file decides about it.

use super::{Action, Change, Operation, Step, StepId};
use crate::observed::{Gap, GapReason, Observed, is_in_motion};

/// How the reason of a step begins whose resource we are not allowed to read.
pub(crate) const DENIED: &str = "may not be read";

/// A step before it knows its place in the plan.
pub struct Draft {
    resource: String,
    action: Action,
    reason: String,
    changes: Vec<Change>,
    foreign: Vec<Change>,
    operation: Option<Operation>,
}

impl Draft {
    pub fn of(resource: String) -> Self {
        Self {
            resource,
            action: Action::Keep,
            reason: String::new(),
            changes: vec![],
            foreign: vec![],
            operation: None,
        }
    }

    pub fn keep(self, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..self }
    }

    /// Keeps what is as wanted; what AWS still works on says so.
    pub fn keep_in(self, status: &str, reason: &str) -> Self {
        match is_in_motion(status) {
            true => self.keep(format!("{reason}, but it is {status}: `up` waits for that first")),
            false => self.keep(reason),
        }
    }

    pub fn unchecked(self, gap: &Gap) -> Self {
        let why = if gap.reason == GapReason::Denied { DENIED } else { "could not be read" };
        Self { action: Action::Unchecked, reason: format!("{why}: {}", gap.message), ..self }
    }

    /// It was read, but what it should be was not.
    pub fn uncompared(self, reason: impl Into<String>) -> Self {
        Self { action: Action::Unchecked, reason: reason.into(), ..self }
    }

    pub fn acts(&self) -> bool {
        self.operation.is_some()
    }

    pub fn act(self, action: Action, reason: impl Into<String>, changes: Vec<Change>, operation: Operation) -> Self {
        Self { action, reason: reason.into(), changes, operation: Some(operation), ..self }
    }

    /// Differences that are not ours to repair.
    pub fn with_foreign(self, foreign: Vec<Change>) -> Self {
        Self { foreign, ..self }
    }

    pub fn into_step(self, id: StepId, depends_on: Vec<StepId>, observed: &Observed) -> Step {
        Step {
            id,
            action: self.action,
            resource: self.resource,
            reason: self.reason,
            changes: self.changes,
            foreign: self.foreign,
            depends_on,
            operation: self.operation,
            fingerprint: observed.fingerprint(id),
        }
    }
}
