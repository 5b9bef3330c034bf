//! The planner's sentences: what it asks for, and plain readings of what tools
//! answered.

use std::collections::BTreeSet;

use contract::{tool_call::tool_name, tool_frame::unframe};
use serde_json::{Map, Value};

use super::{
    planner::Outcome,
    request::{Tool, ToolResult},
    turn::PlannedCall,
};

const WHO: &str = "Offline planner (no model was asked)";
/// Entries of a list that are named before the rest is counted.
const NAMED: usize = 25;
/// Levels of nesting that are read.
const DEPTH: usize = 4;
/// Characters of one value.
const VALUE_LIMIT: usize = 300;
/// How entries are known, best first.
const NAME_KEYS: [&str; 6] = ["name", "id", "identifier", "arn", "title", "key"];

pub fn before_tools(calls: &[PlannedCall]) -> String {
    let names: Vec<_> = calls.iter().map(|call| call.tool.as_str()).collect();
    format!("{WHO}: the words of the question match {}.\n\n", names.join(" and "))
}

pub fn without_tool(tools: &[Tool]) -> String {
    if tools.is_empty() {
        return format!("{WHO}: there are no tools to answer with.");
    }
    let names: Vec<_> = tools.iter().map(|tool| tool_name(&tool.name)).collect();
    format!("{WHO}: no tool matches the words of this message. It can use {}.", names.join(", "))
}

/// What a conversation was about, in the words of its questions.
pub fn summary(words: &BTreeSet<String>) -> String {
    let named: Vec<_> = words.iter().take(NAMED).map(String::as_str).collect();
    match named.is_empty() {
        true => format!("{WHO}: the user asked about nothing in particular."),
        false => format!("{WHO}: the user asked about {}.", named.join(", ")),
    }
}

/// One paragraph a tool.
pub fn from_results(outcomes: &[Outcome<'_>]) -> String {
    let paragraphs: Vec<_> = outcomes.iter().map(paragraph).collect();
    format!("{WHO}, from the tools' results:\n\n{}", paragraphs.join("\n\n"))
}

fn paragraph(outcome: &Outcome<'_>) -> String {
    let name = tool_name(outcome.tool);
    match reading(outcome.result) {
        Reading::Failed(reason) => format!("{name} failed: {reason}"),
        Reading::Answered(value, remarks) => {
            let mut lines = Vec::new();
            describe("", &value, 0, &mut lines);
            lines.extend(remarks);
            match lines.as_slice() {
                [] => format!("{name} answered with nothing."),
                [line] => format!("{name}: {}", line.trim_start()),
                lines => format!("{name}:\n{}", lines.join("\n")),
            }
        }
    }
}

enum Reading {
    /// The result, and what the tool says about its completeness.
    Answered(Value, Vec<String>),
    Failed(String),
}

/// A tool's own envelope `{success, result, error}` is opened.
fn reading(result: &ToolResult) -> Reading {
    let value = content(result);
    let failed = result.status.as_deref() == Some("error") || value["success"] == false || value["isError"] == true;
    if failed {
        let reason = value["error"].as_str().map(str::to_owned);
        return Reading::Failed(shorten(&reason.unwrap_or_else(|| scalar(&value).unwrap_or(value.to_string()))));
    }
    match value {
        Value::Object(mut members) if members.contains_key("success") => {
            let remarks = members.remove("completeness").map(|it| remarks(&it)).unwrap_or_default();
            let result = members.remove("result").unwrap_or_else(|| Value::Object(members));
            Reading::Answered(with_named_cells(result), remarks)
        }
        other => Reading::Answered(other, Vec::new()),
    }
}

/// What was asked of AWS, and what the answer lacks.
fn remarks(completeness: &Value) -> Vec<String> {
    let texts = |member: &str| completeness[member].as_array().into_iter().flatten().filter_map(Value::as_str);
    let calls: Vec<_> = texts("calls").collect();
    let asked = (!calls.is_empty()).then(|| format!("Asked of AWS: {}.", calls.join(", ")));
    let truncated = (completeness["truncated"] == true).then(|| "There is more than this answer holds.".to_owned());
    asked.into_iter().chain(truncated).chain(texts("notes").map(shorten)).collect()
}

/// A table, `{"columns", "rows"}`, with its rows as objects and without the columns.
fn with_named_cells(mut value: Value) -> Value {
    let Some(members) = value.as_object_mut() else { return value };
    let (Some(Value::Array(columns)), Some(Value::Array(rows))) = (members.get("columns"), members.get("rows")) else {
        return value;
    };
    let names: Vec<_> = columns.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let named = |row: &Value| match row.as_array() {
        Some(cells) => Value::Object(names.iter().cloned().zip(cells.iter().cloned()).collect()),
        None => row.clone(),
    };
    let rows = rows.iter().map(named).collect();
    members.remove("columns");
    members.insert("rows".into(), Value::Array(rows));
    value
}

/// The result's blocks, out of their frames: texts that hold JSON are read as such.
fn content(result: &ToolResult) -> Value {
    let blocks = result.content.iter().filter_map(|block| match (&block.json, &block.text) {
        (Some(json), _) => Some(json.clone()),
        (None, Some(text)) => Some(read(unframe(text))),
        (None, None) => None,
    });
    let mut blocks: Vec<Value> = blocks.collect();
    if blocks.len() == 1 { blocks.remove(0) } else { Value::Array(blocks) }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn describe(label: &str, value: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth.saturating_sub(1));
    match value {
        Value::Object(members) => {
            if !label.is_empty() {
                lines.push(format!("{indent}- {label}:"));
            }
            if depth < DEPTH {
                members.iter().for_each(|(name, member)| describe(name, member, depth + 1, lines));
            }
        }
        Value::Array(entries) => lines.push(format!("{indent}- {}", list(label, entries))),
        Value::Null => {}
        scalar => {
            lines.push(format!("{indent}- {}{}", prefix(label), shorten(&self::scalar(scalar).unwrap_or_default())))
        }
    }
}

fn list(label: &str, entries: &[Value]) -> String {
    if entries.is_empty() {
        return format!("{}none", prefix(label));
    }
    let named: Vec<_> = entries.iter().take(NAMED).map(entry).collect();
    let more = entries.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{}{rest} ({} in all)", prefix(label), named.join(", "), entries.len())
}

fn prefix(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!("{label}: ") }
}

