//! Asking tools in tests.

use contract::tool_call::ToolAnswer;
use serde_json::{Map, Value, json};
use time::macros::datetime;
use tokio::time::Instant;

use crate::dispatch::{self, Clock};
use crate::reader::fake::FakeAccount;

/// 2026-11-22 09:00 UTC, with time to spare.
pub(crate) fn clock() -> Clock {
    Clock { now: datetime!(2026-11-22 09:00 UTC), deadline: Instant::now() + std::time::Duration::from_secs(20) }
}

pub(crate) async fn ask(tool: &str, arguments: Value, account: &FakeAccount) -> ToolAnswer {
    dispatch::answer(tool, &arguments, clock(), account).await
}

/// The rows of a recipe's answer, each with its columns' names; every read succeeded.
pub(crate) async fn rows(
    tool: &str,
    recipe: &str,
    parameters: Value,
    account: &FakeAccount,
) -> Vec<Map<String, Value>> {
    let arguments = json!({"query": "", "operation": recipe, "parameters": parameters.to_string()});
    let answer = ask(tool, arguments, account).await;
    assert!(answer.success, "{answer:?}");
    assert_eq!(answer.completeness.as_ref().unwrap().failed, [], "{answer:?}");
    rows_of(&answer)
}

pub(crate) fn rows_of(answer: &ToolAnswer) -> Vec<Map<String, Value>> {
    let result = answer.result.as_ref().expect("a result");
    let columns: Vec<_> = result["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let rows = result["rows"].as_array().unwrap().iter().map(|row| row.as_array().unwrap());
    rows.map(|row| columns.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned()).collect()).collect()
}
