//! Keys under a prefix, the newest first. Only names, sizes and times: no object is read.

use serde_json::{Value, json};

use super::bucket::{self, Bucket};
use super::names;
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn newest_objects(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings = Findings::table(&["key", "bytes", "modified", "storage_class"]);
    let buckets = match names::given(ask.question).is_empty() {
        true => mentioned(ask).await?,
        false => bucket::chosen(ask).await?,
    };
    let [bucket] = &buckets[..] else {
        ask.note("Name one bucket: in the parameter buckets, or in quotes in the query.");
        return Ok(findings);
    };
    let [bucket] = &bucket::located(ask, vec![bucket.clone()]).await[..] else { return Ok(findings) };
    let prefix = ask.question.text("prefix").unwrap_or_default();
    let objects = objects(ask, bucket, prefix).await?;
    let (mut count, mut bytes) = (0, 0);
    for object in list(&objects, "Contents") {
        count += 1;
        bytes += number(object, "Size") as u64;
        findings.push([
            object["Key"].clone(),
            object["Size"].clone(),
            object["LastModified"].clone(),
            json!(object["StorageClass"].as_str().unwrap_or("STANDARD")),
        ]);
    }
    findings.sort_down_by("modified");
    findings.sum("objects_read", count);
    findings.sum("bytes", bytes);
    ask.note(
        "S3 lists keys by name, not by time: the newest is sure only when the list was read to its end. A prefix makes \
         the list shorter.",
    );
    Ok(findings)
}

/// Buckets whose names are words of the query.
async fn mentioned(ask: &Ask<'_>) -> Result<Vec<Bucket>, Unread> {
    let words = names::words(&ask.question.query);
    let buckets = bucket::chosen(ask).await?;
    Ok(buckets.into_iter().filter(|bucket| words.contains(&bucket.name)).collect())
}

/// Each object with what a row needs, made small as its page comes.
async fn objects(ask: &Ask<'_>, bucket: &Bucket, prefix: &str) -> Result<Value, Unread> {
    let small = |object: Value| match text(&object, "Key") {
        "" => object,
        key => json!({
            "Key": key,
            "Size": object["Size"],
            "LastModified": object["LastModified"],
            "StorageClass": object["StorageClass"],
        }),
    };
    let region = bucket.region.clone().unwrap_or_else(|| ask.region.clone());
    let mut parameters = json!({"Bucket": bucket.name});
    if !prefix.is_empty() {
        parameters["Prefix"] = json!(prefix);
    }
    ask.in_region(region).read_each("s3:ListObjectsV2", parameters, small).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::s3::testing::account_with;

    fn account() -> FakeAccount {
        let object = |key: &str, day: u8| json!({"Key": key, "Size": 10, "LastModified": format!("2026-01-{day:02}T00:00:00Z"), "ETag": "\"e\""});
        account_with(&[("logs", Some("eu-west-1")), ("other", Some("us-east-1"))])
            .answering("s3:GetBucketLocation", json!({"LocationConstraint": "eu-west-1"}))
            .answering("s3:ListObjectsV2", json!({"IsTruncated": false, "Contents": [object("a", 3), object("b", 9)]}))
    }

    #[tokio::test]
    async fn the_newest_key_comes_first_and_the_prefix_is_sent() {
        let account = account();
        let parameters = json!({"buckets": ["logs"], "prefix": "2026/"});
        let rows = rows("s3_read_operations", "newest-objects", parameters, &account).await;
        assert_eq!((&rows[0]["key"], &rows[0]["storage_class"]), (&json!("b"), &json!("STANDARD")));
        let call = r#"s3:ListObjectsV2 eu-west-1 {"Bucket":"logs","Prefix":"2026/"}"#;
        assert!(account.asked().contains(&call.to_owned()), "{:?}", account.asked());
    }

    #[tokio::test]
    async fn without_a_bucket_nothing_is_listed_and_the_answer_says_why() {
        let account = account();
        let arguments = json!({"query": "what is the newest object?", "operation": "newest-objects"});
        let answer = testing::ask("s3_read_operations", arguments, &account).await;
        assert_eq!(rows_of(&answer).len(), 0);
        assert!(answer.completeness.unwrap().notes[0].starts_with("Name one bucket"));
        assert_eq!(account.asked(), ["s3:ListBuckets us-east-1 {}"]);
    }

    #[tokio::test]
    async fn a_bucket_in_the_query_is_enough() {
        let arguments = json!({"query": "newest object in logs", "operation": "newest-objects"});
        let answer = testing::ask("s3_read_operations", arguments, &account()).await;
        assert_eq!(rows_of(&answer).len(), 2);
    }
}
