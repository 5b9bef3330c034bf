//! The table of settings as a JSON schema, for editors that check TOML as it
//! is typed. It accepts a string with a variable wherever a string is expected.

use serde_json::{Map, Value, json};

use super::entry::{Absent, CHOICES, Entry, Kind, join};
use super::form::Form;
use super::keys;

/// The schema of an environment file (JSON Schema draft 7, which editors
/// understand best). Checked in as configs/schemas/environment.schema.json.
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    schema.insert("title".into(), "Environment of the AWS operations agent".into());
    schema.extend(table(keys::ROOT, ""));
    Value::Object(schema)
}

/// Nothing is required: a file holds only what differs from the one it extends.
fn table(entries: &[Entry], path: &str) -> Map<String, Value> {
    let property = |entry: &Entry| (entry.name.to_string(), Value::Object(property(entry, path)));
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("additionalProperties".into(), false.into());
    if CHOICES.iter().any(|choice| choice.table == path) {
        schema.insert("maxProperties".into(), 1.into());
    }
    schema.insert("properties".into(), entries.iter().map(property).collect::<Map<_, _>>().into());
    schema
}

fn property(entry: &Entry, path: &str) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("description".into(), entry.about.into());
    if let Absent::Default(text) = entry.absent
        && let Ok(default) = toml::from_str::<Value>(&format!("default = {text}"))
    {
        schema.insert("default".into(), default["default"].clone());
    }
    schema.extend(value(entry, path));
    schema
}

fn value(entry: &Entry, path: &str) -> Map<String, Value> {
    let schema = match &entry.kind {
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Integer { least, most } => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::OneOf(numbers) => json!({"enum": numbers}),
        Kind::Word(words) => json!({"anyOf": [{"enum": words}, with_variable()]}),
        Kind::Text(form) => text(form),
        Kind::Texts(form) => json!({"type": "array", "items": text(form)}),
        Kind::Map { name, value, most } => json!({
            "type": "object",
            "propertyNames": {"pattern": name.pattern},
            "additionalProperties": text(value),
            "maxProperties": most,
        }),
        Kind::Table(entries) => Value::Object(table(entries, &join(path, entry.name))),
        Kind::Tables(entries) => json!({"type": "array", "items": required_table(entries)}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// A table of a list is not merged, so what it needs is in it.
fn required_table(entries: &[Entry]) -> Value {
    let mut schema = table(entries, "[]");
    let required = entries.iter().filter(|entry| matches!(entry.absent, Absent::Required));
    schema.insert("required".into(), required.map(|entry| entry.name).collect::<Vec<_>>().into());
    Value::Object(schema)
}

fn text(form: &Form) -> Value {
    if form.plain {
        return json!({"type": "string", "pattern": form.pattern});
    }
    json!({"type": "string", "anyOf": [{"pattern": form.pattern}, with_variable()]})
}

fn with_variable() -> Value {
    json!({"type": "string", "pattern": "\\$\\{"})
}
