//! Writing a run's items.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use deployer_core::{Failure, Step};

use super::HISTORY;
use super::record::{RunRecord, State};
use crate::clock::{now_ms, now_text};
use crate::errors::failed;
use crate::execute::{Run, describe};
use crate::lease::{self, LeaseRecord};

const KEPT_SECONDS: u64 = 90 * 24 * 60 * 60;

/// Writes one run's items while its lease is held.
pub(crate) struct Journal {
    client: Client,
    table: String,
    fence: u64,
    token: String,
    record: RunRecord,
}

impl Journal {
    /// Notes that the run begins.
    pub async fn begin(run: &Run<'_>, lease: &LeaseRecord, run_id: &str) -> Result<Self, Failure> {
        let Run { clients, settings, plan, .. } = run;
        let steps = plan.steps.iter().filter(|step| step.operation.is_some());
        let record = RunRecord {
            run_id: run_id.to_string(),
            started: now_text(),
            finished: None,
            state: State::Running,
            holder: lease.holder.clone(),
            principal: clients.principal().to_string(),
            steps: steps.map(describe).collect(),
            failure: None,
        };
        let journal = Self {
            client: clients.dynamodb().clone(),
            table: settings.names().deployments_table(),
            fence: lease.fence,
            token: lease.token.clone(),
            record,
        };
        journal.write(journal.run_item()).await?;
        Ok(journal)
    }

    /// Notes what a step is about to do.
    pub async fn intent(&self, number: usize, step: &Step) -> Result<(), Failure> {
        self.write(self.step_item(number, step, State::Running, None)).await
    }

    /// Notes how a step ended: with a summary, or with its failure.
    pub async fn result(&self, number: usize, step: &Step, result: &Result<String, Failure>) -> Result<(), Failure> {
        let words = match result {
            Ok(summary) => summary.clone(),
            Err(failure) => failure.to_string(),
        };
        self.write(self.step_item(number, step, State::of(result), Some(words))).await
    }

    /// Notes how the run ended.
    pub async fn finish(&mut self, result: &Result<(), Failure>) -> Result<(), Failure> {
        self.record.finished = Some(now_text());
        self.record.state = State::of(result);
        self.record.failure = result.as_ref().err().map(|failure| failure.to_string());
        self.write(self.run_item()).await
    }

    fn run_item(&self) -> HashMap<String, AttributeValue> {
        let record = &self.record;
        let mut item = self.item(HISTORY, format!("{}#{}", record.started, record.run_id), record.state);
        item.extend([
            ("run_id".to_string(), text(&record.run_id)),
            ("started".to_string(), text(&record.started)),
            ("holder".to_string(), text(&record.holder)),
            ("principal".to_string(), text(&record.principal)),
            ("steps".to_string(), AttributeValue::L(record.steps.iter().map(|step| text(step)).collect())),
        ]);
        item.extend(record.finished.iter().map(|finished| ("finished".to_string(), text(finished))));
        item.extend(record.failure.iter().map(|failure| ("failure".to_string(), text(failure))));
        item
    }

    fn step_item(
        &self,
        number: usize,
        step: &Step,
        state: State,
        result: Option<String>,
    ) -> HashMap<String, AttributeValue> {
        let mut item = self.item(&format!("run#{}", self.record.run_id), format!("step#{number:03}"), state);
        let operation = serde_json::to_string(&step.operation).unwrap_or_default();
        item.extend([
            ("step".to_string(), text(&describe(step))),
            ("reason".to_string(), text(&step.reason)),
            ("operation".to_string(), text(&operation)),
            ("at".to_string(), text(&now_text())),
        ]);
        item.extend(result.map(|words| ("result".to_string(), AttributeValue::S(words))));
        item
    }

    fn item(&self, pk: &str, sk: String, state: State) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_string(), text(pk)),
            ("sk".to_string(), text(&sk)),
            ("state".to_string(), text(state.name())),
            (lease::FENCE.to_string(), AttributeValue::N(self.fence.to_string())),
            ("ttl".to_string(), AttributeValue::N((now_ms() / 1000 + KEPT_SECONDS).to_string())),
        ])
    }

    /// Writes an item on condition that the lease is still ours.
    async fn write(&self, item: HashMap<String, AttributeValue>) -> Result<(), Failure> {
        let doing = "write the deployment's journal";
        let unusable = |error| Failure::new("aws/failed", doing, error);
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
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(unusable)?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().condition_check(check).build())
            .transact_items(TransactWriteItem::builder().put(put).build());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if lost(&error) => Err(lease_lost()),
            Err(error) => Err(failed(doing)(error)),
        }
    }
}

/// The failure of a run whose lease was taken away.
pub(crate) fn lease_lost() -> Failure {
    Failure::new("run/lease-lost", "keep the lease", "another deployer has it, or it could not be renewed in time")
        .with_hint("run the same command again: it says who is at work, or finishes")
}

fn lost<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return false;
    };
    cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("ConditionalCheckFailed"))
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_string())
}
