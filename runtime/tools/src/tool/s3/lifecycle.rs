//! Lifecycle rules, and uploads that nobody finished or removed.

use serde_json::{Value, json};

use super::bucket::{self, Bucket};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

const ABSENT: [&str; 1] = ["NoSuchLifecycleConfiguration"];

/// What the rules of a bucket that are switched on do.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rules {
    enabled: usize,
    /// `365 days`, `2030-01-01T00:00:00Z`, of the rules that end current objects.
    expires: Vec<String>,
    /// `GLACIER after 90 days`
    moves: Vec<String>,
    /// Old versions are removed.
    ends_versions: bool,
    /// Days after which any rule without a filter removes unfinished uploads.
    aborts_uploads_after: Option<u64>,
}

/// Rules of every bucket, those without any first.
pub(super) async fn lifecycle(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let buckets = bucket::chosen(ask).await?;
    let rules = ask.each(&buckets, |bucket| rules(ask, bucket)).await;
    let mut findings = Findings::table(&[
        "bucket",
        "enabled_rules",
        "expires",
        "moves",
        "ends_old_versions",
        "aborts_uploads_after_days",
    ]);
    for (bucket, rules) in buckets.iter().zip(&rules) {
        let cell = |value: fn(&Rules) -> Value| rules.as_ref().map(value).unwrap_or_default();
        findings.push([
            json!(bucket.name),
            cell(|rules| json!(rules.enabled)),
            cell(|rules| json!(rules.expires)),
            cell(|rules| json!(rules.moves)),
            cell(|rules| json!(rules.ends_versions)),
            cell(|rules| json!(rules.aborts_uploads_after)),
        ]);
    }
    findings.sort_by("enabled_rules");
    let known = || rules.iter().flatten();
    findings.sum("buckets", buckets.len());
    findings.sum("without_rules", known().filter(|rules| rules.enabled == 0).count());
    findings.sum("without_abort_of_uploads", known().filter(|rules| rules.aborts_uploads_after.is_none()).count());
    findings.sum("unknown", buckets.len() - known().count());
    Ok(findings)
}

/// Absent when they could not be read.
async fn rules(ask: &Ask<'_>, bucket: &Bucket) -> Option<Rules> {
    let output = bucket.read(ask, "s3:GetBucketLifecycleConfiguration", &ABSENT).await.ok()?;
    Some(Rules::of(&output.unwrap_or_default()))
}

