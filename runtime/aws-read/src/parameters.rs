//! A caller's JSON parameters, checked against the operation's input shape and
//! turned into what goes on the wire.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::allowlist::AllowedOperation;
use crate::error::ReadError;
use crate::model::{self, Kind, Service, Shape};
use crate::text;

/// Member name to wire text. Every required member is in it, and no other than
/// the model's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub fn get(&self, member: &str) -> Option<&str> {
        self.0.get(member).map(String::as_str)
    }

    pub fn set(&mut self, member: &str, text: String) {
        self.0.insert(member.into(), text);
    }
}

/// Checks the parameters; `null` members count as absent.
///
/// Fails with [`ReadError::Parameter`] on an unknown name (with the nearest
/// valid one), a wrong type or a missing member.
pub(crate) fn parse(
    service: &Service,
    allowed: &AllowedOperation,
    parameters: &Value,
) -> Result<Parameters, ReadError> {
    let fault = |problem: String, nearest| ReadError::Parameter { operation: allowed.full_name(), problem, nearest };
    let empty = Map::new();
    let given = match parameters {
        Value::Object(given) => given,
        Value::Null => &empty,
        other => return Err(fault(format!("expected an object, found {}", kind_of(other)), None)),
    };
    let input = service.operations.get(allowed.name()).and_then(|operation| service.input(operation));
    let mut wire = BTreeMap::new();
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = input.and_then(|input| input.members.get(name)) else {
            let nearest = text::nearest(name, names(input));
            return Err(fault(format!("{} is not a parameter", text::short(name)), nearest));
        };
        let kind = service.shape(&member.shape).kind;
        let text = wire_text(kind, value)
            .ok_or_else(|| fault(format!("{name}: expected {}, found {}", expected(kind), kind_of(value)), None))?;
        wire.insert(name.clone(), text);
    }
    let required = input.map(|input| input.required.as_slice()).unwrap_or_default();
    match required.iter().find(|name| wire.get(*name).is_none_or(String::is_empty)) {
        Some(missing) => Err(fault(format!("{missing} is required"), None)),
        None => Ok(Parameters(wire)),
    }
}

/// The parameters of an allowed operation, for people and models:
/// `{"Bucket": "string, required", "Prefix": "string"}`.
pub fn describe(operation: &AllowedOperation) -> Value {
    let mut described = Map::new();
    let modelled = model::service(operation.service());
    let input = modelled.and_then(|service| service.input(service.operations.get(operation.name())?));
    for (service, input) in modelled.into_iter().zip(input) {
        for (name, member) in &input.members {
            let required = if input.required.contains(name) { ", required" } else { "" };
            described.insert(name.clone(), json!(format!("{}{required}", expected(service.shape(&member.shape).kind))));
        }
    }
    Value::Object(described)
}

fn names(input: Option<&Shape>) -> impl Iterator<Item = &str> {
    input.into_iter().flat_map(|input| input.members.keys().map(String::as_str))
}

fn wire_text(kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::String, Value::String(text)) => Some(text.clone()),
        (Kind::Integer | Kind::Long, Value::Number(number)) => number.as_i64().map(|number| number.to_string()),
        (Kind::Boolean, Value::Bool(flag)) => Some(flag.to_string()),
        (Kind::Timestamp, Value::String(text)) => OffsetDateTime::parse(text, &Rfc3339).ok().map(|_| text.clone()),
        _ => None,
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure => "object",
        Kind::List => "array",
        Kind::String => "string",
        Kind::Integer | Kind::Long => "integer",
        Kind::Boolean => "boolean",
        Kind::Timestamp => "RFC 3339 time",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowlist;

    fn parsed(operation: &str, parameters: Value) -> Result<Parameters, String> {
        let allowed = allowlist::find("s3", operation).unwrap();
        parse(model::service("s3").unwrap(), allowed, &parameters).map_err(|error| error.to_string())
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_one() {
        let error = parsed("GetBucketTagging", json!({"bucket": "a"})).unwrap_err();
        assert_eq!(error, "parameters of s3:GetBucketTagging: bucket is not a parameter; did you mean Bucket?");
    }

    #[test]
    fn a_wrong_type_is_named_with_what_was_expected() {
        let error = parsed("ListBuckets", json!({"MaxBuckets": "ten"})).unwrap_err();
        assert_eq!(error, "parameters of s3:ListBuckets: MaxBuckets: expected integer, found a string");
        assert!(parsed("ListBuckets", json!([1])).unwrap_err().contains("expected an object, found an array"));
    }

    #[test]
    fn a_required_parameter_must_be_there_and_not_empty() {
        for parameters in [json!({}), json!({"Bucket": null}), json!({"Bucket": ""}), Value::Null] {
            let error = parsed("GetBucketTagging", parameters).unwrap_err();
            assert!(error.ends_with("Bucket is required"), "{error}");
        }
    }

    #[test]
    fn valid_parameters_become_wire_text() {
        let parameters = parsed("ListBuckets", json!({"MaxBuckets": 5, "Prefix": "a b"})).unwrap();
        assert_eq!(parameters.get("MaxBuckets"), Some("5"));
        assert_eq!(parameters.get("Prefix"), Some("a b"));
    }

    #[test]
    fn a_description_tells_type_and_need() {
        let described = describe(allowlist::find("s3", "GetBucketTagging").unwrap());
        assert_eq!(described["Bucket"], "string, required");
        assert_eq!(described["ExpectedBucketOwner"], "string");
    }
}
