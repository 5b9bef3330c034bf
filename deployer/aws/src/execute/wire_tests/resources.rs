//! Stack resources that are put back: what is called, and what an answer that was lost or late leads to.

use std::collections::BTreeMap;

use deployer_core::resource::{Function, LogGroup, Resource, Table, TableKey};
use serde_json::{Value, json};

use super::Surroundings;
use crate::execute::resource::ensure;
use crate::fake_aws::{Answer, Call, FakeAws};

fn group() -> Resource {
    let tags = BTreeMap::from([("Project".to_string(), "p".to_string())]);
    Resource::LogGroup(LogGroup { name: "/aws/lambda/f".into(), retention_days: Some(14), tags })
}

fn group_answer(call: &Call, is_there: bool, retention: Value) -> Answer {
    match call.name.as_str() {
        "DescribeLogGroups" if is_there => {
            let others = json!({"logGroupName": "/aws/lambda/f-other"});
            let group = json!({"logGroupName": "/aws/lambda/f", "retentionInDays": retention});
            Answer::ok(json!({"logGroups": [others, group]}).to_string())
        }
        "DescribeLogGroups" => Answer::ok(json!({"logGroups": []}).to_string()),
        "ListTagsForResource" if is_there => Answer::ok(
            json!({"tags": {"Project": "p", "Theirs": "x", "aws:cloudformation:stack-name": "s"}}).to_string(),
        ),
        "ListTagsForResource" => Answer::refused(400, "ResourceNotFoundException", "none"),
        _ => Answer::ok("{}"),
    }
}

#[tokio::test]
async fn a_resource_that_is_as_wanted_is_not_touched() {
    let aws = FakeAws::serve(|call| group_answer(call, true, json!(14))).await;
    let surroundings = Surroundings::of(&aws).await;
    let summary = ensure(&surroundings.context(), &group(), &BTreeMap::new()).await.unwrap();
    assert_eq!(summary, "is as its template says");
    assert!(aws.writes().is_empty(), "{:?}", aws.writes());
}

