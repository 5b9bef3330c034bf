//! `s3_read_operations`: questions about buckets.
//!
//! With `operation` it makes that read. Without, words of the query choose a
//! fixed plan: list the buckets, or look at named or all buckets under some
//! aspects. A question that no plan answers gets the operations that exist.

mod bucket;
mod direct;
mod guide;
mod inspect;
mod list;
mod probe;
mod question;
mod recipe;
mod tally;
mod trim;
mod words;

use contract::tool_call::Completeness;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::Outcome;
use crate::reader::Reader;
use question::Question;
use recipe::Recipe;

const SERVICE: &str = "s3";

pub(crate) async fn run(arguments: &Value, deadline: Instant, reader: &impl Reader) -> Outcome {
    let question = match Question::read(arguments) {
        Ok(question) => question,
        Err(problem) => return Outcome { service: Some(SERVICE.into()), ..Outcome::error(problem) },
    };
    let outcome = match (&question.operation, recipe::choose(&question.query)) {
        (Some(operation), _) => direct::run(operation, &question.parameters, deadline, reader).await,
        (None, Some(Recipe::List { region })) => list::run(region, deadline, reader).await,
        (None, Some(Recipe::Inspect(inspection))) => inspect::run(&inspection, deadline, reader).await,
        (None, None) => guide::outcome(&question.query),
    };
    Outcome {
        service: Some(SERVICE.into()),
        user_query: Some(aws_read::cleaned(&question.query)),
        completeness: outcome.completeness.or_else(|| Some(Completeness::default())),
        ..outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeReader;
    use serde_json::json;

    async fn asked(arguments: Value, reader: &FakeReader) -> Outcome {
        run(&arguments, Instant::now(), reader).await
    }

    #[tokio::test]
    async fn an_operation_is_called_as_given_whatever_the_query_says() {
        let tags = json!({"TagSet": [{"Key": "team", "Value": "blue"}]});
        let reader = FakeReader::default().answering("GetBucketTagging", "my-bucket", tags.clone());
        for parameters in [json!({"Bucket": "my-bucket"}), json!(r#"{"Bucket": "my-bucket"}"#)] {
            let arguments = json!({"query": "list buckets", "operation": "GetBucketTagging", "parameters": parameters});
            let outcome = asked(arguments, &reader).await;
            assert_eq!(outcome.result, Some(tags.clone()));
            let completeness = outcome.completeness.unwrap();
            assert_eq!(completeness.calls, ["s3:GetBucketTagging"]);
            assert_eq!((completeness.items, completeness.truncated), (1, false));
        }
    }

    #[tokio::test]
    async fn every_answer_says_service_query_and_calls() {
        let reader = FakeReader::with_buckets(&[("a-1", Some("eu-west-1"))]);
        let outcome = asked(json!({"query": "List my S3 buckets"}), &reader).await;
        assert_eq!(outcome.service.as_deref(), Some("s3"));
        assert_eq!(outcome.user_query.as_deref(), Some("List my S3 buckets"));
        assert_eq!(outcome.completeness.unwrap().calls, ["s3:ListBuckets"]);
    }

    #[tokio::test]
    async fn a_denied_call_is_an_error_with_the_words_of_aws() {
        let reader = FakeReader::default().failing("ListBuckets", "", 403, "AccessDenied");
        let outcome = asked(json!({"query": "which buckets are there?"}), &reader).await;
        let error = outcome.error.unwrap();
        assert!(error.contains("AccessDenied: AccessDenied happened"), "{error}");
        assert!(error.contains("role needs"), "{error}");
        assert_eq!(outcome.completeness.unwrap().calls, ["s3:ListBuckets"]);
    }

    #[tokio::test]
    async fn other_questions_make_no_call() {
        let reader = FakeReader::default();
        for query in ["delete the bucket logs-1", "what objects are in my-bucket?", "S3 pricing", ""] {
            let outcome = asked(json!({"query": query}), &reader).await;
            assert_eq!(outcome.result.unwrap()["answered"], false, "{query}");
        }
        assert!(reader.asked().is_empty());
    }
}
