//! Whole runs: what happens at the same time, what a failure and Ctrl-C leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::plan::Operation;
use deployer_core::progress::Silent;
use deployer_core::{Action, Observed, Plan, Settings, Step, StepId};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;

use crate::execute::{ExecutionFailure, Outcome, Run, execute};
use crate::fake_aws::{Answer, Call, FakeAws};
use crate::journal::RunKind;

const ROLE: &str = "gateway-role";

/// Reads find nothing; the deployments table takes every write.
fn usual(call: &Call) -> Answer {
    match call.name.as_str() {
        "GetItem" | "PutItem" | "UpdateItem" | "TransactWriteItems" => Answer::ok("{}"),
        name if name.starts_with("GET ") => Answer::refused(404, "ResourceNotFoundException", "none"),
        "GetRole" | "ListRolePolicies" | "ListAttachedRolePolicies" => {
            Answer::refused_query("NoSuchEntity", "there is no such role")
        }
        other => panic!("unexpected call {other}"),
    }
}

fn is_statement_removal(call: &Call) -> bool {
    call.name.starts_with("DELETE ") && call.name.contains("/policy/")
}

fn step(id: StepId, depends_on: &[StepId], operation: Operation) -> Step {
    Step {
        id,
        action: Action::Delete,
        resource: id.name().into(),
        reason: String::new(),
        changes: vec![],
        foreign: vec![],
        depends_on: depends_on.to_vec(),
        operation: Some(operation),
        fingerprint: Observed::nothing("111122223333").fingerprint(id),
    }
}

fn role_step(depends_on: &[StepId]) -> Step {
    step(StepId::GatewayRole, depends_on, Operation::DeleteRole { name: ROLE.into() })
}

fn statement_step() -> Step {
    let operation = Operation::RemoveStatement { function_name: "f".into(), statement_id: "s".into() };
    step(StepId::FunctionPolicy, &[], operation)
}

async fn run(aws: &FakeAws, steps: Vec<Step>, cancel: CancellationToken) -> Result<Outcome, ExecutionFailure> {
    run_in(aws.settings(), aws, steps, cancel).await
}

async fn run_in(
    settings: Settings,
    aws: &FakeAws,
    steps: Vec<Step>,
    cancel: CancellationToken,
) -> Result<Outcome, ExecutionFailure> {
    let clients = aws.clients().await;
    let plan = Plan {
        environment: "local".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        steps,
        access: vec![],
    };
    execute(&Run {
        clients: &clients,
        settings: &settings,
        kind: RunKind::Down,
        plan: &plan,
        desired: None,
        rolls_back: None,
        saved_plan: None,
        images: &BTreeMap::new(),
        reporter: &Silent,
        cancel,
    })
    .await
}

/// State of each step that the journal was told, "running", "done", ... in the order of the writes.
fn noted(aws: &FakeAws, number: u32) -> Vec<String> {
    let writes = aws.calls().into_iter().filter(|call| call.name == "TransactWriteItems");
    let items = writes.flat_map(|call| {
        let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
        body["TransactItems"].as_array().unwrap().clone()
    });
    let of_step = items.map(|item| item["Put"]["Item"].clone());
    let of_step = of_step.filter(|item| item["sk"]["S"] == format!("step#{number:03}"));
    of_step.filter_map(|item| item["state"]["S"].as_str().map(str::to_string)).collect()
}

#[tokio::test]
async fn independent_steps_are_at_work_at_the_same_time() {
    // Each answer waits for the other call: one after the other would never end.
    let both = Arc::new(Barrier::new(2));
    let aws = FakeAws::serve_slowly(move |call| {
        let both = both.clone();
        Box::pin(async move {
            if call.name == "DeleteRole" || is_statement_removal(&call) {
                both.wait().await;
                return Answer::ok("");
            }
            usual(&call)
        })
    })
    .await;
    let outcome = run(&aws, vec![role_step(&[]), statement_step()], CancellationToken::new()).await.unwrap();
    assert_eq!(outcome.done.len(), 2);
    assert_eq!(
        (noted(&aws, 0), noted(&aws, 1)),
        (vec!["running".into(), "done".into()], vec!["running".into(), "done".into()])
    );
}

#[tokio::test]
async fn after_a_failure_what_is_at_work_ends_and_nothing_starts() {
    // The statement's removal ends only after the role's deletion has failed.
    let failed = Arc::new(tokio::sync::Notify::new());
    let aws = FakeAws::serve_slowly(move |call| {
        let failed = failed.clone();
        Box::pin(async move {
            if call.name == "DeleteRole" {
                failed.notify_one();
                return Answer::refused_query("AccessDenied", "no");
            }
            if is_statement_removal(&call) {
                failed.notified().await;
                return Answer::ok("");
            }
            usual(&call)
        })
    })
    .await;
    let later = step(StepId::Gateway, &[StepId::FunctionPolicy], Operation::DeleteGateway { id: "gw".into() });
    let stopped = run(&aws, vec![role_step(&[]), statement_step(), later], CancellationToken::new()).await.unwrap_err();
    assert_eq!(stopped.failure.code, "aws/denied");
    assert_eq!(stopped.done, [StepId::FunctionPolicy]);
    assert_eq!(stopped.not_done, [StepId::GatewayRole, StepId::Gateway]);
    assert_eq!(noted(&aws, 0), ["running", "failed"]);
    assert!(noted(&aws, 2).is_empty(), "it never started");
}

#[tokio::test]
async fn a_call_that_hangs_is_cut_off_by_ctrl_c_and_noted_as_interrupted() {
    let cancel = CancellationToken::new();
    let pressed = cancel.clone();
    let aws = FakeAws::serve_slowly(move |call| {
        let pressed = pressed.clone();
        Box::pin(async move {
            if call.name == "DeleteRole" {
                pressed.cancel();
                std::future::pending::<()>().await;
            }
            usual(&call)
        })
    })
    .await;
    let stopped = run(&aws, vec![role_step(&[])], cancel).await.unwrap_err();
    assert_eq!(stopped.failure.code, "run/interrupted");
    assert!(stopped.failure.cause.contains("may have had its effect"), "{}", stopped.failure.cause);
    assert_eq!(noted(&aws, 0), ["running", "interrupted"]);
}

#[tokio::test]
async fn a_lost_lease_ends_a_call_that_hangs() {
    // The renewal is refused, as it is once somebody else has taken the lease.
    let aws = FakeAws::serve_slowly(move |call| {
        Box::pin(async move {
            match call.name.as_str() {
                "DeleteRole" => std::future::pending().await,
                "UpdateItem" => Answer::refused(400, "ConditionalCheckFailedException", "not yours"),
                _ => usual(&call),
            }
        })
    })
    .await;
    let mut settings = aws.settings();
    settings.deadlines.lease_seconds = 1;
    let stopped = run_in(settings, &aws, vec![role_step(&[])], CancellationToken::new()).await.unwrap_err();
    assert_eq!(stopped.failure.code, "run/lease-lost");
}
