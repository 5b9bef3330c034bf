//! One operation with its parameters, as the caller gave them.

use aws_read::{Answer, Budget, Call, ReadError};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::tally::Tally;
use super::{SERVICE, bucket, guide, trim};
use crate::answer::Outcome;
use crate::reader::Reader;

pub(super) async fn run(operation: &str, parameters: &Value, deadline: Instant, reader: &impl Reader) -> Outcome {
    let call = Call::new(SERVICE, operation, parameters.clone(), Budget::until(deadline));
    match reader.call(call).await {
        Ok(answer) => answered(operation, answer),
        Err(error) => refused(operation, &error),
    }
}

fn answered(operation: &str, answer: Answer) -> Outcome {
    let mut tally = Tally::default();
    tally.answered(&answer);
    let items = answer.items;
    let mut result = answer.value;
    if operation == "GetBucketLocation" {
        result["Region"] = json!(bucket::region(&result));
    }
    if let Some(error) = answer.interrupted {
        result["Interrupted"] = json!(error.to_string());
    }
    if trim::trim(&mut result, trim::LIMIT) {
        tally.cut();
        // Going on from the token would skip the rows that were cut.
        if let Some(members) = result.as_object_mut() {
            members.remove("ContinuationToken");
        }
        result["Note"] = json!("the result is cut; ask for less, for example with MaxBuckets or Prefix");
    }
    Outcome { completeness: Some(tally.completeness(items)), ..Outcome::result(result) }
}

fn refused(operation: &str, error: &ReadError) -> Outcome {
    let mut tally = Tally::default();
    tally.refused(operation, error);
    let text = match error {
        ReadError::NotAllowed { .. } => format!("{error} (allowed: {})", guide::names().join(", ")),
        ReadError::Parameter { .. } => format!("{error} (parameters: {})", guide::parameters(operation)),
        _ => error.to_string(),
    };
    Outcome { completeness: Some(tally.completeness(0)), ..Outcome::error(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeReader;

    #[tokio::test]
    async fn a_location_is_answered_with_its_region() {
        let reader = FakeReader::default().answering("GetBucketLocation", "b-1", json!({"LocationConstraint": ""}));
        let outcome = run("GetBucketLocation", &json!({"Bucket": "b-1"}), Instant::now(), &reader).await;
        assert_eq!(outcome.result, Some(json!({"LocationConstraint": "", "Region": "us-east-1"})));
    }

    #[test]
    fn a_refused_operation_names_those_that_are_allowed_and_counts_no_call() {
        let error = ReadError::NotAllowed { service: "s3".into(), operation: "GetObject".into(), nearest: None };
        let outcome = refused("GetObject", &error);
        assert!(outcome.error.unwrap().contains("(allowed: GetBucketAccelerateConfiguration, "));
        assert!(outcome.completeness.unwrap().calls.is_empty());
    }

    #[test]
    fn a_wrong_parameter_is_answered_with_the_right_ones() {
        let problem = "Bucket is required".to_owned();
        let error = ReadError::Parameter { operation: "s3:GetBucketAcl".into(), problem, nearest: None };
        let text = refused("GetBucketAcl", &error).error.unwrap();
        assert!(text.contains(r#""Bucket":"string, required""#), "{text}");
    }
}