#[tokio::test]
async fn only_what_differs_is_put_back() {
    let aws = FakeAws::serve(|call| group_answer(call, true, Value::Null)).await;
    let surroundings = Surroundings::of(&aws).await;
    let summary = ensure(&surroundings.context(), &group(), &BTreeMap::new()).await.unwrap();
    assert_eq!((summary.as_str(), aws.writes()), ("put back: retention", vec!["PutRetentionPolicy".to_string()]));
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_gone_on_with() {
    let aws = FakeAws::serve(|call| match call.name.as_str() {
        "CreateLogGroup" => Answer::refused(400, "ResourceAlreadyExistsException", "it exists"),
        _ => group_answer(call, false, Value::Null),
    })
    .await;
    let surroundings = Surroundings::of(&aws).await;
    ensure(&surroundings.context(), &group(), &BTreeMap::new()).await.unwrap();
    assert_eq!(aws.writes(), ["CreateLogGroup", "PutRetentionPolicy"]);
}

fn table(name: &str) -> Table {
    Table {
        name: name.into(),
        keys: vec![TableKey { name: "pk".into(), role: "HASH".into(), attribute_type: "S".into() }],
        indexes: BTreeMap::new(),
        billing_mode: "PAY_PER_REQUEST".into(),
        time_to_live: Some("ttl".into()),
        point_in_time_recovery: false,
        stream: None,
        deletion_protection: false,
        tags: BTreeMap::new(),
    }
}

fn table_answer(call: &Call, time_to_live: Value) -> Answer {
    let description = json!({"TableStatus": "ACTIVE", "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}});
    Answer::ok(match call.name.as_str() {
        "DescribeTable" => json!({"Table": description}).to_string(),
        "DescribeTimeToLive" => json!({"TimeToLiveDescription": time_to_live}).to_string(),
        "ListTagsOfResource" => json!({"Tags": []}).to_string(),
        _ => json!({}).to_string(),
    })
}

#[tokio::test]
async fn another_attribute_of_expiry_is_switched_off_before_the_wanted_one_is_switched_on() {
    let (mut current, mut refusals) = (json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "other"}), 1);
    let aws = FakeAws::serve(move |call| {
        if call.name != "UpdateTimeToLive" {
            return table_answer(call, current.clone());
        }
        if refusals > 0 {
            refusals -= 1;
            let message = "Time to live has been modified multiple times within a fixed interval";
            return Answer::refused(400, "ValidationException", message);
        }
        let wanted: Value = serde_json::from_str(&call.body).unwrap();
        let specification = &wanted["TimeToLiveSpecification"];
        let status = if specification["Enabled"] == true { "ENABLED" } else { "DISABLED" };
        current = json!({"TimeToLiveStatus": status, "AttributeName": specification["AttributeName"]});
        Answer::ok("{}")
    })
    .await;
    let surroundings = Surroundings::of(&aws).await;
    let summary = ensure(&surroundings.context(), &Resource::Table(table("t")), &BTreeMap::new()).await.unwrap();
    assert_eq!(summary, "put back: time to live");
    let switched: Vec<(bool, String)> = aws
        .calls()
        .iter()
        .filter(|call| call.name == "UpdateTimeToLive")
        .map(|call| serde_json::from_str::<Value>(&call.body).unwrap()["TimeToLiveSpecification"].clone())
        .map(|wanted| (wanted["Enabled"] == true, wanted["AttributeName"].as_str().unwrap().to_string()))
        .collect();
    let off = (false, "other".to_string());
    assert_eq!(switched, [off.clone(), off, (true, "ttl".to_string())]);
}

#[tokio::test]
async fn the_conversation_table_is_never_made_again() {
    let aws = FakeAws::serve(|_| Answer::refused(400, "ResourceNotFoundException", "no such table")).await;
    let surroundings = Surroundings::of(&aws).await;
    let name = surroundings.settings.names().conversations_table();
    let refused = ensure(&surroundings.context(), &Resource::Table(table(&name)), &BTreeMap::new()).await;
    assert_eq!(refused.unwrap_err().code, "plan/table-missing");
    assert!(aws.writes().is_empty(), "{:?}", aws.writes());
}

fn function() -> Function {
    Function {
        name: "f".into(),
        description: None,
        image_uri: "host/r@sha256:b".into(),
        architecture: "arm64".into(),
        memory_mb: 512,
        timeout_seconds: 30,
        role_arn: "arn:aws:iam::111122223333:role/r".into(),
        environment: BTreeMap::new(),
        tracing: "PassThrough".into(),
        log_group: None,
        tags: BTreeMap::new(),
    }
}

/// The function with another image, and how its last update ended.
fn function_answer(call: &Call, status: &str) -> Answer {
    let configuration = json!({
        "Architectures": ["arm64"], "MemorySize": 512, "Timeout": 30, "Role": "arn:aws:iam::111122223333:role/r",
        "State": "Active", "LastUpdateStatus": status, "LastUpdateStatusReason": "the image is gone",
    });
    match call.name.as_str() {
        "GET /2015-03-31/functions/f" => {
            Answer::ok(json!({"Configuration": configuration, "Code": {"ImageUri": "host/r@sha256:a"}}).to_string())
        }
        name if name.starts_with("GET ") => Answer::ok(configuration.to_string()),
        _ => Answer::ok("{}"),
    }
}

#[tokio::test]
async fn a_function_whose_last_update_failed_is_repaired_by_the_next() {
    let mut status = "Failed";
    let aws = FakeAws::serve(move |call| {
        if call.name.ends_with("/code") {
            status = "Successful";
        }
        function_answer(call, status)
    })
    .await;
    let surroundings = Surroundings::of(&aws).await;
    let summary = ensure(&surroundings.context(), &Resource::Function(function()), &BTreeMap::new()).await.unwrap();
    assert_eq!(summary, "put back: image");
}

#[tokio::test]
async fn an_update_of_a_function_that_fails_is_a_failure() {
    let aws = FakeAws::serve(|call| function_answer(call, "Failed")).await;
    let surroundings = Surroundings::of(&aws).await;
    let failure = ensure(&surroundings.context(), &Resource::Function(function()), &BTreeMap::new()).await;
    assert_eq!(failure.unwrap_err().cause, "the image is gone");
}
