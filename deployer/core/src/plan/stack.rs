//! Plans a CloudFormation stack: template text, parameters and tags against
//! what GetTemplate and DescribeStacks say, and what its status allows.

use std::collections::BTreeMap;

use super::change::Changes;
use super::draft::Draft;
use super::stack_changes::{Comparison, Side, additions};
use super::{Action, Change, Operation, ResourceChange, ResourceChangeKind, StackDeployment, StackMode, Value};
use crate::desired::{DesiredStack, Location};
use crate::observed::{Fact, ObservedStack};
use crate::template::Document;

/// A stack that is wanted, with the parameters that only an earlier step knows.
pub struct Wanted<'a> {
    pub stack: &'a DesiredStack,
    pub location: &'a Location,
    pub later: BTreeMap<String, Value>,
}

/// What is done to the stack, and why.
struct Revision {
    action: Action,
    mode: StackMode,
    reason: String,
    changes: Vec<Change>,
    expected: Vec<ResourceChange>,
}

/// The stack's step.
pub fn plan(wanted: &Wanted, observed: &Fact<ObservedStack>) -> Draft {
    let draft = Draft::of(format!("stack {}", wanted.stack.name));
    let revision = match observed {
        Fact::Unknown(gap) => return draft.unchecked(gap),
        Fact::Absent => wanted.made(Action::Create, StackMode::Create, "does not exist yet".into()),
        Fact::Present(stack) => match wanted.revise(stack) {
            Some(revision) => revision,
            None => return draft.keep_in(&stack.status, "template, parameters and tags are as wanted"),
        },
    };
    let Revision { action, mode, reason, changes, expected } = revision;
    let deployment = StackDeployment {
        name: wanted.stack.name.clone(),
        mode,
        template: wanted.stack.template.clone(),
        parameters: wanted.parameters(),
        tags: wanted.stack.tags.clone(),
        expected,
    };
    draft.act(action, reason, changes, Operation::DeployStack(deployment))
}

impl Wanted<'_> {
    fn parameters(&self) -> BTreeMap<String, Value> {
        let known = self.stack.parameters.iter().map(|(key, value)| (key.clone(), Value::Known(value.clone())));
        known.chain(self.later.clone()).collect()
    }

    /// Values of the parameters that are known before anything is done.
    fn known(&self) -> BTreeMap<String, String> {
        let known = |(key, value)| match value {
            Value::Known(text) => Some((key, text)),
            Value::Output { .. } => None,
        };
        self.parameters().into_iter().filter_map(known).collect()
    }

    fn revise(&self, stack: &ObservedStack) -> Option<Revision> {
        match stack.status.as_str() {
            status if stack.is_lost() => {
                let reason = format!("is {status} and has to be made again");
                Some(self.made(Action::Replace, StackMode::Recreate, reason))
            }
            // Begun and still empty. It is filled, not deleted: the run that began it may be about to fill it.
            _ if stack.is_empty() => {
                Some(self.made(Action::Create, StackMode::Create, "was begun and is still empty".into()))
            }
            "UPDATE_ROLLBACK_FAILED" => {
                let reason = "its last rollback failed; the rollback is continued first".to_string();
                Some(Revision { reason, mode: StackMode::ContinueRollback, ..self.updated(stack) })
            }
            _ => Some(self.updated(stack)).filter(|revision| !revision.changes.is_empty()),
        }
    }

    fn made(&self, action: Action, mode: StackMode, reason: String) -> Revision {
        let expected = additions(&parsed(&self.stack.template));
        let change = |made: &ResourceChange| Change {
            path: made.logical_id.clone(),
            before: None,
            after: Some(made.resource_type.clone()),
            replaces: false,
        };
        Revision { action, mode, reason, changes: expected.iter().map(change).collect(), expected }
    }

    fn updated(&self, stack: &ObservedStack) -> Revision {
        let own = self.own_changes(stack);
        let (mut changes, expected) = match own.is_empty() && stack.has_template(&self.stack.template) {
            true => (vec![], vec![]),
            false => self.resource_changes(stack),
        };
        changes.extend(own);
        if changes.is_empty() && !stack.has_template(&self.stack.template) {
            changes.push(layout());
        }
        let reason = reason(changes.len(), &expected);
        Revision { action: Action::Update, mode: StackMode::Update, reason, changes, expected }
    }

    /// Parameters and tags.
    fn own_changes(&self, stack: &ObservedStack) -> Vec<Change> {
        let mut changes = Changes::default();
        for (key, value) in self.parameters() {
            let after = match &value {
                Value::Known(value) => value.as_str(),
                Value::Output { .. } => "(known after the gateway is made)",
            };
            changes.compare(format!("parameter {key}"), stack.parameters.get(&key).map(String::as_str), Some(after));
        }
        changes.tags(&stack.tags, &self.stack.tags);
        changes.into_vec()
    }

    fn resource_changes(&self, stack: &ObservedStack) -> (Vec<Change>, Vec<ResourceChange>) {
        let comparison = Comparison {
            before: Side { document: &parsed(&stack.template), parameters: &stack.parameters },
            after: Side { document: &parsed(&self.stack.template), parameters: &self.known() },
            location: self.location,
            tags_differ: stack.tags != self.stack.tags,
        };
        (comparison.changes(), comparison.expected())
    }
}

fn layout() -> Change {
    Change {
        path: "template".into(),
        before: Some("other outputs, comments or layout".into()),
        after: Some("as rendered".into()),
        replaces: false,
    }
}

/// "3 differences; makes ToolRole again"
fn reason(differences: usize, expected: &[ResourceChange]) -> String {
    let replaced = expected.iter().filter(|change| change.change == ResourceChangeKind::Replace);
    let replaced: Vec<&str> = replaced.map(|change| change.logical_id.as_str()).collect();
    let counted = match differences {
        1 => "1 difference".to_string(),
        count => format!("{count} differences"),
    };
    match replaced.is_empty() {
        true => counted,
        false => format!("{counted}; makes {} again", replaced.join(", ")),
    }
}

/// Without any resource when the text is not YAML, so that everything differs.
fn parsed(template: &str) -> Document {
    Document::parse(template).unwrap_or_default()
}
