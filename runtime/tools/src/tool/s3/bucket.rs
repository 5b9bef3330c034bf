//! The buckets that a question is about, and where they are.

use aws_read::Region;
use serde_json::{Value, json};

use super::names;
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bucket {
    pub name: String,
    /// `null` for a bucket that was named and not listed.
    pub created: Value,
    /// Absent until it is asked for; S3 itself leads a call to the right region.
    pub region: Option<Region>,
}

/// Name, creation time and region of every bucket.
pub(super) async fn buckets(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let buckets = located(ask, chosen(ask).await?).await;
    let mut findings = Findings::table(&["name", "region", "created"]);
    for bucket in &buckets {
        findings.push([json!(bucket.name), json!(bucket.region_text()), bucket.created.clone()]);
    }
    findings.sort_by("name");
    findings.sum("buckets", buckets.len());
    Ok(findings)
}

/// The buckets that the caller or the query names, as they are; else those of the
/// account whose names are words of the query; else all. A region in the query
/// leaves out the buckets of others.
pub(super) async fn chosen(ask: &Ask<'_>) -> Result<Vec<Bucket>, Unread> {
    let given = names::given(ask.question);
    if !given.is_empty() {
        let named = |name| Bucket { name, created: Value::Null, region: None };
        return Ok(given.into_iter().map(named).collect());
    }
    let words = names::words(&ask.question.query);
    let all = all(ask).await?;
    let is_mentioned = |bucket: &&Bucket| words.contains(&bucket.name);
    let buckets = match all.iter().any(|bucket| is_mentioned(&bucket)) {
        true => all.iter().filter(is_mentioned).cloned().collect(),
        false => all,
    };
    let regions: Vec<Region> = words.iter().filter_map(|word| Region::parse(word)).filter(Region::is_known).collect();
    match regions.is_empty() {
        true => Ok(buckets),
        false => Ok(in_regions(located(ask, buckets).await, &regions)),
    }
}

async fn all(ask: &Ask<'_>) -> Result<Vec<Bucket>, Unread> {
    let answer = ask.read("s3:ListBuckets", json!({})).await?;
    let bucket = |bucket: &Value| Bucket {
        name: text(bucket, "Name").into(),
        created: bucket["CreationDate"].clone(),
        region: Region::parse(text(bucket, "BucketRegion")),
    };
    Ok(list(&answer, "Buckets").map(bucket).collect())
}

/// A bucket whose region could not be read stays.
fn in_regions(buckets: Vec<Bucket>, regions: &[Region]) -> Vec<Bucket> {
    buckets.into_iter().filter(|bucket| bucket.region.as_ref().is_none_or(|found| regions.contains(found))).collect()
}

/// Asks for the regions that are not known yet: the list leaves them out at times.
pub(super) async fn located(ask: &Ask<'_>, buckets: Vec<Bucket>) -> Vec<Bucket> {
    let located = ask.each(buckets, |bucket| async move {
        if bucket.region.is_some() {
            return bucket;
        }
        let answer = ask.read("s3:GetBucketLocation", json!({"Bucket": bucket.name})).await;
        let region = answer.ok().and_then(|output| Region::parse(location(&output)));
        Bucket { region, ..bucket }
    });
    located.await
}

/// GetBucketLocation answers nothing for us-east-1 and `EU` for the oldest
/// buckets of eu-west-1 (S3 API reference, GetBucketLocation).
pub(super) fn location(output: &Value) -> &str {
    match text(output, "LocationConstraint") {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    }
}

impl Bucket {
    pub fn region_text(&self) -> Option<&str> {
        self.region.as_ref().map(Region::as_str)
    }

    /// One read of this bucket's settings, in its region where that is known.
    pub async fn read(&self, ask: &Ask<'_>, operation: &str, absent: &[&str]) -> Result<Option<Value>, Unread> {
        let region = self.region.clone().unwrap_or_else(|| ask.region.clone());
        ask.in_region(region).read_if_any(operation, json!({"Bucket": self.name}), absent).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};
    use crate::tool::s3::testing::account_with;

    async fn asked(query: &str, account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        testing::ask("s3_read_operations", json!({"query": query, "operation": "buckets"}), account).await
    }

    #[test]
    fn an_empty_location_is_the_first_region() {
        assert_eq!(location(&json!({"LocationConstraint": ""})), "us-east-1");
        assert_eq!(location(&json!({})), "us-east-1");
        assert_eq!(location(&json!({"LocationConstraint": "EU"})), "eu-west-1");
        assert_eq!(location(&json!({"LocationConstraint": "eu-west-3"})), "eu-west-3");
    }

    #[tokio::test]
    async fn regions_in_the_list_need_no_further_call() {
        let account = account_with(&[("b", Some("us-east-1")), ("a", Some("eu-west-1"))]);
        let answer = asked("list my buckets", &account).await;
        assert_eq!(
            answer.result.unwrap()["rows"],
            json!([["a", "eu-west-1", "2026-01-02T03:04:05Z"], ["b", "us-east-1", "2026-01-02T03:04:05Z"]])
        );
        assert_eq!(account.asked(), ["s3:ListBuckets us-east-1 {}"]);
    }

    #[tokio::test]
    async fn missing_regions_are_asked_for_and_filtered_by() {
        let account = account_with(&[("a", None), ("b", None)])
            .answering_when("s3:GetBucketLocation", json!({"Bucket": "a"}), json!({"LocationConstraint": "eu-west-1"}))
            .answering_when("s3:GetBucketLocation", json!({"Bucket": "b"}), json!({"LocationConstraint": ""}));
        let rows = rows_of(&asked("list the buckets in eu-west-1", &account).await);
        assert_eq!(rows.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["a"]);
    }

    #[tokio::test]
    async fn a_region_that_cannot_be_read_is_a_failure_and_the_bucket_stays() {
        let account = account_with(&[("a", None)]).failing("s3:GetBucketLocation", 403, "AccessDenied");
        let answer = asked("list the buckets in eu-west-1", &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["name"], &rows[0]["region"]), (&json!("a"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
    }

    #[tokio::test]
    async fn an_account_without_buckets_is_an_answer() {
        let answer = asked("list my buckets", &account_with(&[])).await;
        assert_eq!((answer.success, rows_of(&answer).len()), (true, 0));
    }
}
