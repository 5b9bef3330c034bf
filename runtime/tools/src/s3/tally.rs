//! Keeps the books of an answer: calls, regions, failures.

use std::collections::{BTreeMap, BTreeSet};

use aws_read::{Answer, ReadError};
use contract::tool_call::Completeness;
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: BTreeMap<String, usize>,
    regions: BTreeSet<String>,
    /// By operation and code: the first message and the buckets.
    failures: BTreeMap<(String, String), (String, Vec<String>)>,
    truncated: bool,
}

impl Tally {
    pub fn answered(&mut self, answer: &Answer) {
        for call in &answer.calls {
            *self.calls.entry(call.clone()).or_default() += 1;
        }
        self.regions.insert(answer.region.to_string());
        self.truncated |= answer.truncated;
        if let Some(error) = &answer.interrupted {
            let operation = answer.calls.first().cloned().unwrap_or_default();
            self.note(&operation, "", error);
        }
    }

    /// A call that gave an error; `operation` without its service.
    pub fn refused(&mut self, operation: &str, error: &ReadError) {
        if error.was_sent() {
            *self.calls.entry(format!("{}:{operation}", super::SERVICE)).or_default() += 1;
        }
    }

    /// A failure that the answer has to report.
    pub fn failed(&mut self, operation: &str, bucket: &str, error: &ReadError) {
        self.refused(operation, error);
        self.note(&format!("{}:{operation}", super::SERVICE), bucket, error);
    }

    fn note(&mut self, operation: &str, bucket: &str, error: &ReadError) {
        let key = (operation.to_owned(), error.code().to_owned());
        let (_, buckets) = self.failures.entry(key).or_insert_with(|| (error.to_string(), Vec::new()));
        buckets.extend((!bucket.is_empty()).then(|| bucket.to_owned()));
    }

    pub fn cut(&mut self) {
        self.truncated = true;
    }

    /// One entry for each operation and code, with every bucket it happened to.
    pub fn failures(&self) -> Vec<Value> {
        let entries = self.failures.iter().map(|((operation, code), (message, buckets))| {
            json!({"operation": operation, "code": code, "message": message, "buckets": buckets})
        });
        entries.collect()
    }

    /// The message of the first failure.
    pub fn first_failure(&self) -> Option<&str> {
        self.failures.values().next().map(|(message, _)| message.as_str())
    }

    pub fn completeness(&self, items: usize) -> Completeness {
        let calls = self.calls.iter().map(|(call, count)| match count {
            1 => call.clone(),
            count => format!("{call} x{count}"),
        });
        Completeness {
            calls: calls.collect(),
            regions: self.regions.iter().cloned().collect(),
            items,
            truncated: self.truncated,
        }
    }
}
