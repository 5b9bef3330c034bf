//! A reader that answers from a list and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_read::{Answer, Call, Fault, ReadError, Refusal, Region};
use serde_json::{Value, json};

use super::Reader;

/// Answers by operation and bucket; the bucket is empty for ListBuckets.
#[derive(Default)]
pub(crate) struct FakeReader {
    answers: BTreeMap<(String, String), Result<Value, (u16, String)>>,
    pub truncated: bool,
    pub asked: Mutex<Vec<String>>,
}

impl FakeReader {
    /// An account with these buckets: names and regions (none for what an emulator leaves out).
    pub fn with_buckets(buckets: &[(&str, Option<&str>)]) -> Self {
        let buckets: Vec<_> = buckets
            .iter()
            .map(|(name, region)| match region {
                Some(region) => json!({"Name": name, "CreationDate": "2026-01-02T03:04:05Z", "BucketRegion": region}),
                None => json!({"Name": name, "CreationDate": "2026-01-02T03:04:05Z"}),
            })
            .collect();
        Self::default().answering("ListBuckets", "", json!({"Buckets": buckets}))
    }

    pub fn answering(mut self, operation: &str, bucket: &str, value: Value) -> Self {
        self.answers.insert((operation.into(), bucket.into()), Ok(value));
        self
    }

    pub fn failing(mut self, operation: &str, bucket: &str, status: u16, code: &str) -> Self {
        self.answers.insert((operation.into(), bucket.into()), Err((status, code.into())));
        self
    }

    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl Reader for FakeReader {
    async fn call(&self, call: Call) -> Result<Answer, ReadError> {
        let bucket = call.parameters["Bucket"].as_str().unwrap_or_default().to_owned();
        let operation = format!("{}:{}", call.service, call.operation);
        self.asked.lock().unwrap().push(format!("{} {bucket}", call.operation).trim().to_owned());
        let region = call.region.unwrap_or_else(Region::default_region);
        match self.answers.get(&(call.operation, bucket)) {
            Some(Ok(value)) => Ok(Answer {
                items: value["Buckets"].as_array().map_or(1, Vec::len),
                value: value.clone(),
                truncated: self.truncated,
                interrupted: None,
                calls: vec![operation],
                region,
            }),
            Some(Err((status, code))) => Err(refused(operation, region, *status, code)),
            None => Err(refused(operation, region, 404, "NoSuchBucket")),
        }
    }
}

fn refused(operation: String, region: Region, status: u16, code: &str) -> ReadError {
    let message = format!("{code} happened");
    let fault = Fault { status, code: code.into(), message, request_id: None, region: None };
    ReadError::Refused(Box::new(Refusal { operation, region, fault, iam_actions: vec!["s3:Something".into()] }))
}
