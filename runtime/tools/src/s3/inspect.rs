//! The recipe that looks at buckets under some aspects: a join of reads over the
//! buckets, a few at a time.

use aws_read::{Answer, Budget, Call, ReadError};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::SERVICE;
use super::bucket::{self, Row};
use super::list;
use super::probe::{Aspect, Probe, is_public};
use super::recipe::Inspection;
use super::tally::Tally;
use crate::answer::Outcome;
use crate::reader::Reader;

/// Calls at the same time.
const CONCURRENCY: usize = 8;

pub(super) async fn run(inspection: &Inspection, deadline: Instant, reader: &impl Reader) -> Outcome {
    let mut tally = Tally::default();
    let mut rows = match buckets(inspection, deadline, reader, &mut tally).await {
        Ok(rows) => rows,
        Err(error) => return list::failed(error, tally),
    };
    if inspection.region.is_some() {
        fill(&mut rows, Aspect::Location.probes(), deadline, reader, &mut tally).await;
        rows = list::in_region(rows, inspection.region.as_ref());
    }
    let mut read = rows.is_empty();
    for aspect in &inspection.aspects {
        read |= fill(&mut rows, aspect.probes(), deadline, reader, &mut tally).await;
    }
    match tally.first_failure() {
        Some(failure) if !read => {
            let error = format!("{failure} (none of {} buckets could be read)", rows.len());
            Outcome { completeness: Some(tally.completeness(0)), ..Outcome::error(error) }
        }
        _ => {
            judge(&mut rows, &inspection.aspects);
            list::finished(rows, tally)
        }
    }
}

/// The marked buckets as they are; else those of the account that the query
/// mentions; else all of them.
async fn buckets(
    inspection: &Inspection,
    deadline: Instant,
    reader: &impl Reader,
    tally: &mut Tally,
) -> Result<Vec<Row>, ReadError> {
    if !inspection.marked.is_empty() {
        return Ok(inspection.marked.iter().map(|name| bucket::named(name)).collect());
    }
    let answer = list::all(deadline, reader).await?;
    tally.answered(&answer);
    let all = bucket::rows(&answer);
    let is_mentioned = |row: &Row| inspection.mentioned.iter().any(|word| word == bucket::name(row));
    match all.iter().any(is_mentioned) {
        true => Ok(all.into_iter().filter(is_mentioned).collect()),
        false => Ok(all),
    }
}

