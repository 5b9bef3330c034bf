//! What invokes functions, and where events go that a function cannot handle.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Duration;

use super::usage::metric;
use super::{NOT_FOUND, functions_of};
use crate::service::policy::{Principal, statements};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Statistic, Unread};

pub(super) async fn triggers(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let wanted = ask.question.names("functions");
    let mut functions = functions_of(ask).await?;
    functions.retain(|function| wanted.is_empty() || wanted.iter().any(|name| function["FunctionName"] == **name));
    let names: Vec<String> = functions.iter().map(|function| text(function, "FunctionName").to_owned()).collect();
    let (mappings, policies) = futures::join!(
        ask.read_whole("lambda:ListEventSourceMappings", json!({}), |mapping| mapping),
        ask.each(names.clone(), |name| async move { callers(ask, name).await }),
    );
    let unread = u64::from(mappings.is_err()) + policies.iter().filter(|callers| callers.is_err()).count() as u64;
    let mappings = mappings.unwrap_or_default();
    let mut findings = Findings::table(&["function", "kind", "source", "state"]);
    let mut without = 0_u64;
    for (name, callers) in names.iter().zip(policies) {
        let mut rows: Vec<[Value; 4]> = list(&mappings, "EventSourceMappings")
            .filter(|mapping| function_name(text(mapping, "FunctionArn")) == name)
            .map(|mapping| {
                [json!(name), json!("event source mapping"), json!(source(mapping)), mapping["State"].clone()]
            })
            .collect();
        rows.extend(
            callers
                .unwrap_or_default()
                .into_iter()
                .map(|(who, source)| [json!(name), json!(who), json!(source), Value::Null]),
        );
        if rows.is_empty() {
            without += 1;
            rows.push([json!(name), Value::Null, Value::Null, Value::Null]);
        }
        rows.into_iter().for_each(|row| findings.push(row));
    }
    findings.sort_by("function");
    if unread == 0 {
        findings.sum("functions_without_trigger", without);
    }
    findings.sum("functions", names.len());
    ask.note(
        "Callers that need no permission in the function's policy are not known here: users and roles of the \
              account, Step Functions, EventBridge Scheduler.",
    );
    Ok(findings)
}

/// Who the function's policy lets invoke it, and for which source. The source stands in a condition.
async fn callers(ask: &Ask<'_>, name: String) -> Result<BTreeSet<(String, Option<String>)>, Unread> {
    let answer =
        ask.read_if_any("lambda:GetPolicy", json!({"FunctionName": name}), &NOT_FOUND).await?.unwrap_or_default();
    let document: Value = serde_json::from_str(text(&answer, "Policy")).unwrap_or_default();
    let mut callers = BTreeSet::new();
    for raw in list(&document, "Statement") {
        let statements = statements(&json!({"Statement": [raw]})).unwrap_or_default();
        for statement in statements.iter().filter(|statement| statement.is_allow()) {
            let names = statement.principals().into_iter().map(caller);
            callers.extend(names.map(|who| (who, source_of_condition(raw))));
        }
    }
    Ok(callers)
}

fn caller(principal: Principal) -> String {
    match principal {
        Principal::Everyone => "everyone".to_owned(),
        Principal::Account(number) => format!("account {number}"),
        Principal::Identity { arn, .. } => arn,
        Principal::Service(name) | Principal::Federated(name) | Principal::Other(name) => name,
    }
}

