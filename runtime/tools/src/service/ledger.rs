//! The record of one tool call: what was asked of AWS, what failed, what was
//! left out. Answers take their completeness from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_read::{Answer, Budget, ReadError, Region};
use contract::tool_call::{Completeness, FailedRead, Problem};

use super::problem;

/// Kinds of failure and notes that an answer lists; it is not to drown in them.
const MOST_FAILED: usize = 20;
const MOST_NOTES: usize = 20;

#[derive(Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    calls: BTreeMap<String, usize>,
    regions: BTreeSet<String>,
    failed: Vec<FailedRead>,
    /// Failures of kinds that are not in `failed`.
    more_failed: usize,
    first_problem: Option<Problem>,
    /// Answers, and AWS's errors that were answers.
    answers: usize,
    truncated: bool,
    redactions: usize,
    notes: Vec<String>,
}

impl Ledger {
    /// Takes in what an answer says about itself.
    pub fn answered(&self, operation: &str, answer: &Answer, budget: &Budget) {
        let mut entries = self.entries();
        for call in &answer.calls {
            *entries.calls.entry(call.clone()).or_default() += 1;
        }
        entries.answers += 1;
        entries.regions.insert(answer.region.to_string());
        entries.truncated |= answer.truncated;
        entries.redactions += answer.redactions.count;
        match &answer.interrupted {
            Some(error) => entries.fail(operation, &answer.region, error),
            None if answer.truncated => entries.note(cut_by(operation, answer, budget)),
            None => {}
        }
    }

    /// A call whose error was the answer.
    pub fn absent(&self, operation: &str, region: &Region) {
        let mut entries = self.entries();
        *entries.calls.entry(operation.into()).or_default() += 1;
        entries.answers += 1;
        entries.regions.insert(region.to_string());
    }

    pub fn failed(&self, operation: &str, region: &Region, error: &ReadError) {
        let mut entries = self.entries();
        if error.was_sent() {
            *entries.calls.entry(operation.into()).or_default() += 1;
        }
        entries.fail(operation, region, error);
    }

    /// Requests to a service so far.
    pub fn requests(&self, service: &str) -> usize {
        let entries = self.entries();
        let of_service = |call: &str| call.split_once(':').is_some_and(|(name, _)| name == service);
        entries.calls.iter().filter(|(call, _)| of_service(call)).map(|(_, count)| count).sum()
    }

    pub fn note(&self, text: impl Into<String>) {
        self.entries().note(text.into());
    }

    /// The first failure, when nothing at all was answered.
    pub fn failed_altogether(&self) -> Option<Problem> {
        let entries = self.entries();
        entries.first_problem.clone().filter(|_| entries.answers == 0)
    }

    /// What the answer says about itself; rows are counted by who renders them.
    pub fn completeness(&self) -> Completeness {
        let entries = self.entries();
        let times = |(call, count): (&String, &usize)| match count {
            1 => call.clone(),
            count => format!("{call} x{count}"),
        };
        Completeness {
            calls: entries.calls.iter().map(times).collect(),
            regions: entries.regions.iter().cloned().collect(),
            failed: entries.failed.clone(),
            truncated: entries.truncated,
            redactions: entries.redactions,
            notes: entries.notes(),
            ..Completeness::default()
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// The same failure of the same operation is one entry that counts.
    fn fail(&mut self, operation: &str, region: &Region, error: &ReadError) {
        self.first_problem.get_or_insert_with(|| problem::of(error));
        let region = Some(region.to_string());
        let same = |entry: &&mut FailedRead| {
            entry.operation == operation && entry.region == region && entry.code == error.code()
        };
        if let Some(entry) = self.failed.iter_mut().find(same) {
            entry.times += 1;
            return;
        }
        if self.failed.len() >= MOST_FAILED {
            self.more_failed += 1;
            return;
        }
        self.failed.push(FailedRead {
            operation: operation.into(),
            region,
            code: error.code().into(),
            message: problem::told(&error.to_string()),
            missing_permissions: error.missing_permissions().to_vec(),
            times: 1,
        });
    }

    /// Each text once.
    fn note(&mut self, text: String) {
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        if self.failed.iter().any(|failed| failed.code == "read/deadline") {
            notes.push("The time for this answer was over before everything was read: it is not complete.".into());
        }
        let failed: Vec<_> = self.failed.iter().filter(|failed| failed.code != "read/deadline").collect();
        let operations: BTreeSet<_> = failed.iter().map(|failed| failed.operation.as_str()).collect();
        if !operations.is_empty() {
            let operations: Vec<_> = operations.into_iter().collect();
            notes.push(format!("Some reads failed, so something may be missing: {}.", operations.join(", ")));
        }
        let missing: BTreeSet<_> = failed.iter().flat_map(|failed| &failed.missing_permissions).collect();
        if !missing.is_empty() {
            let missing: Vec<_> = missing.into_iter().map(String::as_str).collect();
            notes.push(format!("The tool function's role lacks {}.", missing.join(", ")));
        }
        if self.more_failed > 0 {
            notes.push(format!("{} more failures are not listed.", self.more_failed));
        }
        notes
    }
}

/// Which limit ended a read before its end.
fn cut_by(operation: &str, answer: &Answer, budget: &Budget) -> String {
    let what = format!("{operation} in {} has more than was read", answer.region);
    if answer.items >= budget.max_items {
        return format!("{what}: reading ended at {} items; a larger max_items reads more.", budget.max_items);
    }
    if answer.calls.len() >= budget.max_pages {
        return format!("{what}: reading ended at {} pages.", budget.max_pages);
    }
    format!("{what}: reading ended with the time for this answer.")
}