/// Fills the probes' columns where they are empty; true when a read succeeded or
/// none was needed. Failures go to the tally and leave the cell empty.
pub(super) async fn fill(
    rows: &mut [Row],
    probes: &'static [Probe],
    deadline: Instant,
    reader: &impl Reader,
    tally: &mut Tally,
) -> bool {
    let jobs: Vec<(usize, &'static Probe, Call)> = jobs(rows, probes, deadline);
    let mut read = jobs.is_empty();
    let answers = stream::iter(jobs).map(|(row, probe, call)| async move { (row, probe, reader.call(call).await) });
    let answers: Vec<_> = answers.buffered(CONCURRENCY).collect().await;
    for (index, probe, answer) in answers {
        let row = &mut rows[index];
        if let Some(cell) = cell(probe, bucket::name(row), answer, tally) {
            row.insert(probe.column.into(), cell);
            read = true;
        }
    }
    read
}

fn jobs(rows: &[Row], probes: &'static [Probe], deadline: Instant) -> Vec<(usize, &'static Probe, Call)> {
    let pairs = rows.iter().enumerate().flat_map(|(index, row)| probes.iter().map(move |probe| (index, row, probe)));
    let missing = pairs.filter(|(_, row, probe)| !row.contains_key(probe.column));
    let jobs = missing.map(|(index, row, probe)| {
        let parameters = json!({"Bucket": bucket::name(row)});
        let call = Call::new(SERVICE, probe.operation, parameters, Budget::until(deadline));
        (index, probe, Call { region: bucket::known_region(row), ..call })
    });
    jobs.collect()
}

fn cell(probe: &Probe, bucket: &str, answer: Result<Answer, ReadError>, tally: &mut Tally) -> Option<Value> {
    match answer {
        Ok(answer) => {
            tally.answered(&answer);
            Some((probe.cell)(&answer.value))
        }
        Err(error) if error.code() == probe.absent_code => {
            tally.refused(probe.operation, &error);
            Some((probe.cell)(&Value::Null))
        }
        Err(error) => {
            tally.failed(probe.operation, bucket, &error);
            None
        }
    }
}

/// Adds the verdict on public access; `null` when a part of it is unknown.
fn judge(rows: &mut [Row], aspects: &[Aspect]) {
    if !aspects.contains(&Aspect::PublicAccess) {
        return;
    }
    for row in rows {
        let verdict = json!(is_public(row));
        row.insert("public".into(), verdict);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeReader;
    use crate::s3::recipe::{Recipe, choose};

    async fn inspected(query: &str, reader: &FakeReader) -> Outcome {
        let Some(Recipe::Inspect(inspection)) = choose(query) else { panic!("{query}") };
        run(&inspection, Instant::now(), reader).await
    }

    fn two_buckets() -> FakeReader {
        FakeReader::with_buckets(&[("app-1", Some("eu-west-1")), ("photos", Some("us-east-1"))])
    }

    #[tokio::test]
    async fn all_buckets_are_joined_and_none_is_told_from_unknown() {
        let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}});
        let reader = two_buckets()
            .answering("GetBucketEncryption", "app-1", json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}))
            .failing("GetBucketEncryption", "photos", 404, "ServerSideEncryptionConfigurationNotFoundError");
        let outcome = inspected("which buckets are not encrypted?", &reader).await;
        let (result, completeness) = (outcome.result.unwrap(), outcome.completeness.unwrap());
        assert_eq!(result["buckets"][0]["encryption"], "AES256");
        assert_eq!(result["buckets"][1]["encryption"], "none");
        assert_eq!(result.get("failures"), None);
        assert_eq!(completeness.calls, ["s3:GetBucketEncryption x2", "s3:ListBuckets"]);
        assert_eq!(completeness.regions, ["eu-west-1", "us-east-1"]);
    }

    #[tokio::test]
    async fn one_failing_bucket_is_listed_and_the_others_answer() {
        let reader = two_buckets().answering("GetBucketVersioning", "app-1", json!({"Status": "Enabled"})).failing(
            "GetBucketVersioning",
            "photos",
            403,
            "AccessDenied",
        );
        let result = inspected("versioning of all buckets", &reader).await.result.unwrap();
        assert_eq!(result["buckets"][0]["versioning"], "Enabled");
        assert_eq!(result["buckets"][1].get("versioning"), None);
        assert_eq!(result["failures"][0]["operation"], "s3:GetBucketVersioning");
        assert_eq!(result["failures"][0]["buckets"], json!(["photos"]));
    }

    #[tokio::test]
    async fn when_every_bucket_fails_the_answer_is_the_error() {
        let reader = two_buckets().failing("GetBucketVersioning", "app-1", 403, "AccessDenied").failing(
            "GetBucketVersioning",
            "photos",
            403,
            "AccessDenied",
        );
        let outcome = inspected("versioning of all buckets", &reader).await;
        let error = outcome.error.unwrap();
        assert!(error.contains("AccessDenied") && error.ends_with("(none of 2 buckets could be read)"), "{error}");
    }

    #[tokio::test]
    async fn a_marked_bucket_is_asked_without_listing() {
        let reader = FakeReader::default().answering("GetBucketTagging", "app-1", json!({"TagSet": []}));
        let result = inspected("tags of bucket app-1", &reader).await.result.unwrap();
        assert_eq!(result["buckets"], json!([{"name": "app-1", "tags": {}}]));
        assert_eq!(reader.asked(), ["GetBucketTagging app-1"]);
    }

    #[tokio::test]
    async fn a_listed_name_in_the_query_narrows_the_question() {
        let reader = two_buckets().failing("GetBucketTagging", "photos", 404, "NoSuchTagSet");
        let result = inspected("what tags does photos have?", &reader).await.result.unwrap();
        assert_eq!(result["count"], 1);
        assert_eq!(reader.asked(), ["GetBucketTagging photos", "ListBuckets"]);
    }

    #[tokio::test]
    async fn a_region_in_the_query_narrows_the_question() {
        let reader = two_buckets().failing("GetBucketTagging", "app-1", 404, "NoSuchTagSet");
        let result = inspected("tags of the buckets in eu-west-1", &reader).await.result.unwrap();
        assert_eq!((&result["count"], &result["buckets"][0]["name"]), (&json!(1), &json!("app-1")));
    }

    #[tokio::test]
    async fn public_access_has_a_verdict_unless_what_decides_it_is_unknown() {
        let everyone = json!({"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}});
        let reader = two_buckets()
            .failing("GetPublicAccessBlock", "app-1", 404, "NoSuchPublicAccessBlockConfiguration")
            .failing("GetBucketPolicyStatus", "app-1", 404, "NoSuchBucketPolicy")
            .answering("GetBucketAcl", "app-1", json!({"Grants": [everyone]}))
            .failing("GetPublicAccessBlock", "photos", 403, "AccessDenied")
            .answering("GetBucketPolicyStatus", "photos", json!({"PolicyStatus": {"IsPublic": true}}))
            .answering("GetBucketAcl", "photos", json!({"Grants": []}));
        let result = inspected("is any bucket public?", &reader).await.result.unwrap();
        assert_eq!(result["buckets"][0]["public"], true);
        assert_eq!(result["buckets"][1]["public"], Value::Null);
        assert_eq!(result["failures"][0]["code"], "AccessDenied");
    }
}
