//! Makes tool answers.

use contract::tool_call::{Completeness, Problem, ToolAnswer};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a tool has to say, before name and time are added.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub result: Option<Value>,
    pub error: Option<String>,
    pub problem: Option<Problem>,
    pub service: Option<String>,
    pub user_query: Option<String>,
    pub completeness: Option<Completeness>,
}

impl Outcome {
    pub fn result(result: Value) -> Self {
        Self { result: Some(result), ..Self::default() }
    }

    pub fn error(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }

    pub fn into_answer(self, tool: &str, now: OffsetDateTime) -> ToolAnswer {
        ToolAnswer {
            success: self.error.is_none(),
            tool: tool.into(),
            result: self.result.filter(|_| self.error.is_none()),
            error: self.error,
            problem: self.problem,
            timestamp: timestamp(now),
            service: self.service,
            user_query: self.user_query,
            completeness: self.completeness,
            available_tools: None,
            total_tools: None,
            categories: None,
        }
    }
}

/// The answer to a name that is no tool: what there is instead.
pub(crate) fn unknown_tool(name: &str, now: OffsetDateTime) -> ToolAnswer {
    let catalogue = contract::catalogue();
    let mut categories: Vec<_> = catalogue.iter().map(|tool| tool.category.clone()).collect();
    categories.sort();
    categories.dedup();
    let error = match name {
        "" => "the call names no tool".to_owned(),
        name => format!("there is no tool {name}"),
    };
    ToolAnswer {
        available_tools: Some(catalogue.iter().map(|tool| tool.name.clone()).collect()),
        total_tools: Some(catalogue.len()),
        categories: Some(categories),
        ..Outcome::error(error).into_answer(name, now)
    }
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn timestamp(now: OffsetDateTime) -> String {
    let now = now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}
