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
    pub problems: Vec<Problem>,
    pub service: Option<String>,
    pub user_query: Option<String>,
    pub completeness: Option<Completeness>,
    /// For the log: name of the recipe or operation that ran.
    pub ran: Option<String>,
}

impl Outcome {
    pub fn result(result: Value) -> Self {
        Self { result: Some(result), ..Self::default() }
    }

    pub fn error(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }

    /// One error of everything that is wrong.
    pub fn problems(problems: Vec<Problem>) -> Self {
        let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        Self { error: Some(told.join("; ")), problems, ..Self::default() }
    }

    /// Nothing of it can drive a terminal or hide text: queries, names, tags and
    /// log lines are written by strangers.
    pub fn into_answer(self, tool: &str, now: OffsetDateTime) -> ToolAnswer {
        let answer = ToolAnswer {
            success: self.error.is_none(),
            tool: tool.into(),
            result: self.result.filter(|_| self.error.is_none()),
            error: self.error,
            problems: self.problems,
            timestamp: timestamp(now),
            service: self.service,
            user_query: self.user_query,
            completeness: self.completeness,
            available_tools: None,
            total_tools: None,
            categories: None,
        };
        cleaned(answer)
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

fn cleaned(answer: ToolAnswer) -> ToolAnswer {
    match serde_json::to_value(&answer) {
        Ok(mut value) if !is_clean(&value) => {
            clean(&mut value);
            serde_json::from_value(value).unwrap_or(answer)
        }
        _ => answer,
    }
}

/// Removes from all texts what could drive a terminal or hide text. Line breaks
/// and tabs stay: JSON escapes them.
pub(crate) fn clean(value: &mut Value) {
    match value {
        Value::String(text) if !is_plain(text) => *text = plain(text),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(members) => {
            if members.keys().any(|name| !is_plain(name)) {
                *members = std::mem::take(members).into_iter().map(|(name, member)| (plain(&name), member)).collect();
            }
            members.values_mut().for_each(clean);
        }
        _ => {}
    }
}

fn is_clean(value: &Value) -> bool {
    match value {
        Value::String(text) => is_plain(text),
        Value::Array(items) => items.iter().all(is_clean),
        Value::Object(members) => members.iter().all(|(name, member)| is_plain(name) && is_clean(member)),
        _ => true,
    }
}

fn plain(text: &str) -> String {
    let lines = text.split('\n').map(|line| line.split('\t').map(aws_read::cleaned).collect::<Vec<_>>().join("\t"));
    lines.collect::<Vec<_>>().join("\n")
}

/// True for a text that [`plain`] leaves as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\n' || byte == b'\t') || plain(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn nothing_of_an_answer_can_drive_a_terminal() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{9b}c\u{7f}\r\n\td";
        let outcome = Outcome {
            user_query: Some(hostile.into()),
            completeness: Some(Completeness { notes: vec![hostile.into()], ..Completeness::default() }),
            ..Outcome::result(json!({hostile: [hostile]}))
        };
        let text = serde_json::to_string(&outcome.into_answer("t", datetime!(2026-11-22 09:00 UTC))).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["user_query"], "a[31mbc \n\td");
        assert_eq!(answer["completeness"]["notes"][0], "a[31mbc \n\td");
        assert_eq!(answer["result"], json!({"a[31mbc \n\td": ["a[31mbc \n\td"]}));
    }

    #[test]
    fn several_problems_are_one_sentence_each() {
        let outcome = Outcome::problems(vec![Problem::new("a/b", "first"), Problem::new("a/c", "second")]);
        assert_eq!(outcome.error.as_deref(), Some("first; second"));
    }
}
