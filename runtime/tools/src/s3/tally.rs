//! Keeps the books of an answer: calls, regions, failures.

use std::collections::{BTreeMap, BTreeSet};

use aws_read::{Answer, ReadError};
use contract::tool_call::Completeness;
use serde_json::{Value, json};

/// Buckets that a failure names; the rest is counted, so that a failure of all leaves room for the answer.
const NAMED: usize = 20;

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

    /// One entry for each operation and code, with the buckets it happened to.
    pub fn failures(&self) -> Vec<Value> {
        let entries = self.failures.iter().map(|((operation, code), (message, buckets))| {
            let named = &buckets[..buckets.len().min(NAMED)];
            let mut entry = json!({"operation": operation, "code": code, "message": message, "buckets": named});
            if buckets.len() > NAMED {
                entry["further_buckets"] = json!(buckets.len() - NAMED);
            }
            entry
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_many_buckets_names_some_and_counts_the_rest() {
        let error = ReadError::Deadline { operation: "s3:GetBucketTagging".into(), sent: false };
        let mut tally = Tally::default();
        for number in 0..NAMED + 5 {
            tally.failed("GetBucketTagging", &format!("bucket-{number}"), &error);
        }
        let failures = tally.failures();
        assert_eq!(failures[0]["buckets"].as_array().map(Vec::len), Some(NAMED));
        assert_eq!(failures[0]["further_buckets"], 5);
    }

    #[test]
    fn a_call_that_was_never_sent_is_not_counted() {
        let over = |sent| ReadError::Deadline { operation: "s3:GetBucketTagging".into(), sent };
        let mut tally = Tally::default();
        tally.failed("GetBucketTagging", "a", &over(true));
        tally.failed("GetBucketTagging", "b", &over(false));
        assert_eq!(tally.completeness(0).calls, ["s3:GetBucketTagging"]);
    }
}