/// Keys of conditions have no case: `AWS:SourceArn`, `aws:sourceArn`.
fn source_of_condition(statement: &Value) -> Option<String> {
    let operators = statement["Condition"].as_object()?;
    let mut conditions = operators.values().filter_map(Value::as_object).flatten();
    let (_, value) = conditions.find(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn"))?;
    value.as_str().or_else(|| value[0].as_str()).map(str::to_owned)
}

/// The ARN of what the mapping reads, with its topic or queue; self-managed Kafka has brokers instead.
fn source(mapping: &Value) -> String {
    let place = match mapping["EventSourceArn"].as_str() {
        Some(arn) => arn,
        None if mapping["SelfManagedEventSource"].is_object() => "self-managed Kafka",
        None => "unknown",
    };
    let parts = list(mapping, "Topics").chain(list(mapping, "Queues")).filter_map(Value::as_str);
    std::iter::once(place).chain(parts).collect::<Vec<_>>().join(" ")
}

/// `orders` of `arn:aws:lambda:us-east-1:123456789012:function:orders:live`.
fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

pub(super) async fn failing_sources(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("lambda:ListEventSourceMappings", json!({})).await?;
    let mut findings = Findings::table(&["function", "source", "state", "reason", "last_result", "changed"]);
    let (mut off, mut failing) = (0_u64, 0_u64);
    for mapping in list(&answer, "EventSourceMappings") {
        let is_off = matches!(text(mapping, "State"), "Disabled" | "Disabling");
        let fails = last_batch_failed(mapping);
        off += u64::from(is_off);
        failing += u64::from(fails);
        if is_off || fails {
            findings.push([
                json!(function_name(text(mapping, "FunctionArn"))),
                json!(source(mapping)),
                mapping["State"].clone(),
                mapping["StateTransitionReason"].clone(),
                mapping["LastProcessingResult"].clone(),
                mapping["LastModified"].clone(),
            ]);
        }
    }
    findings.sort_by("function");
    findings.sum("disabled", off);
    findings.sum("failing", failing);
    findings.sum("mappings", list(&answer, "EventSourceMappings").count());
    Ok(findings)
}

/// `PROBLEM: Function call failed`, against `OK` and `No records processed`. Queues give no result.
fn last_batch_failed(mapping: &Value) -> bool {
    let result = text(mapping, "LastProcessingResult");
    !result.is_empty() && result != "OK" && result != "No records processed"
}

/// How far back asynchronous events are counted.
const WEEK: Duration = Duration::WEEK;
const DAY_SECONDS: u32 = 86_400;

pub(super) async fn without_dead_letters(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let functions = functions_of(ask).await?;
    let bare: Vec<&Value> =
        functions.iter().filter(|function| text(&function["DeadLetterConfig"], "TargetArn").is_empty()).collect();
    let names = bare.iter().map(|function| text(function, "FunctionName").to_owned());
    let metrics: Vec<_> = bare
        .iter()
        .flat_map(|function| {
            ["AsyncEventsReceived", "AsyncEventsDropped"].map(|name| metric(function, name, Statistic::Sum))
        })
        .collect();
    let (destinations, events) =
        futures::join!(ask.each(names, |name| async move { has_failure_destination(ask, name).await }), async {
            if metrics.is_empty() {
                Ok(Vec::new())
            } else {
                ask.metrics(&metrics, (ask.now - WEEK, ask.now), DAY_SECONDS).await
            }
        },);
    let mut findings =
        Findings::table(&["name", "failure_destination", "async_events_of_a_week", "dropped_events_of_a_week"]);
    let (mut without, mut unread) = (0_u64, 0_u64);
    for (index, (function, destination)) in bare.iter().zip(destinations).enumerate() {
        let of_week =
            |offset: usize| events.as_ref().ok().map(|events| events[2 * index + offset].iter().sum::<f64>() as u64);
        let cell = match destination {
            Ok(true) => continue,
            Ok(false) => {
                without += 1;
                json!("none")
            }
            Err(Unread) => {
                unread += 1;
                Value::Null
            }
        };
        findings.push([function["FunctionName"].clone(), cell, json!(of_week(0)), json!(of_week(1))]);
    }
    findings.sort_down_by("async_events_of_a_week");
    findings.sum("without_dead_letters", without);
    findings.sum("functions", functions.len());
    ask.note(
        "Only asynchronous invocations need a dead-letter target or on-failure destination; event source \
              mappings have destinations of their own.",
    );
    if unread > 0 {
        ask.note(format!("Functions without a dead-letter target whose destinations could not be read: {unread}."));
    }
    Ok(findings)
}

/// True when events of the function itself, whatever its aliases have, go somewhere after their last try.
async fn has_failure_destination(ask: &Ask<'_>, name: String) -> Result<bool, Unread> {
    let parameters = json!({"FunctionName": name});
    let answer =
        ask.read_if_any("lambda:ListFunctionEventInvokeConfigs", parameters, &NOT_FOUND).await?.unwrap_or_default();
    let mut unaliased = list(&answer, "FunctionEventInvokeConfigs")
        .filter(|config| matches!(text(config, "FunctionArn").split(':').nth(7), None | Some("$LATEST")));
    Ok(unaliased.any(|config| !text(&config["DestinationConfig"]["OnFailure"], "Destination").is_empty()))
}

#[cfg(test)]
mod tests;
