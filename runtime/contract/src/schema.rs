//! The subset of JSON Schema that an AgentCore target accepts.
//!
//! A node may hold `type`, `properties`, `required`, `items` and `description`,
//! nothing else; `type` is a single word and the root is an object (service
//! model `bedrock-agentcore-control`, shape `SchemaDefinition`).

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

const TYPES: [&str; 6] = ["string", "number", "object", "array", "boolean", "integer"];
const KEYWORDS: [&str; 5] = ["type", "description", "properties", "required", "items"];

/// Schema of an argument type in the gateway's subset.
pub fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator();
    reduce(generator.into_root_schema_for::<T>().to_value(), Root::Yes)
}

#[derive(PartialEq)]
enum Root {
    Yes,
    No,
}

/// Keeps the allowed keywords of a node and of all nodes below it. An optional
/// member is a nullable type to schemars and an unrequired one to the gateway.
fn reduce(schema: Value, root: Root) -> Value {
    let Value::Object(mut node) = schema else { return schema };
    let mut kept = Map::new();
    kept.insert("type".into(), single_type(node.remove("type")));
    if root == Root::No
        && let Some(description) = node.remove("description")
    {
        kept.insert("description".into(), description);
    }
    if let Some(Value::Object(properties)) = node.remove("properties") {
        let reduced = properties.into_iter().map(|(name, property)| (name, reduce(property, Root::No)));
        kept.insert("properties".into(), Value::Object(reduced.collect()));
    }
    for keyword in ["required", "items"] {
        if let Some(value) = node.remove(keyword) {
            kept.insert(keyword.into(), reduce(value, Root::No));
        }
    }
    Value::Object(kept)
}

fn single_type(declared: Option<Value>) -> Value {
    match declared {
        Some(Value::Array(types)) => types.into_iter().find(|name| name != "null").unwrap_or(Value::Null),
        Some(name) => name,
        None => Value::Null,
    }
}

/// What a gateway would refuse in a tool's input schema: one sentence a fault,
/// each with the path of its node; empty when the schema is accepted.
pub fn faults(schema: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if schema["type"] != "object" {
        faults.push("$: the root must have type object".into());
    }
    visit(schema, "$", &mut faults);
    faults
}

fn visit(schema: &Value, path: &str, faults: &mut Vec<String>) {
    let Some(node) = schema.as_object() else {
        faults.push(format!("{path}: a schema node must be an object"));
        return;
    };
    for keyword in node.keys().filter(|keyword| !KEYWORDS.contains(&keyword.as_str())) {
        faults.push(format!("{path}: keyword `{keyword}` is not accepted"));
    }
    if !node.get("type").and_then(Value::as_str).is_some_and(|name| TYPES.contains(&name)) {
        faults.push(format!("{path}: type must be one of {}", TYPES.join(", ")));
    }
    for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        visit(property, &format!("{path}.{name}"), faults);
    }
    if let Some(items) = node.get("items") {
        visit(items, &format!("{path}[]"), faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keywords_outside_the_subset_are_named_with_their_path() {
        let schema =
            json!({"type": "object", "properties": {"day": {"type": "string", "format": "date", "enum": ["a"]}}});
        let faults = faults(&schema);
        assert_eq!(faults.len(), 2);
        assert!(faults.iter().all(|fault| fault.starts_with("$.day: keyword")), "{faults:?}");
    }

    #[test]
    fn an_optional_argument_is_not_required_and_has_one_type() {
        let schema = of::<crate::tool_arguments::Read>();
        assert_eq!(schema["required"], json!(["query"]));
        assert_eq!(schema["properties"]["operation"]["type"], "string");
        assert!(faults_free(&schema));
    }

    fn faults_free(schema: &Value) -> bool {
        faults(schema).is_empty()
    }
}
