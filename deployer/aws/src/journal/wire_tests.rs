//! The journal over DynamoDB's protocol.

use std::collections::BTreeMap;

use deployer_core::plan::{Action, Step, StepId};
use deployer_core::progress::Silent;
use deployer_core::{Failure, Plan};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Journal, RunKind, State, deployment, history, note_smoke_test, run_steps};
use crate::execute::Run;
use crate::fake_aws::{Answer, Call, FakeAws};
use crate::lease::{LeaseRecord, Process};
use crate::samples;

/// Of a saved plan.
const IDENTITY: &str = "0123";

/// Why DynamoDB cancels a transaction: the check's reason, and none for the put.
fn cancelled(reason: &str) -> Answer {
    let reasons = json!([{"Code": reason}, {"Code": "None"}]);
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled", "CancellationReasons": reasons,
    });
    Answer::refused(400, "TransactionCanceledException", "").with_body(body.to_string())
}

fn lease() -> LeaseRecord {
    LeaseRecord {
        holder: "ann@box pid 7".into(),
        process: Process::current(),
        since: "2026-01-01T00:00:00Z".into(),
        fence: 3,
        token: "t".into(),
        expires_at: 1,
    }
}

async fn begin(aws: &FakeAws) -> Result<Journal, Failure> {
    let (clients, settings, desired) = (aws.clients().await, aws.settings(), samples::desired());
    let plan = Plan {
        environment: "local".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        steps: vec![],
        access: vec![],
    };
    let run = Run {
        clients: &clients,
        settings: &settings,
        kind: RunKind::Up,
        plan: &plan,
        desired: Some(&desired),
        rolls_back: None,
        saved_plan: Some(IDENTITY.into()),
        images: &BTreeMap::new(),
        reporter: &Silent,
        cancel: CancellationToken::new(),
    };
    Journal::begin(&run, &lease(), "r1").await
}

fn written(call: &Call) -> Vec<Value> {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    let parts = body["TransactItems"].as_array().unwrap().clone();
    parts.into_iter().filter_map(|part| part.get("Put").map(|put| put["Item"].clone())).collect()
}

#[tokio::test]
async fn a_write_that_meets_the_leases_renewal_is_sent_again() {
    let mut meetings = 2;
    let aws = FakeAws::serve(move |_| {
        meetings -= 1;
        if meetings >= 0 { cancelled("TransactionConflict") } else { Answer::ok("{}") }
    })
    .await;
    begin(&aws).await.unwrap();
    assert_eq!(aws.calls().len(), 3);
}

#[tokio::test]
async fn a_write_without_the_lease_is_refused() {
    let aws = FakeAws::serve(|_| cancelled("ConditionalCheckFailed")).await;
    assert_eq!(begin(&aws).await.err().unwrap().code, "run/lease-lost");
    assert_eq!(aws.calls().len(), 1);
}

#[tokio::test]
async fn a_run_and_its_deployment_are_written_together_and_can_be_read_back() {
    let aws = FakeAws::serve(|_| Answer::ok("{}")).await;
    begin(&aws).await.unwrap();
    let items = written(&aws.calls()[0]);
    assert_eq!(items.len(), 2, "the run and what it deploys");
    let reader = FakeAws::serve(move |call| match call.name.as_str() {
        "GetItem" => Answer::ok(json!({"Item": items[1]}).to_string()),
        _ => Answer::ok(json!({"Items": [items[0]]}).to_string()),
    })
    .await;
    let (clients, settings) = (reader.clients().await, reader.settings());
    let runs = history(&clients, &settings).await.unwrap();
    assert_eq!((runs[0].run_id.as_str(), runs[0].kind, runs[0].recorded), ("r1", RunKind::Up, true));
    assert_eq!(runs[0].plan.as_deref(), Some(IDENTITY));
    assert_eq!(deployment(&clients, &settings, "r1").await.unwrap(), Some(samples::desired()));
}

#[tokio::test]
async fn a_step_is_known_by_its_id_and_its_failure_by_its_code() {
    let aws = FakeAws::serve(|_| Answer::ok("{}")).await;
    let journal = begin(&aws).await.unwrap();
    let step = Step {
        id: StepId::Gateway,
        action: Action::Create,
        resource: "gateway x".into(),
        reason: String::new(),
        changes: vec![],
        foreign: vec![],
        depends_on: vec![],
        operation: None,
        fingerprint: String::new(),
    };
    journal.intent(0, &step).await.unwrap();
    journal.result(0, &step, &Err(Failure::new("plan/stale", "create gateway x", "it moved"))).await.unwrap();
    let items: Vec<Value> = aws.calls()[1..].iter().flat_map(written).collect();
    let reader = FakeAws::serve(move |_| Answer::ok(json!({ "Items": items }).to_string())).await;
    let steps = run_steps(&reader.clients().await, &reader.settings(), "r1").await.unwrap();
    let told: Vec<_> = steps.iter().map(|step| (step.id, step.state, step.code.as_deref())).collect();
    let id = Some(StepId::Gateway);
    assert_eq!(told, [(id, State::Running, None), (id, State::Failed, Some("plan/stale"))]);
}

fn run_item(number: u32) -> Value {
    let text = |value: String| json!({ "S": value });
    json!({
        "pk": text("history".into()), "sk": text(format!("2026-01-0{number}T00:00:00Z#r{number}")),
        "run_id": text(format!("r{number}")), "started": text(format!("2026-01-0{number}T00:00:00Z")),
        "state": text("done".into()), "holder": text("ann".into()), "principal": text("arn".into()),
        "kind": text("up".into()), "steps": {"L": []},
    })
}

/// Three runs on two pages.
fn pages(call: &Call) -> Answer {
    if call.name != "Query" {
        return Answer::ok("{}");
    }
    match call.body.contains("ExclusiveStartKey") {
        false => {
            let key = json!({"pk": {"S": "history"}, "sk": {"S": "x"}});
            Answer::ok(json!({"Items": [run_item(1), run_item(2)], "LastEvaluatedKey": key}).to_string())
        }
        true => Answer::ok(json!({"Items": [run_item(3)]}).to_string()),
    }
}

#[tokio::test]
async fn the_history_is_read_to_its_end_newest_first() {
    let aws = FakeAws::serve(pages).await;
    let runs = history(&aws.clients().await, &aws.settings()).await.unwrap();
    let ids: Vec<&str> = runs.iter().map(|run| run.run_id.as_str()).collect();
    assert_eq!(ids, ["r3", "r2", "r1"]);
}

#[tokio::test]
async fn a_smoke_test_is_noted_with_its_run_only() {
    let aws = FakeAws::serve(pages).await;
    let (clients, settings) = (aws.clients().await, aws.settings());
    note_smoke_test(&clients, &settings, "r2", true).await.unwrap();
    let update = aws.calls().into_iter().find(|call| call.name == "UpdateItem").unwrap();
    assert!(update.body.contains("2026-01-02T00:00:00Z#r2"), "{}", update.body);
    assert_eq!(note_smoke_test(&clients, &settings, "r9", true).await.unwrap_err().code, "run/unknown");
}

#[tokio::test]
async fn without_a_table_there_is_no_history() {
    let aws = FakeAws::serve(|_| Answer::refused(400, "ResourceNotFoundException", "no table")).await;
    assert!(history(&aws.clients().await, &aws.settings()).await.unwrap().is_empty());
}
