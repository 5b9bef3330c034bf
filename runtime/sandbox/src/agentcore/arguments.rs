//! Checks a tool call's arguments against the tool's schema.

use serde_json::Value;

/// One sentence a fault; empty when the arguments fit. Members that the schema
/// does not name are allowed, as JSON Schema has it.
pub(super) fn faults(schema: &Value, arguments: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    visit(schema, arguments, "", &mut faults);
    faults
}

fn visit(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let expected = schema["type"].as_str().unwrap_or_default();
    if !has_type(value, expected) {
        faults.push(format!("{} must be of type {expected}", name(path)));
        return;
    }
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            faults.push(format!("{} is required", name(&below(path, required))));
        }
    }
    for (member, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(member) {
            visit(property, value, &below(path, member), faults);
        }
    }
    if let Some(items) = schema.get("items") {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            visit(items, item, &format!("{path}[{index}]"), faults);
        }
    }
}

fn has_type(value: &Value, expected: &str) -> bool {
    match expected {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn below(path: &str, member: &str) -> String {
    if path.is_empty() { member.into() } else { format!("{path}.{member}") }
}

fn name(path: &str) -> String {
    if path.is_empty() { "Arguments".into() } else { format!("Field '{path}'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_and_mistyped_arguments_are_named_with_their_path() {
        let schema = json!({"type": "object", "required": ["query"], "properties": {
            "query": {"type": "string"},
            "pages": {"type": "array", "items": {"type": "integer"}},
            "filter": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
        }});
        assert_eq!(faults(&schema, &json!({"query": "x", "pages": [1, 2.0], "other": 1})), Vec::<String>::new());
        let bad = json!({"pages": [1, "two"], "filter": {}});
        let expected = [
            "Field 'query' is required",
            "Field 'pages[1]' must be of type integer",
            "Field 'filter.name' is required",
        ];
        assert_eq!(faults(&schema, &bad), expected);
        assert_eq!(faults(&schema, &json!([])), ["Arguments must be of type object"]);
    }
}
