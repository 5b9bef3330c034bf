//! The record of one tool call: what was asked of AWS, what failed, what was
//! left out. Answers take their completeness from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_read::{Answer, ReadError, Region};
use contract::tool_call::{Completeness, FailedRead};
use serde_json::Value;

#[derive(Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    calls: BTreeMap<String, usize>,
    regions: BTreeSet<String>,
    failed: Vec<FailedRead>,
    truncated: bool,
    redactions: usize,
    notes: Vec<String>,
}

impl Ledger {
    /// Takes an answer in and gives its value.
    pub fn answered(&self, operation: &str, answer: Answer) -> Value {
        let mut entries = self.entries();
        for call in &answer.calls {
            *entries.calls.entry(call.clone()).or_default() += 1;
        }
        entries.regions.insert(answer.region.to_string());
        entries.truncated |= answer.truncated;
        entries.redactions += answer.redactions.count;
        if let Some(error) = &answer.interrupted {
            entries.fail(operation, &answer.region, error);
        }
        answer.value
    }

    /// A call whose error was the answer.
    pub fn absent(&self, operation: &str, region: &Region) {
        let mut entries = self.entries();
        *entries.calls.entry(operation.into()).or_default() += 1;
        entries.regions.insert(region.to_string());
    }

    pub fn failed(&self, operation: &str, region: &Region, error: &ReadError) {
        let mut entries = self.entries();
        if error.was_sent() {
            *entries.calls.entry(operation.into()).or_default() += 1;
        }
        entries.fail(operation, region, error);
    }

    pub fn note(&self, text: String) {
        let mut entries = self.entries();
        if !entries.notes.contains(&text) {
            entries.notes.push(text);
        }
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
            notes: entries.notes.clone(),
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
        let region = Some(region.to_string());
        let same = |entry: &&mut FailedRead| {
            entry.operation == operation && entry.region == region && entry.code == error.code()
        };
        if let Some(entry) = self.failed.iter_mut().find(same) {
            entry.times += 1;
            return;
        }
        self.failed.push(FailedRead {
            operation: operation.into(),
            region,
            code: error.code().into(),
            message: error.to_string(),
            missing_permissions: error.missing_permissions().to_vec(),
            times: 1,
        });
    }
}
