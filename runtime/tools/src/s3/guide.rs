//! The answer to a question that no recipe answers: what can be asked, so that
//! the caller asks again with an operation.

use serde_json::{Value, json};

use super::SERVICE;
use super::words::words;
use crate::answer::Outcome;

/// Operations that are described in full.
const BEST: usize = 3;

pub(super) fn outcome(query: &str) -> Outcome {
    let best: serde_json::Map<_, _> = best(query).into_iter().map(|name| (name.to_owned(), parameters(name))).collect();
    Outcome::result(json!({
        "answered": false,
        "message": "No ready answer fits this question. Call again with `operation` and `parameters`, or ask which \
                    buckets there are, or about the region, encryption, versioning, public access, tags, lifecycle or \
                    access logging of one bucket or all. This tool only reads buckets' settings; it changes nothing \
                    and reads no objects.",
        "best_operations": best,
        "operations": names(),
        "example": {"operation": "GetBucketTagging", "parameters": "{\"Bucket\": \"my-bucket\"}"},
    }))
}

/// Every operation that can be called.
pub(super) fn names() -> Vec<&'static str> {
    aws_read::operations(SERVICE).iter().map(|operation| operation.name()).collect()
}

/// An operation's parameters with their types.
pub(super) fn parameters(name: &str) -> Value {
    let operation = aws_read::operations(SERVICE).iter().find(|operation| operation.name() == name);
    operation.map(aws_read::describe).unwrap_or_default()
}

/// The operations whose names share the most with the query's words.
fn best(query: &str) -> Vec<&'static str> {
    const SHORTEST: usize = 3;
    let stem = |word: &str| word.trim_end_matches('s').to_owned();
    let wanted = words(query).into_iter().filter(|word| word.len() >= SHORTEST && !word.starts_with("bucket"));
    let stems: Vec<_> = wanted.map(|word| stem(&word)).collect();
    let score = |name: &str| stems.iter().filter(|stem| name.to_lowercase().contains(stem.as_str())).count();
    let mut scored: Vec<_> =
        names().into_iter().map(|name| (score(name), name)).filter(|(score, _)| *score > 0).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, name)| name).take(BEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_fitting_operations_with_their_parameters() {
        let result = outcome("which buckets have replication?").result.unwrap();
        assert_eq!(result["best_operations"]["GetBucketReplication"]["Bucket"], "string, required");
        assert!(result["operations"].as_array().unwrap().contains(&json!("ListBuckets")));
    }

    #[test]
    fn the_example_of_the_guide_can_be_called() {
        let result = outcome("hello").result.unwrap();
        assert!(names().contains(&result["example"]["operation"].as_str().unwrap()));
        assert!(serde_json::from_str::<Value>(result["example"]["parameters"].as_str().unwrap()).is_ok());
    }
}
