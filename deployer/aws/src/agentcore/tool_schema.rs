//! Tool definitions: JSON Schema in the gateway's subset and the SDK's `SchemaDefinition`.

use std::collections::HashMap;

use aws_sdk_bedrockagentcorecontrol::types::{SchemaDefinition, SchemaType, ToolDefinition as SdkTool, ToolSchema};
use deployer_core::desired::ToolDefinition;
use serde_json::{Map, Value};

/// The inline form of a target's tool schema.
///
/// Errors: a sentence naming the tool and the node that the gateway has no form for.
pub fn to_sdk(tools: &[ToolDefinition]) -> Result<ToolSchema, String> {
    tools.iter().map(tool_to_sdk).collect::<Result<_, _>>().map(ToolSchema::InlinePayload)
}

/// The tools of an inline schema; none for a schema in S3, which is never ours.
pub fn from_sdk(schema: ToolSchema) -> Vec<ToolDefinition> {
    match schema {
        ToolSchema::InlinePayload(tools) => tools.into_iter().map(tool_from_sdk).collect(),
        _ => Vec::new(),
    }
}

fn tool_to_sdk(tool: &ToolDefinition) -> Result<SdkTool, String> {
    let named = |cause: String| format!("tool `{}`: {cause}", tool.name);
    let definition = SdkTool::builder()
        .name(&tool.name)
        .description(&tool.description)
        .input_schema(node_to_sdk(&tool.input_schema, "$").map_err(named)?);
    definition.build().map_err(|error| named(error.to_string()))
}

fn tool_from_sdk(tool: SdkTool) -> ToolDefinition {
    ToolDefinition {
        name: tool.name,
        description: tool.description,
        input_schema: tool.input_schema.map(node_from_sdk).unwrap_or(Value::Null),
    }
}

fn node_to_sdk(node: &Value, path: &str) -> Result<SchemaDefinition, String> {
    let node = node.as_object().ok_or_else(|| format!("{path} is not an object"))?;
    let mut definition = SchemaDefinition::builder();
    for (keyword, value) in node {
        definition = match (keyword.as_str(), value) {
            ("type", Value::String(name)) => definition.r#type(type_to_sdk(name, path)?),
            ("description", Value::String(text)) => definition.description(text),
            ("required", Value::Array(names)) => definition.set_required(Some(strings(names, path)?)),
            ("items", items) => definition.items(node_to_sdk(items, &format!("{path}[]"))?),
            ("properties", Value::Object(properties)) => definition.set_properties(Some(members(properties, path)?)),
            _ => return Err(format!("{path}: keyword `{keyword}` is not accepted in this form")),
        };
    }
    definition.build().map_err(|_| format!("{path} has no type"))
}

fn members(properties: &Map<String, Value>, path: &str) -> Result<HashMap<String, SchemaDefinition>, String> {
    let members = properties.iter();
    members.map(|(name, property)| Ok((name.clone(), node_to_sdk(property, &format!("{path}.{name}"))?))).collect()
}

fn type_to_sdk(name: &str, path: &str) -> Result<SchemaType, String> {
    SchemaType::try_parse(name).map_err(|_| format!("{path}: type `{name}` is not accepted"))
}

fn strings(values: &[Value], path: &str) -> Result<Vec<String>, String> {
    let names = values.iter().map(|value| value.as_str().map(str::to_string));
    names.collect::<Option<_>>().ok_or_else(|| format!("{path}: `required` holds something other than names"))
}

/// Members in the order of the catalogue's schemas, properties by name: AWS keeps no order of them.
fn node_from_sdk(definition: SchemaDefinition) -> Value {
    let mut node = Map::new();
    node.insert("type".into(), definition.r#type.as_str().into());
    if let Some(description) = definition.description {
        node.insert("description".into(), description.into());
    }
    if let Some(properties) = definition.properties {
        let mut properties: Vec<_> = properties.into_iter().collect();
        properties.sort_by(|one, other| one.0.cmp(&other.0));
        let properties = properties.into_iter().map(|(name, property)| (name, node_from_sdk(property)));
        node.insert("properties".into(), Value::Object(properties.collect()));
    }
    if let Some(required) = definition.required {
        node.insert("required".into(), required.into());
    }
    if let Some(items) = definition.items {
        node.insert("items".into(), node_from_sdk(*items));
    }
    Value::Object(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_catalogue_survives_the_way_there_and_back() {
        let tools: Vec<ToolDefinition> = contract::catalogue().iter().map(ToolDefinition::from).collect();
        assert_eq!(from_sdk(to_sdk(&tools).unwrap()), tools);
    }

    #[test]
    fn nested_schemas_survive_the_way_there_and_back() {
        let tool = ToolDefinition {
            name: "t".into(),
            description: "d".into(),
            input_schema: json!({"type": "object", "required": ["b", "a"], "properties": {
                "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "number"}}}},
                "a": {"type": "string", "description": "an a"},
            }}),
        };
        assert_eq!(from_sdk(to_sdk(std::slice::from_ref(&tool)).unwrap()), vec![tool]);
    }

    #[test]
    fn what_the_gateway_has_no_form_for_is_named() {
        let with = |input_schema| ToolDefinition { name: "t".into(), description: "d".into(), input_schema };
        let fault = |schema| to_sdk(&[with(schema)]).unwrap_err();
        let day = json!({"type": "object", "properties": {"day": {"type": "string", "format": "date"}}});
        assert_eq!(fault(day), "tool `t`: $.day: keyword `format` is not accepted in this form");
        assert_eq!(fault(json!({"type": "date"})), "tool `t`: $: type `date` is not accepted");
        assert_eq!(fault(json!({})), "tool `t`: $ has no type");
    }
}
