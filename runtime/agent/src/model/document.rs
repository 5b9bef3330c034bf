//! Between JSON values and the SDK's documents.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// The same value as a document. A number that fits no 64 bit integer is a float.
pub fn of_json(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(number_of(number)),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(of_json).collect()),
        Value::Object(members) => {
            Document::Object(members.iter().map(|(name, member)| (name.clone(), of_json(member))).collect())
        }
    }
}

fn number_of(number: &serde_json::Number) -> Number {
    match (number.as_u64(), number.as_i64()) {
        (Some(positive), _) => Number::PosInt(positive),
        (None, Some(negative)) => Number::NegInt(negative),
        (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_value_becomes_a_document() {
        let document = of_json(&json!({"a": [1, -2, 0.5, true, null, "x"]}));
        let Document::Object(members) = document else { panic!("an object becomes an object") };
        let expected = vec![
            Document::Number(Number::PosInt(1)),
            Document::Number(Number::NegInt(-2)),
            Document::Number(Number::Float(0.5)),
            Document::Bool(true),
            Document::Null,
            Document::String("x".into()),
        ];
        assert_eq!(members["a"], Document::Array(expected));
    }
}