impl Rules {
    fn of(output: &Value) -> Self {
        let enabled: Vec<_> = list(output, "Rules").filter(|rule| rule["Status"] == "Enabled").collect();
        let aborts = enabled.iter().filter(|rule| is_for_all(rule));
        Self {
            enabled: enabled.len(),
            expires: enabled.iter().filter_map(|rule| moment(&rule["Expiration"])).collect(),
            moves: enabled.iter().flat_map(|rule| list(rule, "Transitions")).filter_map(transition).collect(),
            ends_versions: enabled.iter().any(|rule| rule["NoncurrentVersionExpiration"].is_object()),
            aborts_uploads_after: aborts
                .filter_map(|rule| rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"].as_u64())
                .min(),
        }
    }
}

/// A rule with an empty prefix or filter is about the whole bucket.
fn is_for_all(rule: &Value) -> bool {
    let filter = &rule["Filter"];
    let narrows = ["Tag", "And", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    text(rule, "Prefix").is_empty()
        && text(filter, "Prefix").is_empty()
        && narrows.iter().all(|member| filter.get(member).is_none_or(Value::is_null))
}

fn moment(action: &Value) -> Option<String> {
    let days = action["Days"].as_u64().map(|days| format!("{days} days"));
    days.or_else(|| Some(action["Date"].as_str()?.to_owned()))
}

fn transition(action: &Value) -> Option<String> {
    Some(format!("{} after {}", action["StorageClass"].as_str()?, moment(action)?))
}

/// Uploads that were begun and neither finished nor aborted: their parts are stored and paid for.
pub(super) async fn unfinished_uploads(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 7.0);
    let buckets = bucket::chosen(ask).await?;
    let found = ask.each(&buckets, |bucket| async move {
        futures::join!(bucket.read(ask, "s3:ListMultipartUploads", &[]), rules(ask, bucket))
    });
    let border = crate::service::values::rfc3339(ask.now - time::Duration::seconds_f64(days * 86_400.0));
    let mut findings = Findings::table(&["bucket", "uploads", "oldest", "aborts_uploads_after_days"]);
    let mut total = 0;
    for (bucket, (uploads, rules)) in buckets.iter().zip(found.await) {
        let rule = json!(rules.map(|rules| rules.aborts_uploads_after));
        let Ok(uploads) = uploads else {
            findings.push([json!(bucket.name), Value::Null, Value::Null, rule]);
            continue;
        };
        let uploads = uploads.unwrap_or_default();
        let begun = list(&uploads, "Uploads").map(|upload| text(upload, "Initiated"));
        let old: Vec<_> = begun.filter(|time| *time < border.as_str()).collect();
        if !old.is_empty() {
            total += old.len();
            findings.push([json!(bucket.name), json!(old.len()), json!(old.iter().min()), rule]);
        }
    }
    findings.sort_down_by("uploads");
    findings.sum("buckets_checked", buckets.len());
    findings.sum("uploads", total);
    ask.note(format!("Uploads are counted that were begun more than {days} days ago."));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::s3::testing::account_with;

    const LIFECYCLE: &str = "s3:GetBucketLifecycleConfiguration";

    #[tokio::test]
    async fn buckets_without_rules_come_first_and_disabled_rules_do_not_count() {
        let abort = json!({"DaysAfterInitiation": 7});
        let rules = json!({"Rules": [
            {"ID": "old", "Status": "Disabled", "Expiration": {"Days": 1}, "Filter": {"Prefix": ""}},
            {"ID": "logs", "Status": "Enabled", "Expiration": {"Days": 365}, "Filter": {"Prefix": "logs/"},
             "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}], "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            {"Status": "Enabled", "Filter": {}, "AbortIncompleteMultipartUpload": abort,
             "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
        ]});
        let account = account_with(&[("a", Some("us-east-1")), ("b", Some("us-east-1"))])
            .answering(LIFECYCLE, rules)
            .failing_when(LIFECYCLE, json!({"Bucket": "b"}), 404, ABSENT[0]);
        let rows = rows("s3_read_operations", "bucket-lifecycle", json!({}), &account).await;
        assert_eq!((&rows[0]["bucket"], &rows[0]["enabled_rules"]), (&json!("b"), &json!(0)));
        assert_eq!((&rows[1]["enabled_rules"], &rows[1]["expires"]), (&json!(2), &json!(["365 days"])));
        assert_eq!(rows[1]["moves"], json!(["GLACIER after 90 days"]));
        assert_eq!(rows[1]["aborts_uploads_after_days"], 7, "a rule for a prefix leaves the rest of the bucket");
        assert_eq!(rows[1]["ends_old_versions"], true);
    }

    #[tokio::test]
    async fn unfinished_uploads_are_counted_by_bucket_once_they_are_old() {
        let upload = |time: &str| json!({"UploadId": "u", "Key": "k", "Initiated": time});
        let uploads = json!({"Uploads": [upload("2026-11-22T08:00:00Z"), upload("2026-10-01T00:00:00Z"), upload("2026-11-01T00:00:00Z")]});
        let buckets = ["busy", "clean", "denied"].map(|name| (name, Some("us-east-1")));
        let account = account_with(&buckets)
            .answering("s3:ListMultipartUploads", json!({}))
            .answering_when("s3:ListMultipartUploads", json!({"Bucket": "busy"}), uploads)
            .failing_when("s3:ListMultipartUploads", json!({"Bucket": "denied"}), 403, "AccessDenied")
            .failing(LIFECYCLE, 404, ABSENT[0]);
        let arguments = json!({"query": "", "operation": "unfinished-uploads"});
        let answer = testing::ask("s3_read_operations", arguments, &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows.len(), &rows[0]["bucket"], &rows[0]["uploads"]), (2, &json!("busy"), &json!(2)));
        assert_eq!(rows[0]["oldest"], "2026-10-01T00:00:00Z");
        assert_eq!((&rows[1]["bucket"], &rows[1]["uploads"]), (&json!("denied"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "s3:ListMultipartUploads");
    }
}
