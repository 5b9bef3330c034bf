//! Questions asked with `chat`, all the way to AWS and back.

use serde_json::{Value, json};

use crate::shared::deployed;

#[test]
fn the_time_is_asked_of_a_tool() {
    let answer = deployed().ask(&["--env", "local", "--json", "What time is it?"]).succeeded().json();
    assert_eq!(answer["tools_used"], json!(["aws___get_time"]), "{answer}");
    let text = answer["answer"].as_str().expect("an answer");
    assert!(text.contains("Offline planner"), "{text}");
}

#[test]
fn an_answer_is_streamed_as_plain_text_without_a_terminal() {
    let answer = deployed().ask(&["--env", "local", "What", "time", "is", "it?"]).succeeded();
    assert!(answer.stdout.contains("Offline planner"), "{}", answer.stdout);
    assert!(answer.stderr.contains("aws___get_time"), "{}", answer.stderr);
    assert!(!answer.stdout.contains('\u{1b}'), "escape codes without a terminal");
}

#[test]
fn buckets_that_somebody_made_are_named() {
    let place = deployed();
    let aws = place.aws();
    for bucket in ["invoices-of-october", "holiday-pictures"] {
        aws.call("s3", "create_bucket", json!({"Bucket": bucket}));
    }
    let answer = place.ask(&["--env", "local", "--json", "List my S3 buckets"]).succeeded().json();
    let text = answer["answer"].as_str().expect("an answer");
    assert!(text.contains("invoices-of-october") && text.contains("holiday-pictures"), "{text}");
    assert_eq!(answer["tools_used"], json!(["aws___s3_read_operations"]));
}

#[test]
fn a_conversation_is_kept_listed_and_goes_on() {
    let place = deployed();
    let ask = |question: &str| {
        place.ask(&["--env", "local", "--conversation", "kept-talk", "--json", question]).succeeded();
    };
    ask("What time is it?");
    ask("And what time is it now?");
    let aws = place.aws();
    let query = json!({
        "TableName": "aws-operations-agent-conversations-local",
        "KeyConditionExpression": "conversation_id = :id",
        "ExpressionAttributeValues": {":id": {"S": "kept-talk"}},
    });
    let items = aws.call("dynamodb", "query", query);
    assert_eq!(items["Count"], 3, "one item for the conversation, one for each turn: {items}");
    let listed = place.ask(&["--env", "local", "conversations"]).succeeded();
    assert!(listed.stdout.contains("kept-talk"), "{}", listed.stdout);
}

#[test]
fn a_colleague_needs_only_the_connection_file() {
    let place = deployed();
    let connection = place.deploy(&["connection", "--env", "local"]).succeeded();
    let document: Value = connection.json();
    for secret in ["secret", "password", "token"] {
        assert!(!connection.stdout.contains(secret), "{document}");
    }
    let file = place.path().join("connection-of-a-colleague.json");
    std::fs::write(&file, connection.stdout).expect("the place can be written");
    let file = file.to_str().expect("the path is text");
    let answer = place.ask(&["--connection", file, "--json", "What time is it?"]).succeeded().json();
    assert_eq!(answer["tools_used"], json!(["aws___get_time"]));
}