/// An entry's name where it has one, else its members.
fn entry(value: &Value) -> String {
    match value {
        Value::Object(members) => name_of(members).unwrap_or_else(|| shorten(&value.to_string())),
        other => shorten(&scalar(other).unwrap_or_else(|| other.to_string())),
    }
}

fn name_of(members: &Map<String, Value>) -> Option<String> {
    let found = NAME_KEYS.iter().find_map(|key| {
        let exact = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        exact.or_else(|| members.iter().find(|(name, _)| name.to_lowercase().ends_with(key))).map(|(_, value)| value)
    });
    found.and_then(scalar)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(VALUE_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(content: Value) -> String {
        let result: ToolResult = serde_json::from_value(json!({"toolUseId": "t", "content": [content]})).unwrap();
        from_results(&[Outcome { tool: "aws___s3_read_operations", result: &result }])
    }

    #[test]
    fn a_list_names_its_entries_and_counts_the_rest() {
        let buckets: Vec<_> = (0..30).map(|n| json!({"CreationDate": "x", "Name": format!("bucket-{n}")})).collect();
        let text = answered(json!({"text": json!({"success": true, "result": {"Buckets": buckets}}).to_string()}));
        assert!(text.contains("Buckets: bucket-0, bucket-1"), "{text}");
        assert!(text.contains("and 5 more (30 in all)"), "{text}");
    }

    #[test]
    fn a_table_names_its_rows_and_says_what_was_asked_and_what_is_missing() {
        let result = json!({"recipe": "buckets", "columns": ["name", "region"], "rows": [["invoices", "us-east-1"]]});
        let completeness = json!({"calls": ["s3:ListBuckets"], "truncated": true, "notes": ["One region failed."]});
        let text = json!({"success": true, "result": result, "completeness": completeness}).to_string();
        let text = answered(json!({"text": text}));
        for part in ["invoices (1 in all)", "Asked of AWS: s3:ListBuckets.", "There is more", "One region failed."] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_failure_is_called_one() {
        let text = answered(json!({"text": json!({"success": false, "error": "AccessDenied"}).to_string()}));
        assert!(text.contains("s3_read_operations failed: AccessDenied"), "{text}");
    }

    #[test]
    fn plain_text_and_an_empty_list_are_read_too() {
        assert!(answered(json!({"text": "it is noon"})).contains("it is noon"));
        assert!(answered(json!({"json": {"Buckets": []}})).contains("Buckets: none"));
    }
}
