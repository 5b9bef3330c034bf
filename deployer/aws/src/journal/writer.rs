//! Writing a run's items.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use deployer_core::{Failure, Step};

use super::record::{RunKind, RunRecord, State};
use super::{DEPLOYMENT, HISTORY, deployment, run_key};
use crate::clock::{now_ms, now_text};
use crate::errors::failed;
use crate::execute::{Run, describe};
use crate::lease::{self, LeaseRecord};
use crate::wait;

const DAY_SECONDS: u64 = 24 * 60 * 60;
const STEPS_KEPT_SECONDS: u64 = 90 * DAY_SECONDS;
/// A deployment stays good to go back to for as long as nobody deploys.
const RUNS_KEPT_SECONDS: u64 = 400 * DAY_SECONDS;

const DOING: &str = "write the deployment's journal";

/// How often a write may meet another one of the same items, and the longest pause after the first meeting.
const CONFLICTS: u32 = 6;
const CONFLICT_PAUSE: Duration = Duration::from_millis(100);

type Item = HashMap<String, AttributeValue>;

/// Writes one run's items while its lease is held.
pub(crate) struct Journal {
    client: Client,
    table: String,
    fence: u64,
    token: String,
    record: RunRecord,
}

impl Journal {
    /// Notes that the run begins, and what it is to deploy.
    pub async fn begin(run: &Run<'_>, lease: &LeaseRecord, run_id: &str) -> Result<Self, Failure> {
        let Run { clients, settings, plan, .. } = run;
        let steps = plan.steps.iter().filter(|step| step.operation.is_some());
        let deployment = run.desired.filter(|_| matches!(run.kind, RunKind::Up | RunKind::Rollback));
        let deployment = deployment.and_then(deployment::to_attribute);
        let record = RunRecord {
            run_id: run_id.to_string(),
            kind: run.kind,
            started: now_text(),
            finished: None,
            state: State::Running,
            holder: lease.holder.clone(),
            principal: clients.principal().to_string(),
            steps: steps.map(describe).collect(),
            failure: None,
            smoke_passed: None,
            rolls_back: run.rolls_back.clone(),
            plan: run.saved_plan.clone(),
            recorded: deployment.is_some(),
        };
        let journal = Self {
            client: clients.dynamodb().clone(),
            table: settings.names().deployments_table(),
            fence: lease.fence,
            token: lease.token.clone(),
            record,
        };
        let mut items = vec![journal.run_item()];
        items.extend(deployment.map(|attribute| journal.deployment_item(attribute)));
        journal.write(items).await?;
        Ok(journal)
    }

    /// Notes what a step is about to do.
    pub async fn intent(&self, number: usize, step: &Step) -> Result<(), Failure> {
        self.write(vec![self.step_item(number, step, State::Running)]).await
    }

    /// Notes how a step ended: with a summary, or with its failure.
    pub async fn result(&self, number: usize, step: &Step, result: &Result<String, Failure>) -> Result<(), Failure> {
        let words = match result {
            Ok(summary) => summary.clone(),
            Err(failure) => failure.to_string(),
        };
        let mut item = self.step_item(number, step, State::of(result));
        item.insert("result".to_string(), AttributeValue::S(words));
        item.extend(result.as_ref().err().map(|failure| ("code".to_string(), text(failure.code))));
        self.write(vec![item]).await
    }

    /// Notes how the run ended.
    pub async fn finish(&mut self, result: &Result<(), Failure>) -> Result<(), Failure> {
        self.record.finished = Some(now_text());
        self.record.state = State::of(result);
        self.record.failure = result.as_ref().err().map(|failure| failure.to_string());
        self.write(vec![self.run_item()]).await
    }

