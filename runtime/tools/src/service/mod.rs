//! What the eighteen service tools have in common: one question in, rows and
//! their completeness out.
//!
//! With `operation` a tool makes that read, or answers that one of its recipes.
//! Without, the words of the query choose a recipe: a fixed plan of reads with
//! joins in code. A question that no recipe answers gets the operations that come
//! nearest, so that the caller asks again with structure.

mod ask;
mod findings;
mod ledger;
mod metrics;
mod question;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod values;

use contract::tool_arguments::Read;
use contract::tool_call::Completeness;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::answer::Outcome;
use crate::dispatch::Clock;
use crate::reader::Reader;

pub(crate) use ask::{Ask, Unread};
pub(crate) use findings::Findings;
pub(crate) use metrics::{Metric, Statistic};
pub(crate) use question::Question;

/// One of the eighteen tools.
pub(crate) struct ServiceTool {
    /// `ec2_read_operations`
    pub name: &'static str,
    /// What the answer calls the service: `ec2`.
    pub service: &'static str,
    /// Services whose operations it may call when asked by name, the main one first, as their models are called.
    pub services: &'static [&'static str],
    pub recipes: &'static [Recipe],
}

/// A question that users ask, with the fixed plan that answers it.
pub(crate) struct Recipe {
    /// Unique within its tool, for callers: `unattached-volumes`.
    pub name: &'static str,
    /// One sentence: what it answers, with the columns that matter.
    pub answers: &'static str,
    /// A question as a user asks it; a test sees that it leads here.
    pub example: &'static str,
    /// The query must hold a word of every group. Words are singular and lower case; `no` stands for every negation.
    pub topic: &'static [&'static [&'static str]],
    /// The query must hold none of these.
    pub not: &'static [&'static str],
    pub takes: &'static [Parameter],
    /// Every operation that it may call: `ec2:DescribeVolumes`. A read that is not here is refused in tests.
    pub reads: &'static [&'static str],
    pub scope: Scope,
    pub run: for<'a> fn(&'a Ask<'a>) -> BoxFuture<'a, Result<Findings, Unread>>,
}

/// What a caller may tell a recipe in `parameters`.
pub(crate) struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    /// What it means, with its unit and default.
    pub means: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    /// Texts: `["Owner", "Project"]`
    List,
}

/// How often a recipe runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Once for each region asked; its rows get a `region` column when there are several.
    Region,
    /// Once: IAM, Route 53, costs, the list of all buckets.
    Account,
}

/// Answers one question.
pub(crate) async fn run(tool: &ServiceTool, arguments: &Value, clock: Clock, reader: &dyn Reader) -> Outcome {
    let arguments: Read = match serde_json::from_value(arguments.clone()) {
        Ok(arguments) => arguments,
        Err(error) => return Outcome::error(error.to_string()),
    };
    let chosen = tool.recipes.iter().find(|recipe| Some(recipe.name) == arguments.operation.as_deref());
    let Some(recipe) = chosen else { return Outcome::error("no recipe") };
    let question = Question { query: arguments.query.clone(), parameters: parameters(&arguments) };
    let ledger = ledger::Ledger::default();
    let budget = aws_read::Budget::until(clock.deadline);
    let region = aws_read::Region::default_region();
    let ask = Ask::new(reader, &ledger, &question, region, clock.now, budget);
    let findings = (recipe.run)(&ask).await.unwrap_or_default();
    Outcome {
        service: Some(tool.service.into()),
        user_query: Some(arguments.query),
        completeness: Some(Completeness { items: findings.rows.len(), ..ledger.completeness() }),
        ..Outcome::result(
            json!({"recipe": recipe.name, "columns": findings.columns, "rows": findings.rows, "summary": findings.summary}),
        )
    }
}

fn parameters(arguments: &Read) -> Map<String, Value> {
    arguments.parameters.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
