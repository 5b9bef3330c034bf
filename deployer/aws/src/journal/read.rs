//! Reading the journal back, and the one note that a run gets after its end.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deployer_core::{Desired, Failure, Settings};

use super::record::{RunRecord, StepRecord};
use super::{DEPLOYMENT, HISTORY, run_key};
use crate::Clients;
use crate::errors::{Trouble, failed, found};

type Item = HashMap<String, AttributeValue>;

/// Every run that is still recorded, newest first; none where there is no deployments table.
pub async fn history(clients: &Clients, settings: &Settings) -> Result<Vec<RunRecord>, Failure> {
    let items = items(clients, settings, HISTORY, "").await;
    let items = items.map_err(|trouble| clients.advise(trouble.failure("read the history")))?;
    Ok(items.iter().rev().filter_map(RunRecord::from_item).collect())
}

/// A run's steps in the plan's order; none where the run is not recorded.
pub async fn run_steps(clients: &Clients, settings: &Settings, run_id: &str) -> Result<Vec<StepRecord>, Failure> {
    let items = items(clients, settings, &run_key(run_id), "step#").await;
    let items = items.map_err(|trouble| clients.advise(trouble.failure(format!("read the steps of run {run_id}"))))?;
    Ok(items.iter().filter_map(StepRecord::from_item).collect())
}

/// What the run was to deploy; None where that is not recorded.
///
/// Errors: those of the read, `run/record-unusable`.
pub async fn deployment(clients: &Clients, settings: &Settings, run_id: &str) -> Result<Option<Desired>, Failure> {
    let key = HashMap::from([("pk".into(), text(&run_key(run_id))), ("sk".into(), text(DEPLOYMENT))]);
    let request = clients.dynamodb().get_item().table_name(settings.names().deployments_table());
    let answer = found(request.set_key(Some(key)).consistent_read(true).send().await);
    let answer =
        answer.map_err(|trouble| clients.advise(trouble.failure(format!("read the deployment of run {run_id}"))))?;
    answer.and_then(|answer| answer.item).as_ref().map(super::deployment::from_item).transpose()
}

/// Notes with a run how its smoke test ended. The run has given its lease back
/// by then, so this is the one write without a fence: it touches one attribute
/// of one item, which must exist.
///
/// Errors: `run/unknown` when there is no such run; those of the calls.
pub async fn note_smoke_test(
    clients: &Clients,
    settings: &Settings,
    run_id: &str,
    passed: bool,
) -> Result<(), Failure> {
    let doing = format!("note the smoke test of run {run_id}");
    let runs = history(clients, settings).await?;
    let Some(run) = runs.into_iter().find(|run| run.run_id == run_id) else {
        return Err(Failure::new("run/unknown", doing, "no such run is recorded"));
    };
    let request = clients
        .dynamodb()
        .update_item()
        .table_name(settings.names().deployments_table())
        .key("pk", text(HISTORY))
        .key("sk", text(&run.sort_key()))
        .update_expression("SET smoke_passed = :passed")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":passed", AttributeValue::Bool(passed));
    request.send().await.map(drop).map_err(failed(doing)).map_err(|failure| clients.advise(failure))
}

/// Every item of a partition whose sort key begins so, in order; none without a table.
async fn items(clients: &Clients, settings: &Settings, partition: &str, prefix: &str) -> Result<Vec<Item>, Trouble> {
    let request = clients
        .dynamodb()
        .query()
        .table_name(settings.names().deployments_table())
        .consistent_read(true)
        .expression_attribute_values(":partition", text(partition));
    // A prefix must not be empty.
    let request = match prefix {
        "" => request.key_condition_expression("pk = :partition"),
        prefix => request
            .key_condition_expression("pk = :partition AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(prefix)),
    };
    let mut pages = request.into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = found(pages.next().await.transpose())?.flatten() {
        items.push(item);
    }
    Ok(items)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_string())
}
