//! Parameters for people and models: types in words, and examples.

use serde_json::{Map, Value, json};

use crate::allowlist::AllowedOperation;
use crate::model::{self, Kind, Service, Shape};

/// Levels of objects that are spelled out; below them it is only said that
/// there is an object.
const MAX_LEVELS: usize = 3;

/// Longest list of known values that is told.
const MAX_VALUES: usize = 12;

/// Levels of required members that an example follows, since shapes may be recursive.
const MAX_EXAMPLE_LEVELS: usize = 8;

/// The parameters of an operation by name, each with its type in words:
/// `{"Bucket": "string, required", "Filters": "array of {Name: string, Values: array of string}"}`.
/// Known values of an enumeration are named where they are few.
pub fn describe(operation: &AllowedOperation) -> Value {
    let Some((service, input)) = input(operation) else { return json!({}) };
    let described = input.members.iter().map(|(name, member)| {
        let required = if input.required.contains(&name) { ", required" } else { "" };
        (name.to_owned(), json!(format!("{}{required}", kind(service, member.shape))))
    });
    Value::Object(described.collect())
}

/// The least that the operation takes: its required members with values in
/// their place, `{"Bucket": "<Bucket>"}`.
pub fn example(operation: &AllowedOperation) -> Value {
    input(operation).map_or(json!({}), |(service, input)| required(service, input, 0))
}

fn input(operation: &AllowedOperation) -> Option<(&'static Service, &'static Shape)> {
    let service = model::service(operation.service())?;
    let input = service.input(service.operations.get(operation.name())?)?;
    Some((service, input))
}

/// A shape's type in words.
pub(super) fn kind(service: &Service, name: &str) -> String {
    words(service, name, 0)
}

fn words(service: &Service, name: &str, level: usize) -> String {
    let shape = service.shape(name);
    match shape.kind {
        Kind::Structure if shape.document => "any JSON value".into(),
        Kind::Structure if level >= MAX_LEVELS => "object".into(),
        Kind::Structure => members(service, shape, level),
        Kind::List => format!("array of {}", part(service, shape, level)),
        Kind::Map => format!("object of {} by name", part(service, shape, level)),
        Kind::String if (1..=MAX_VALUES).contains(&shape.values.len()) => {
            format!("string ({})", shape.values.join(" | "))
        }
        Kind::String | Kind::Blob => "string".into(),
        Kind::Integer | Kind::Long => "integer".into(),
        Kind::Float | Kind::Double => "number".into(),
        Kind::Boolean => "boolean".into(),
        Kind::Timestamp => "time (RFC 3339, or seconds since 1970)".into(),
    }
}

fn part(service: &Service, shape: &Shape, level: usize) -> String {
    let part = shape.member.as_ref().or(shape.value.as_ref());
    part.map_or("any JSON value".into(), |part| words(service, part.shape, level))
}

fn members(service: &Service, shape: &Shape, level: usize) -> String {
    let members = shape.members.iter().map(|(name, member)| {
        let required = if shape.required.contains(&name) { " (required)" } else { "" };
        format!("{name}{required}: {}", words(service, member.shape, level + 1))
    });
    let members = members.collect::<Vec<_>>().join(", ");
    if shape.union { format!("one of {{{members}}}") } else { format!("{{{members}}}") }
}

fn required(service: &Service, shape: &Shape, level: usize) -> Value {
    let is_wanted = |(index, name): (usize, &str)| shape.required.contains(&name) || shape.union && index == 0;
    let members = shape.members.iter().enumerate();
    let wanted = members.filter(|(index, (name, _))| level < MAX_EXAMPLE_LEVELS && is_wanted((*index, name)));
    let members = wanted.map(|(_, (name, member))| (name.to_owned(), value(service, name, member.shape, level)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// A value for a member. Text stands in angle brackets, so that nobody takes it
/// for real; what goes into host names has to be of digits.
fn value(service: &Service, member: &str, name: &str, level: usize) -> Value {
    let shape = service.shape(name);
    match shape.kind {
        Kind::Structure if shape.document => json!({}),
        Kind::Structure => required(service, shape, level + 1),
        Kind::List => shape.member.iter().map(|part| value(service, member, part.shape, level)).collect(),
        Kind::Map => json!({}),
        Kind::String if member == "AccountId" => json!("123456789012"),
        Kind::String | Kind::Blob => match shape.values.first() {
            Some(known) => json!(known),
            None => json!(format!("<{member}>")),
        },
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => json!(60),
        Kind::Boolean => json!(false),
        Kind::Timestamp => json!("2026-01-31T00:00:00Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowlist;
    use crate::parameters;

    fn allowed(service: &str, name: &str) -> &'static AllowedOperation {
        let operations = allowlist::operations(service).iter();
        operations.into_iter().find(|operation| operation.name() == name).unwrap()
    }

    #[test]
    fn a_description_tells_types_needs_and_small_enumerations() {
        let described = describe(allowed("s3", "GetBucketTagging"));
        assert_eq!(described["Bucket"], "string, required");
        let described = describe(allowed("ec2", "DescribeInstances"));
        assert_eq!(described["Filters"], "array of {Name: string, Values: array of string}");
        let described = describe(allowed("cloudwatch", "DescribeAlarms"));
        assert_eq!(described["StateValue"], "string (OK | ALARM | INSUFFICIENT_DATA)");
    }

    #[test]
    fn a_recursive_shape_is_described_and_ends() {
        let described = describe(allowed("ce", "GetCostAndUsage"));
        let filter = described["Filter"].as_str().unwrap();
        assert!(filter.contains("Dimensions") && filter.len() < 20_000, "{filter}");
    }

    #[test]
    fn every_example_passes_the_checks_of_its_operation() {
        for (service, operation) in model::SERVICES
            .iter()
            .flat_map(|service| allowlist::operations(service).iter().map(move |operation| (service, operation)))
        {
            let model = model::service(service).unwrap();
            let checked = parameters::parse(model, &model.operations[operation.name()], &example(operation));
            assert!(checked.is_ok(), "{}: {checked:?}", operation.full_name());
        }
    }

    #[test]
    fn an_example_holds_what_is_required_and_no_more() {
        assert_eq!(example(allowed("s3", "GetBucketTagging")), json!({"Bucket": "<Bucket>"}));
        assert_eq!(example(allowed("ec2", "DescribeInstances")), json!({}));
    }
}
