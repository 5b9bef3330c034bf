//! How buckets encrypt what is stored in them.

use serde_json::{Value, json};

use super::bucket;
use crate::service::values::list;
use crate::service::{Ask, Findings, Unread};

const ABSENT: [&str; 1] = ["ServerSideEncryptionConfigurationNotFoundError"];

/// The weakest first: no default, S3's own key, a KMS key.
pub(super) async fn encryption(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let buckets = bucket::chosen(ask).await?;
    let answers = ask.each(&buckets, |bucket| bucket.read(ask, "s3:GetBucketEncryption", &ABSENT)).await;
    let mut findings = Findings::table(&["bucket", "encryption", "kms_key", "bucket_key"]);
    let (mut without, mut s3_key, mut kms, mut unknown) = (0, 0, 0, 0);
    let mut rows: Vec<(u8, [Value; 4])> = Vec::new();
    for (bucket, answer) in buckets.iter().zip(answers) {
        let name = json!(bucket.name);
        let Ok(output) = answer else {
            unknown += 1;
            rows.push((0, [name, Value::Null, Value::Null, Value::Null]));
            continue;
        };
        let configuration = output.unwrap_or_default();
        let rule =
            list(&configuration["ServerSideEncryptionConfiguration"], "Rules").next().cloned().unwrap_or_default();
        let default = &rule["ApplyServerSideEncryptionByDefault"];
        let algorithm = default["SSEAlgorithm"].as_str().unwrap_or("none");
        let (rank, count) = match algorithm {
            "none" => (1, &mut without),
            "AES256" => (2, &mut s3_key),
            _ => (3, &mut kms),
        };
        *count += 1;
        rows.push((
            rank,
            [name, json!(algorithm), default["KMSMasterKeyID"].clone(), rule["BucketKeyEnabled"].clone()],
        ));
    }
    rows.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left[0].as_str().cmp(&right[0].as_str())));
    rows.into_iter().for_each(|(_, row)| findings.push(row));
    findings.sum("buckets", buckets.len());
    findings.sum("without_default_encryption", without);
    findings.sum("s3_managed_key", s3_key);
    findings.sum("kms_key", kms);
    findings.sum("unknown", unknown);
    ask.note(
        "S3 encrypts every object written since January 2023, with its own key (AES256) where no other is set; \
         older objects may be stored without.",
    );
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;
    use crate::tool::s3::testing::account_with;

    #[tokio::test]
    async fn the_weakest_come_first_and_unknown_ones_stay() {
        let rules = |algorithm: &str, key: Value| {
            let mut default = json!({"SSEAlgorithm": algorithm});
            if key.is_string() {
                default["KMSMasterKeyID"] = key;
            }
            let rule = json!({"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": true});
            json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})
        };
        let buckets = ["denied", "kms", "none", "own"].map(|name| (name, Some("us-east-1")));
        let operation = "s3:GetBucketEncryption";
        let account = account_with(&buckets)
            .answering(operation, rules("AES256", Value::Null))
            .answering_when(
                operation,
                json!({"Bucket": "kms"}),
                rules("aws:kms", json!("arn:aws:kms:us-east-1:1:key/k")),
            )
            .failing_when(operation, json!({"Bucket": "none"}), 404, ABSENT[0])
            .failing_when(operation, json!({"Bucket": "denied"}), 403, "AccessDenied");
        let arguments = json!({"query": "", "operation": "bucket-encryption"});
        let answer = testing::ask("s3_read_operations", arguments, &account).await;
        let result = answer.result.unwrap();
        let names: Vec<_> = result["rows"].as_array().unwrap().iter().map(|row| &row[0]).collect();
        assert_eq!(names, ["denied", "none", "own", "kms"]);
        assert_eq!(result["rows"][0][1], Value::Null);
        assert_eq!(result["summary"]["without_default_encryption"], 1);
        assert_eq!(answer.completeness.unwrap().failed[0].times, 1);
    }
}
