//! The recipe that lists buckets with their regions.

use aws_read::{Answer, Budget, Call, ReadError, Region};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::bucket::{self, Row};
use super::probe::Aspect;
use super::tally::Tally;
use super::{SERVICE, inspect, trim};
use crate::answer::Outcome;
use crate::reader::Reader;

pub(super) async fn run(region: Option<Region>, deadline: Instant, reader: &impl Reader) -> Outcome {
    let mut tally = Tally::default();
    let mut rows = match all(deadline, reader).await {
        Ok(answer) => {
            tally.answered(&answer);
            bucket::rows(&answer)
        }
        Err(error) => return failed(error, tally),
    };
    inspect::fill(&mut rows, Aspect::Location.probes(), deadline, reader, &mut tally).await;
    let rows = in_region(rows, region.as_ref());
    finished(rows, tally)
}

/// All buckets of the account, as many as the budget takes.
pub(super) async fn all(deadline: Instant, reader: &impl Reader) -> Result<Answer, ReadError> {
    reader.call(Call::new(SERVICE, "ListBuckets", json!({}), Budget::until(deadline))).await
}

/// The rows of a region. A bucket whose region could not be read stays.
pub(super) fn in_region(rows: Vec<Row>, region: Option<&Region>) -> Vec<Row> {
    let Some(region) = region else { return rows };
    rows.into_iter().filter(|row| bucket::known_region(row).is_none_or(|found| found == *region)).collect()
}

pub(super) fn failed(error: ReadError, mut tally: Tally) -> Outcome {
    tally.refused("ListBuckets", &error);
    Outcome { completeness: Some(tally.completeness(0)), ..Outcome::error(error.to_string()) }
}

/// `count` is of all rows, also of those that were cut off.
pub(super) fn finished(rows: Vec<Row>, mut tally: Tally) -> Outcome {
    let failures = tally.failures();
    let mut result = json!({"count": rows.len(), "buckets": rows});
    if !failures.is_empty() {
        result["failures"] = Value::Array(failures);
    }
    if trim::trim(&mut result, trim::LIMIT) {
        tally.cut();
        result["note"] = json!("the list is cut; ask for a region or for single buckets");
    }
    let items = result["buckets"].as_array().map_or(0, Vec::len);
    Outcome { completeness: Some(tally.completeness(items)), ..Outcome::result(result) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeReader;

    async fn listed(reader: &FakeReader, region: Option<&str>) -> Outcome {
        run(region.and_then(Region::parse), Instant::now(), reader).await
    }

    #[tokio::test]
    async fn regions_in_the_list_need_no_further_call() {
        let reader = FakeReader::with_buckets(&[("a", Some("eu-west-1")), ("b", Some("us-east-1"))]);
        let outcome = listed(&reader, None).await;
        let expected = json!({"count": 2, "buckets": [
            {"name": "a", "created": "2026-01-02T03:04:05Z", "region": "eu-west-1"},
            {"name": "b", "created": "2026-01-02T03:04:05Z", "region": "us-east-1"},
        ]});
        assert_eq!(outcome.result, Some(expected));
        assert_eq!(reader.asked(), ["ListBuckets"]);
    }

    #[tokio::test]
    async fn missing_regions_are_asked_for_and_filtered_by() {
        let reader = FakeReader::with_buckets(&[("a", None), ("b", None)])
            .answering("GetBucketLocation", "a", json!({"LocationConstraint": "eu-west-1"}))
            .answering("GetBucketLocation", "b", json!({"LocationConstraint": ""}));
        let outcome = listed(&reader, Some("eu-west-1")).await;
        let result = outcome.result.unwrap();
        assert_eq!((&result["count"], &result["buckets"][0]["name"]), (&json!(1), &json!("a")));
        assert_eq!(outcome.completeness.unwrap().calls, ["s3:GetBucketLocation x2", "s3:ListBuckets"]);
    }

    #[tokio::test]
    async fn a_region_that_cannot_be_read_is_a_failure_and_the_bucket_stays() {
        let reader = FakeReader::with_buckets(&[("a", None)]).failing("GetBucketLocation", "a", 403, "AccessDenied");
        let result = listed(&reader, Some("eu-west-1")).await.result.unwrap();
        assert_eq!(result["count"], 1);
        assert_eq!(result["failures"][0]["code"], "AccessDenied");
        assert_eq!(result["failures"][0]["buckets"], json!(["a"]));
    }

    #[tokio::test]
    async fn an_account_without_buckets_is_an_answer() {
        let outcome = listed(&FakeReader::with_buckets(&[]), None).await;
        assert_eq!(outcome.result, Some(json!({"count": 0, "buckets": []})));
    }

    #[tokio::test]
    async fn a_list_that_aws_cut_is_labelled() {
        let mut reader = FakeReader::with_buckets(&[("a", Some("eu-west-1"))]);
        reader.truncated = true;
        assert!(listed(&reader, None).await.completeness.unwrap().truncated);
    }

    #[tokio::test]
    async fn a_long_list_is_cut_by_whole_rows_and_counts_all() {
        let names: Vec<String> = (0..900).map(|number| format!("bucket-number-{number}")).collect();
        let buckets: Vec<_> = names.iter().map(|name| (name.as_str(), Some("eu-west-1"))).collect();
        let outcome = listed(&FakeReader::with_buckets(&buckets), None).await;
        let (result, completeness) = (outcome.result.unwrap(), outcome.completeness.unwrap());
        assert_eq!(result["count"], 900);
        assert!(completeness.truncated && completeness.items < 900 && completeness.items > 100);
    }
}
