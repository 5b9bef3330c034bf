//! Asking tools in tests.

use contract::tool_call::ToolAnswer;
use contract::tool_settings::ToolSettings;
use serde_json::{Map, Value, json};
use time::macros::datetime;
use tokio::time::Instant;

use super::choose::{Choice, choose};
use super::{Question, ServiceTool};
use crate::dispatch::{self, Clock, Tools};
use crate::reader::fake::FakeAccount;

/// 2026-11-22 09:00 UTC, with time to spare.
pub(crate) fn clock() -> Clock {
    let later = Instant::now() + std::time::Duration::from_secs(20);
    Clock { now: datetime!(2026-11-22 09:00 UTC), begin_until: later, deadline: later }
}

pub(crate) async fn ask(tool: &str, arguments: Value, account: &FakeAccount) -> ToolAnswer {
    ask_with(ToolSettings::default(), tool, arguments, account).await
}

/// As [`ask`], in an environment with these settings.
pub(crate) async fn ask_with(
    settings: ToolSettings,
    tool: &str,
    arguments: Value,
    account: &FakeAccount,
) -> ToolAnswer {
    dispatch::answer(tool, &arguments, clock(), &Tools { settings, reader: account, model: None }).await.answer
}

/// As [`ask`], at another time or with less time left.
pub(crate) async fn ask_at(clock: Clock, tool: &str, arguments: Value, account: &FakeAccount) -> ToolAnswer {
    let tools = Tools { settings: ToolSettings::default(), reader: account, model: None };
    dispatch::answer(tool, &arguments, clock, &tools).await.answer
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

/// The parameters of each call of an operation.
pub(crate) fn called(account: &FakeAccount, operation: &str) -> Vec<Value> {
    let calls = account.asked();
    let of_operation = calls.iter().filter(|call| call.split(' ').next() == Some(operation));
    of_operation.map(|call| serde_json::from_str(call.splitn(3, ' ').last().unwrap()).unwrap()).collect()
}

/// The recipe that a query leads to; empty where none or several fit.
pub(crate) fn chosen(tool: &'static ServiceTool, query: &str) -> &'static str {
    let question = Question { query: query.into(), ..Question::default() };
    match choose(tool.recipes, &question.words()) {
        Choice::Recipe(recipe) => recipe.name,
        Choice::Unclear => "",
    }
}

/// Each query leads to its recipe, and one without a recipe to none; all that go astray are told at once.
#[track_caller]
pub(crate) fn lead_to(tool: &'static ServiceTool, meant: &[(&str, &str)]) {
    let found = meant.iter().map(|(query, recipe)| (*query, *recipe, chosen(tool, query)));
    let astray: Vec<_> = found.filter(|(_, recipe, found)| recipe != found).collect();
    assert_eq!(astray, []);
}
