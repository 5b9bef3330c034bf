//! Buckets for tests.

use serde_json::{Value, json};

use crate::reader::fake::FakeAccount;

/// An account with these buckets; `None` for one whose region the list leaves out.
pub(super) fn account_with(buckets: &[(&str, Option<&str>)]) -> FakeAccount {
    let bucket = |(name, region): &(&str, Option<&str>)| {
        let mut bucket = json!({"Name": name, "CreationDate": "2026-01-02T03:04:05Z"});
        if let Some(region) = region {
            bucket["BucketRegion"] = json!(region);
        }
        bucket
    };
    let buckets: Vec<Value> = buckets.iter().map(bucket).collect();
    FakeAccount::default().answering("s3:ListBuckets", json!({"Buckets": buckets, "Owner": {"ID": "o"}}))
}
