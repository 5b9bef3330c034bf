use serde_json::Map;

use super::*;
use crate::reader::fake::FakeAccount;
use crate::service::testing::{ask, rows, rows_of};

const TOOL: &str = super::super::TOOL.name;
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function";

fn account(names: &[&str]) -> FakeAccount {
    let functions: Vec<_> = names.iter().map(|name| json!({"FunctionName": name})).collect();
    FakeAccount::default().answering("lambda:ListFunctions", json!({"Functions": functions})).failing(
        "lambda:GetPolicy",
        404,
        "ResourceNotFoundException",
    )
}

fn mapping(function: &str, state: &str, result: Value) -> Value {
    json!({
        "UUID": "u", "FunctionArn": format!("{ARN}:{function}"),
            "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:jobs",
        "State": state, "StateTransitionReason": "User initiated", "LastProcessingResult": result,
    })
}

fn found(rows: &[Map<String, Value>]) -> Vec<Value> {
    rows.iter().map(|row| json!([row["function"], row["kind"], row["source"]])).collect()
}

fn with_triggers() -> FakeAccount {
    let document = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
         "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"},
             "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::uploads"}}},
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "lambda:InvokeFunction"},
    ]});
    account(&["api", "idle", "worker"])
        .answering_when("lambda:GetPolicy", json!({"FunctionName": "api"}), json!({"Policy": document.to_string()}))
        .answering(
            "lambda:ListEventSourceMappings",
            json!({"EventSourceMappings": [mapping("worker:live", "Enabled", json!("OK"))]}),
        )
}

#[tokio::test]
async fn mappings_and_permitted_callers_are_triggers() {
    let account = with_triggers();
    let answer = ask(TOOL, json!({"query": "", "operation": "function-triggers"}), &account).await;
    assert_eq!(
        found(&rows_of(&answer)),
        [
            json!(["api", "account 210987654321", null]),
            json!(["api", "s3.amazonaws.com", "arn:aws:s3:::uploads"]),
            json!(["idle", null, null]),
            json!(["worker", "event source mapping", "arn:aws:sqs:us-east-1:123456789012:jobs"]),
        ]
    );
    assert_eq!(answer.result.unwrap()["summary"], json!({"functions_without_trigger": 1, "functions": 3}));
}

#[tokio::test]
async fn only_the_named_functions_are_asked_about() {
    let account = with_triggers();
    let rows = rows(TOOL, "function-triggers", json!({"functions": ["worker"]}), &account).await;
    assert_eq!(found(&rows), [json!(["worker", "event source mapping", "arn:aws:sqs:us-east-1:123456789012:jobs"])]);
    assert_eq!(account.asked().iter().filter(|asked| asked.starts_with("lambda:GetPolicy")).count(), 1);
}

#[tokio::test]
async fn no_function_is_said_to_have_no_trigger_when_mappings_cannot_be_read() {
    let account = with_triggers().failing("lambda:ListEventSourceMappings", 403, "AccessDeniedException");
    let answer = ask(TOOL, json!({"query": "", "operation": "function-triggers"}), &account).await;
    assert_eq!(rows_of(&answer).len(), 4);
    assert_eq!(answer.result.unwrap()["summary"], json!({"functions": 3}));
    assert_eq!(answer.completeness.unwrap().failed[0].operation, "lambda:ListEventSourceMappings");
}

#[tokio::test]
async fn disabled_mappings_and_failed_batches_are_listed_and_idle_ones_are_not() {
    let mut kafka = mapping(
        "d",
        "Enabled",
        json!("PROBLEM: Connection error. Please check your event source connection configuration."),
    );
    kafka["EventSourceArn"] = Value::Null;
    kafka["SelfManagedEventSource"] = json!({"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka.example.com:9092"]}});
    kafka["Topics"] = json!(["orders"]);
    let account = FakeAccount::default().answering(
        "lambda:ListEventSourceMappings",
        json!({"EventSourceMappings": [
            kafka,
            mapping("c", "Enabled", json!("No records processed")),
            mapping("b", "Enabled", Value::Null),
            mapping("a", "Disabled", json!("OK")),
        ]}),
    );
    let answer = ask(TOOL, json!({"query": "", "operation": "failing-event-sources"}), &account).await;
    let found: Vec<_> =
        rows_of(&answer).iter().map(|row| json!([row["function"], row["source"], row["state"]])).collect();
    assert_eq!(
        found,
        [
            json!(["a", "arn:aws:sqs:us-east-1:123456789012:jobs", "Disabled"]),
            json!(["d", "self-managed Kafka orders", "Enabled"]),
        ]
    );
    assert_eq!(answer.result.unwrap()["summary"], json!({"disabled": 1, "failing": 1, "mappings": 4}));
}

fn with_destinations() -> FakeAccount {
    let config = |arn: String, destination: &str| {
        json!({"FunctionEventInvokeConfigs": [{"FunctionArn": arn,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": destination}}}]})
    };
    let sqs = "arn:aws:sqs:us-east-1:123456789012:failed";
    FakeAccount::default()
        .answering(
            "lambda:ListFunctions",
            json!({"Functions": [
                {"FunctionName": "alias-only"}, {"FunctionName": "bare"}, {"FunctionName": "destination"},
                {"FunctionName": "dlq", "DeadLetterConfig": {"TargetArn": sqs}},
            ]}),
        )
        .answering("lambda:ListFunctionEventInvokeConfigs", json!({"FunctionEventInvokeConfigs": []}))
        .answering_when(
            "lambda:ListFunctionEventInvokeConfigs",
            json!({"FunctionName": "alias-only"}),
            config(format!("{ARN}:alias-only:live"), sqs),
        )
        .answering_when(
            "lambda:ListFunctionEventInvokeConfigs",
            json!({"FunctionName": "destination"}),
            config(format!("{ARN}:destination:$LATEST"), sqs),
        )
}

#[tokio::test]
async fn functions_without_target_and_destination_come_with_the_busiest_first() {
    let result =
        |id: &str, values: Value| json!({"Id": id, "StatusCode": "Complete", "Timestamps": [], "Values": values});
    let account = with_destinations().answering(
        "cloudwatch:GetMetricData",
        json!({"MetricDataResults": [result("m2", json!([10.0, 20.0])), result("m3", json!([2.0]))]}),
    );
    let rows = rows(TOOL, "functions-without-dead-letters", json!({}), &account).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| json!([row["name"], row["async_events_of_a_week"], row["dropped_events_of_a_week"]]))
        .collect();
    assert_eq!(found, [json!(["bare", 30, 2]), json!(["alias-only", 0, 0])]);
}

#[tokio::test]
async fn functions_stay_when_destinations_and_metrics_cannot_be_read() {
    let account = with_destinations()
        .failing_when(
            "lambda:ListFunctionEventInvokeConfigs",
            json!({"FunctionName": "bare"}),
            403,
            "AccessDeniedException",
        )
        .failing("cloudwatch:GetMetricData", 403, "AccessDenied");
    let answer = ask(TOOL, json!({"query": "", "operation": "functions-without-dead-letters"}), &account).await;
    let found: Vec<_> = rows_of(&answer)
        .iter()
        .map(|row| json!([row["name"], row["failure_destination"], row["async_events_of_a_week"]]))
        .collect();
    assert_eq!(found, [json!(["alias-only", "none", null]), json!(["bare", null, null])]);
    assert_eq!(answer.completeness.unwrap().failed.len(), 2);
}
