//! The tool's arguments.

use serde_json::{Map, Value};

#[derive(Debug, PartialEq)]
pub(super) struct Question {
    /// Empty when only an operation is given.
    pub query: String,
    pub operation: Option<String>,
    /// An object.
    pub parameters: Value,
}

impl Question {
    /// Reads the arguments; says what is wrong with them.
    pub fn read(arguments: &Value) -> Result<Self, String> {
        let text = |name: &str| match arguments.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("{name}: expected a string")),
        };
        let operation = text("operation")?;
        let parameters = parameters(arguments.get("parameters"))?;
        if operation.is_none() && parameters.as_object().is_some_and(|given| !given.is_empty()) {
            return Err("parameters: they need the operation that they belong to".into());
        }
        Ok(Self { query: text("query")?.unwrap_or_default(), operation, parameters })
    }
}

/// A JSON object in a string, or the object itself.
fn parameters(given: Option<&Value>) -> Result<Value, String> {
    match given {
        None | Some(Value::Null) => Ok(Value::Object(Map::new())),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(Value::Object(object)),
            Ok(_) => Err("parameters: expected a JSON object, for example {\"Bucket\": \"my-bucket\"}".into()),
            Err(error) => Err(format!("parameters: not valid JSON: {error}")),
        },
        Some(Value::Object(object)) => Ok(Value::Object(object.clone())),
        Some(_) => Err("parameters: expected a JSON object in a string".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_taken_as_string_or_object() {
        for parameters in [json!({"Bucket": "b"}), json!("{\"Bucket\": \"b\"}")] {
            let question = Question::read(&json!({"operation": "GetBucketAcl", "parameters": parameters})).unwrap();
            assert_eq!(question.parameters, json!({"Bucket": "b"}));
        }
        for empty in [json!(null), json!(""), json!("{}")] {
            assert_eq!(Question::read(&json!({"query": "q", "parameters": empty})).unwrap().parameters, json!({}));
        }
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (arguments, begin) in [
            (json!({"query": 5}), "query: expected a string"),
            (json!({"operation": "X", "parameters": "{"}), "parameters: not valid JSON"),
            (json!({"operation": "X", "parameters": "[]"}), "parameters: expected a JSON object"),
            (json!({"operation": "X", "parameters": 5}), "parameters: expected a JSON object in a string"),
            (json!({"query": "q", "parameters": {"Bucket": "b"}}), "parameters: they need the operation"),
        ] {
            let problem = Question::read(&arguments).unwrap_err();
            assert!(problem.starts_with(begin), "{problem}");
        }
    }
}