    fn run_item(&self) -> Item {
        let record = &self.record;
        let mut item = self.item(HISTORY, record.sort_key(), RUNS_KEPT_SECONDS);
        item.extend([
            ("run_id".to_string(), text(&record.run_id)),
            ("kind".to_string(), text(record.kind.name())),
            ("state".to_string(), text(record.state.name())),
            ("started".to_string(), text(&record.started)),
            ("holder".to_string(), text(&record.holder)),
            ("principal".to_string(), text(&record.principal)),
            ("steps".to_string(), AttributeValue::L(record.steps.iter().map(|step| text(step)).collect())),
            ("recorded".to_string(), AttributeValue::Bool(record.recorded)),
        ]);
        item.extend(record.finished.iter().map(|finished| ("finished".to_string(), text(finished))));
        item.extend(record.failure.iter().map(|failure| ("failure".to_string(), text(failure))));
        item.extend(record.rolls_back.iter().map(|run_id| ("rolls_back".to_string(), text(run_id))));
        item.extend(record.plan.iter().map(|identity| ("plan".to_string(), text(identity))));
        item
    }

    fn deployment_item(&self, (name, value): (String, AttributeValue)) -> Item {
        let mut item = self.item(&run_key(&self.record.run_id), DEPLOYMENT.to_string(), RUNS_KEPT_SECONDS);
        item.insert(name, value);
        item
    }

    fn step_item(&self, number: usize, step: &Step, state: State) -> Item {
        let key = format!("step#{number:03}");
        let mut item = self.item(&run_key(&self.record.run_id), key, STEPS_KEPT_SECONDS);
        let operation = serde_json::to_string(&step.operation).unwrap_or_default();
        item.extend([
            ("id".to_string(), text(step.id.name())),
            ("step".to_string(), text(&describe(step))),
            ("state".to_string(), text(state.name())),
            ("reason".to_string(), text(&step.reason)),
            ("operation".to_string(), text(&operation)),
            ("at".to_string(), text(&now_text())),
        ]);
        item
    }

    fn item(&self, pk: &str, sk: String, kept_seconds: u64) -> Item {
        HashMap::from([
            ("pk".to_string(), text(pk)),
            ("sk".to_string(), text(&sk)),
            (lease::FENCE.to_string(), AttributeValue::N(self.fence.to_string())),
            ("ttl".to_string(), AttributeValue::N((now_ms() / 1000 + kept_seconds).to_string())),
        ])
    }

    /// Writes the items together, on condition that the lease is still ours. The
    /// renewal of the lease writes its item too: where the two meet, DynamoDB
    /// refuses one, and it is sent again.
    async fn write(&self, items: Vec<Item>) -> Result<(), Failure> {
        let transaction = self.transaction(items)?;
        for meeting in 0.. {
            let request = self.client.transact_write_items().set_transact_items(Some(transaction.clone()));
            match request.send().await {
                Ok(_) => return Ok(()),
                Err(error) if reason(&error, "ConditionalCheckFailed") => return Err(lease_lost()),
                Err(error) if reason(&error, "TransactionConflict") && meeting < CONFLICTS => {
                    tokio::time::sleep(wait::jittered(CONFLICT_PAUSE * 2_u32.pow(meeting))).await;
                }
                Err(error) => return Err(failed(DOING)(error)),
            }
        }
        unreachable!("the loop ends with its last conflict")
    }

    fn transaction(&self, items: Vec<Item>) -> Result<Vec<TransactWriteItem>, Failure> {
        let unusable = |error| Failure::new("aws/failed", DOING, error);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(lease::key()))
            .condition_expression("#fence = :fence AND #token = :token")
            .expression_attribute_names("#fence", lease::FENCE)
            .expression_attribute_names("#token", lease::TOKEN)
            .expression_attribute_values(":fence", AttributeValue::N(self.fence.to_string()))
            .expression_attribute_values(":token", text(&self.token))
            .build()
            .map_err(unusable)?;
        let mut parts = vec![TransactWriteItem::builder().condition_check(check).build()];
        for item in items {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(unusable)?;
            parts.push(TransactWriteItem::builder().put(put).build());
        }
        Ok(parts)
    }
}

/// The failure of a run whose lease was taken away.
pub(crate) fn lease_lost() -> Failure {
    Failure::new("run/lease-lost", "keep the lease", "another deployer has it, or it could not be renewed in time")
        .with_hint("run the same command again: it says who is at work, or finishes")
}

/// True when one of the transaction's parts was refused for it.
fn reason<R>(error: &SdkError<TransactWriteItemsError, R>, code: &str) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return false;
    };
    cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some(code))
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_string())
}
