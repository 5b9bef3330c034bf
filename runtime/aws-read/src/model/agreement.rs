//! Whether a value is one that an operation can answer, for fakes that stand in
//! for AWS.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

use super::{Kind, Service, Shape};
use crate::parameters::Path;

/// Checks an answer against the operation's output shape: unknown members and
/// values of the wrong kind. Times have to be RFC 3339 text, as this client
/// answers them. Says what is wrong and where: `Reservations[0].Instances: ...`.
pub fn check_answer(service: &str, operation: &str, answer: &Value) -> Result<(), String> {
    let model = super::service(service).ok_or_else(|| format!("no model of a service {service}"))?;
    let known = model.operations.get(operation).ok_or_else(|| format!("{service} has no operation {operation}"))?;
    let Value::Object(members) = answer else { return Err("an answer is an object".into()) };
    match model.output(known) {
        Some(output) => model.agrees_with_members(output, members, &Path::Root),
        None if members.is_empty() => Ok(()),
        None => Err(format!("{service}:{operation} answers nothing")),
    }
}

impl Service {
    fn agrees_with_members(&self, shape: &Shape, given: &Map<String, Value>, path: &Path<'_>) -> Result<(), String> {
        given.iter().try_for_each(|(name, value)| {
            let path = path.member(name);
            let member = shape.members.get(name).ok_or_else(|| format!("{path}: the answer has no such member"))?;
            self.agrees(self.shape(member.shape), value, &path)
        })
    }

    fn agrees(&self, shape: &Shape, value: &Value, path: &Path<'_>) -> Result<(), String> {
        match (shape.kind, value) {
            (Kind::Structure, _) if shape.document => Ok(()),
            (Kind::Structure, Value::Object(members)) => self.agrees_with_members(shape, members, path),
            (Kind::List, Value::Array(items)) => self.element(shape).map_or(Ok(()), |element| {
                items.iter().enumerate().try_for_each(|(index, item)| self.agrees(element, item, &path.item(index)))
            }),
            (Kind::Map, Value::Object(entries)) => self.element(shape).map_or(Ok(()), |element| {
                entries.iter().try_for_each(|(name, entry)| self.agrees(element, entry, &path.member(name)))
            }),
            (kind, value) if is_answered(kind, value) => Ok(()),
            (kind, _) => Err(format!("{path}: expected {}", expected(kind))),
        }
    }
}

/// True for a scalar that an answer of this kind may hold.
fn is_answered(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::String | Kind::Blob, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Integer | Kind::Long, Value::Number(number)) => number.is_i64(),
        (Kind::Float | Kind::Double, Value::Number(_)) => true,
        (Kind::Float | Kind::Double, Value::String(text)) => crate::protocol::not_finite(text).is_some(),
        (Kind::Timestamp, Value::String(text)) => DateTime::from_str(text, Format::DateTime).is_ok(),
        _ => false,
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure | Kind::Map => "an object",
        Kind::List => "an array",
        Kind::String | Kind::Blob => "a string",
        Kind::Integer | Kind::Long => "an integer",
        Kind::Float | Kind::Double => "a number",
        Kind::Boolean => "a boolean",
        Kind::Timestamp => "a time as RFC 3339 text in UTC",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(answer: Value) -> Result<(), String> {
        check_answer("ec2", "DescribeInstances", &answer)
    }

    #[test]
    fn an_answer_of_the_model_agrees() {
        let instance = json!({"InstanceId": "i-1", "LaunchTime": "2026-01-01T00:00:00Z", "State": {"Code": 16}});
        assert_eq!(checked(json!({"Reservations": [{"Instances": [instance]}], "NextToken": "t"})), Ok(()));
    }

    #[test]
    fn an_unknown_member_and_a_wrong_kind_are_named_with_their_path() {
        let with = |instance: Value| checked(json!({"Reservations": [{"Instances": [instance]}]})).unwrap_err();
        assert_eq!(with(json!({"Id": "i-1"})), "Reservations[0].Instances[0].Id: the answer has no such member");
        let problem = with(json!({"LaunchTime": 1_700_000_000}));
        assert_eq!(problem, "Reservations[0].Instances[0].LaunchTime: expected a time as RFC 3339 text in UTC");
        assert!(with(json!({"State": {"Code": "16"}})).ends_with("expected an integer"));
        assert!(check_answer("ec2", "DescribeNothing", &json!({})).is_err());
        assert!(check_answer("kms", "ListKeys", &json!({})).is_err());
    }
}
