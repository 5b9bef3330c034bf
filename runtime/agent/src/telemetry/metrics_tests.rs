//! The lines against the specification's rules, as a JSON schema, and against
//! the rules that a schema cannot state.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Metrics, TurnMeasures};
use crate::model::Usage;

/// What "Specification: Embedded metric format" (CloudWatch user guide) asks of a document. Dimension
/// sets hold at most 30 names, a directive at most 100 metrics; units are those of MetricDatum.
fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["_aws"],
        "properties": {
            "_aws": {
                "type": "object",
                "required": ["Timestamp", "CloudWatchMetrics"],
                "properties": {
                    "Timestamp": {"type": "integer", "minimum": 1_500_000_000_000_u64},
                    "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": directive()},
                },
            },
        },
        "additionalProperties": {"type": ["number", "string"]},
    })
}

fn directive() -> Value {
    let name = |most: usize| json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": r"\S"});
    let units = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Percent", "Count", "None"];
    json!({
        "type": "object",
        "required": ["Namespace", "Dimensions", "Metrics"],
        "additionalProperties": false,
        "properties": {
            "Namespace": {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": "^[^:].*$"},
            "Dimensions": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "array", "maxItems": 30, "uniqueItems": true, "items": name(250)},
            },
            "Metrics": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "required": ["Name"],
                    "additionalProperties": false,
                    "properties": {
                        "Name": name(1_024),
                        "Unit": {"enum": units},
                        "StorageResolution": {"enum": [1, 60]},
                    },
                },
            },
        },
    })
}

/// The lines that this writes, read back.
fn written(write: impl FnOnce(&Metrics)) -> Vec<Value> {
    let out = Arc::new(Mutex::new(Vec::new()));
    write(&Metrics::writing_to("prod", out.clone()));
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a document of its own")).collect()
}

/// References must lead to members of the document: dimensions to texts, metrics to numbers.
fn check_references(line: &Value) {
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        for name in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
            let value = line[name.as_str().unwrap()].as_str().expect("a dimension's value is a text");
            assert!((1..=1_024).contains(&value.len()), "{name}");
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
    }
}

fn check(line: &Value) {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let faults: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new(), "{line}");
    check_references(line);
}

fn measures(whole: bool, first_token_ms: Option<u64>) -> TurnMeasures<'static> {
    let usage = Usage { input_tokens: 70, output_tokens: 30, cache_read_tokens: 500, ..Usage::default() };
    let ending = if whole { "whole" } else { "deadline" };
    TurnMeasures { ending, whole, rounds: 2, tool_calls: 3, usage, duration_ms: 1_234, first_token_ms }
}

#[test]
fn a_turn_is_one_line_that_cloudwatch_reads() {
    let lines = written(|metrics| metrics.turn(&measures(true, Some(250))));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    check(line);
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "AwsOperationsAgent");
    assert_eq!(directive["Dimensions"], json!([["Environment"]]));
    for (name, value) in [
        ("Turns", 1),
        ("TurnDuration", 1_234),
        ("FirstToken", 250),
        ("Rounds", 2),
        ("ToolCalls", 3),
        ("InputTokens", 70),
        ("OutputTokens", 30),
        ("CacheReadTokens", 500),
        ("Failures", 0),
    ] {
        assert_eq!(line[name], value, "{name}");
        let defined = directive["Metrics"].as_array().unwrap().iter().any(|metric| metric["Name"] == name);
        assert!(defined, "{name}");
    }
    assert_eq!((&line["Environment"], &line["Ending"]), (&json!("prod"), &json!("whole")));
}

#[test]
fn a_turn_that_failed_before_the_first_token_counts_as_a_failure_and_has_none() {
    let lines = written(|metrics| metrics.turn(&measures(false, None)));
    check(&lines[0]);
    assert_eq!(lines[0]["Failures"], 1);
    assert!(!lines[0].to_string().contains("FirstToken"), "{}", lines[0]);
}

#[test]
fn a_tool_call_is_one_line_by_environment_and_by_tool() {
    let lines = written(|metrics| {
        metrics.tool("aws___ec2", true, 80, 4_096);
        metrics.tool("aws___s3", false, 90, 0);
    });
    lines.iter().for_each(check);
    assert_eq!(
        lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
        json!([["Environment"], ["Environment", "Tool"]])
    );
    let values = |line: &Value| ["Tool", "ToolDuration", "ToolFailures", "ToolBytes"].map(|name| line[name].clone());
    assert_eq!(values(&lines[0]), [json!("aws___ec2"), json!(80), json!(0), json!(4_096)]);
    assert_eq!(values(&lines[1]), [json!("aws___s3"), json!(90), json!(1), json!(0)]);
}

#[test]
fn the_schema_refuses_what_the_specification_forbids() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let good = written(|metrics| metrics.tool("aws___ec2", true, 80, 4_096)).remove(0);
    for (place, bad) in [
        ("/_aws/Timestamp", json!("now")),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("Parsecs")),
        ("/_aws/CloudWatchMetrics/0/Dimensions/0", json!("Environment")),
    ] {
        let mut line = good.clone();
        *line.pointer_mut(place).expect("a place in the line") = bad;
        assert!(!validator.is_valid(&line), "{place}");
    }
}
