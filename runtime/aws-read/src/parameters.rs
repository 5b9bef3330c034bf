//! A caller's JSON parameters, checked against the operation's input shape
//! before anything else is done with them.

mod describe;
mod fault;
mod path;

use serde_json::{Map, Value};

use crate::error::ReadError;
use crate::model::{self, Kind, Operation, Service, Shape};
use crate::text;

pub use describe::{describe, example};
pub(crate) use fault::ParameterFault;
pub(crate) use path::Path;

/// Levels of arrays and objects; Cost Explorer's filters and DynamoDB's values
/// are the deepest that real calls have, with about ten.
const MAX_DEPTH: usize = 32;

/// Bytes of all texts and names, and one for each value.
const MAX_SIZE: usize = 64 * 1024;

/// The parameters of an operation as its requests are built from them: an
/// object in which members that are `null` are left out.
///
/// Fails on an unknown name (with the nearest ones), a wrong type, a number out
/// of its type's range, a missing member, and on what is too deep or too large.
/// Values of enumerations are not compared, since AWS adds to them.
pub(crate) fn parse(service: &Service, operation: &Operation, parameters: &Value) -> Result<Value, ParameterFault> {
    within_bounds(parameters)?;
    let check = Check { service };
    match (service.input(operation), parameters) {
        (_, Value::Null) => check.input(service.input(operation), &Map::new()),
        (input, Value::Object(members)) => check.input(input, members),
        (_, other) => {
            let fault = ParameterFault::new("", format!("found {}", kind_of(other)));
            Err(fault.expecting("an object with the operation's parameters"))
        }
    }
}

/// Checks parameters as a call would, without making one. `service` and
/// `operation` as in [`crate::Call`]; the allowlist is not asked.
pub fn check_parameters(service: &str, operation: &str, parameters: &Value) -> Result<(), ReadError> {
    let unknown = |nearest| ReadError::NotAllowed {
        service: text::short(service),
        operation: text::short(operation),
        tier: None,
        nearest,
    };
    let model =
        model::service(service).ok_or_else(|| unknown(text::nearest(service, model::SERVICES.iter().copied())))?;
    let known = model.operations.get(operation);
    let known = known.ok_or_else(|| unknown(text::nearest(operation, model.operations.keys().copied())))?;
    let checked = parse(model, known, parameters);
    checked.map(|_| ()).map_err(|fault| fault.of(format!("{service}:{operation}")))
}

/// Refuses what is too deep for the checks' recursion or too large for a read.
fn within_bounds(parameters: &Value) -> Result<(), ParameterFault> {
    let (mut size, mut open) = (0, vec![(parameters, 0)]);
    while let Some((value, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(ParameterFault::new("", format!("the parameters are more than {MAX_DEPTH} levels deep")));
        }
        size += 1 + value.as_str().map_or(0, str::len);
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => {
                size += members.keys().map(String::len).sum::<usize>();
                open.extend(members.values().map(|member| (member, depth + 1)));
            }
            _ => {}
        }
        if size > MAX_SIZE {
            return Err(ParameterFault::new("", format!("the parameters have more than {MAX_SIZE} bytes")));
        }
    }
    Ok(())
}

struct Check<'a> {
    service: &'a Service,
}

impl Check<'_> {
    fn input(&self, input: Option<&Shape>, members: &Map<String, Value>) -> Result<Value, ParameterFault> {
        match (input, members.keys().next()) {
            (Some(input), _) => self.members(input, members, &Path::Root),
            (None, None) => Ok(Value::Object(Map::new())),
            (None, Some(name)) => Err(ParameterFault::new(&text::short(name), "the operation takes no parameters")),
        }
    }

    fn members(&self, shape: &Shape, given: &Map<String, Value>, path: &Path<'_>) -> Result<Value, ParameterFault> {
        let mut checked = Map::new();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let path = path.member(name);
            let member = shape.members.get(name).ok_or_else(|| unknown(shape, name, &path))?;
            checked.insert(name.clone(), self.value(member.shape, value, &path)?);
        }
        if let Some(missing) = shape.required.iter().find(|name| !checked.contains_key(**name)) {
            let expected = describe::kind(self.service, shape.members[missing].shape);
            return Err(path.member(missing).fault("is required").expecting(&expected));
        }
        match shape.union && checked.len() != 1 {
            true => Err(path.fault("exactly one member has to be given").near(shape.members.names())),
            false => Ok(Value::Object(checked)),
        }
    }

    fn value(&self, name: &str, value: &Value, path: &Path<'_>) -> Result<Value, ParameterFault> {
        let shape = self.service.shape(name);
        let wrong = || Err(path.fault(found(shape, value)).expecting(&describe::kind(self.service, name)));
        match (shape.kind, value) {
            (Kind::Structure, _) if shape.document => Ok(value.clone()),
            (Kind::Structure, Value::Object(members)) => self.members(shape, members, path),
            (Kind::List, Value::Array(items)) => self.items(shape, items, path),
            (Kind::Map, Value::Object(entries)) => self.entries(shape, entries, path),
            (kind, value) if is_scalar(kind, value) => Ok(value.clone()),
            _ => wrong(),
        }
    }

    fn items(&self, shape: &Shape, items: &[Value], path: &Path<'_>) -> Result<Value, ParameterFault> {
        let Some(element) = &shape.member else { return Ok(Value::Array(items.to_vec())) };
        let items = items.iter().enumerate();
        items.map(|(index, item)| self.value(element.shape, item, &path.item(index))).collect()
    }

    fn entries(&self, shape: &Shape, entries: &Map<String, Value>, path: &Path<'_>) -> Result<Value, ParameterFault> {
        let Some(value) = &shape.value else { return Ok(Value::Object(entries.clone())) };
        let checked = entries.iter().map(|(name, entry)| {
            let entry = self.value(value.shape, entry, &path.member(name))?;
            Ok((name.clone(), entry))
        });
        checked.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }
}

fn unknown(shape: &Shape, name: &str, path: &Path<'_>) -> ParameterFault {
    path.fault("is not a parameter of this operation").near(text::nearest(name, shape.members.names()))
}

/// True when the value is of the kind and in its range.
fn is_scalar(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::String | Kind::Blob, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Integer, Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        (Kind::Long, Value::Number(number)) => number.as_i64().is_some(),
        (Kind::Float | Kind::Double, Value::Number(_)) => true,
        (Kind::Float | Kind::Double, Value::String(text)) => crate::protocol::not_finite(text).is_some(),
        (Kind::Timestamp, value) => crate::protocol::time(value).is_some(),
        _ => false,
    }
}

/// What was found, with a hint where the meaning is likely.
fn found(shape: &Shape, value: &Value) -> String {
    let found = format!("found {}", kind_of(value));
    match (shape.kind, value) {
        (Kind::List, Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Object(_)) => {
            format!("{found}; put it into an array: [...]")
        }
        (Kind::String, Value::Number(_) | Value::Bool(_)) => format!("{found}; put it into quotation marks"),
        (Kind::Integer | Kind::Long, Value::Number(_)) => "found a number that is no integer or out of range".into(),
        (Kind::Integer | Kind::Long | Kind::Boolean, Value::String(_)) => {
            format!("{found}; leave the quotation marks out")
        }
        (Kind::Timestamp, Value::String(_)) => "found another text".into(),
        _ => found,
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
    use serde_json::json;

    fn parsed(service: &str, operation: &str, parameters: Value) -> Result<Value, ParameterFault> {
        let service = model::service(service).unwrap();
        parse(service, &service.operations[operation], &parameters)
    }

    fn fault(service: &str, operation: &str, parameters: Value) -> ParameterFault {
        parsed(service, operation, parameters).unwrap_err()
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_ones() {
        let fault = fault("ec2", "DescribeInstances", json!({"Filters": [{"name": "x"}]}));
        assert_eq!((fault.path.as_str(), fault.nearest[0].as_str()), ("Filters[0].name", "Name"));
        let fault = self::fault("ec2", "DescribeInstances", json!({"InstanceId": ["i-1"]}));
        assert_eq!(fault.nearest[0], "InstanceIds");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_path_and_what_was_expected() {
        let fault = fault("ec2", "DescribeInstances", json!({"Filters": [{"Name": "x", "Values": "running"}]}));
        assert_eq!(fault.path, "Filters[0].Values");
        assert_eq!(fault.expected.as_deref(), Some("array of string"));
        assert_eq!(fault.problem, "found a string; put it into an array: [...]");
        assert_eq!(self::fault("s3", "ListBuckets", json!({"MaxBuckets": "10"})).expected.as_deref(), Some("integer"));
        assert_eq!(self::fault("s3", "ListBuckets", json!([1])).problem, "found an array");
    }

    #[test]
    fn numbers_have_the_range_of_their_type() {
        assert!(parsed("s3", "ListBuckets", json!({"MaxBuckets": 2_147_483_647_i64})).is_ok());
        for number in [json!(2_147_483_648_i64), json!(1.5), json!(1e300)] {
            assert_eq!(fault("s3", "ListBuckets", json!({"MaxBuckets": number})).path, "MaxBuckets");
        }
    }

    #[test]
    fn a_missing_member_is_named_wherever_it_is() {
        for parameters in [json!({}), json!({"Bucket": null}), Value::Null] {
            let fault = fault("s3", "GetBucketTagging", parameters);
            assert_eq!((fault.path.as_str(), fault.problem.as_str()), ("Bucket", "is required"));
        }
        let nested =
            json!({"TimePeriod": {"Start": "2026-01-01"}, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]});
        assert_eq!(fault("ce", "GetCostAndUsage", nested).path, "TimePeriod.End");
    }

    #[test]
    fn times_are_rfc_3339_or_seconds() {
        let asked = |time: Value| {
            let parameters = json!({"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Period": 60,
                "StartTime": time, "EndTime": 1_700_000_000});
            parsed("cloudwatch", "GetMetricStatistics", parameters)
        };
        for time in [json!("2026-11-22T10:00:00Z"), json!("2026-11-22T10:00:00+01:00"), json!(1.5)] {
            assert!(asked(time.clone()).is_ok(), "{time}");
        }
        for time in [json!("yesterday"), json!("2026-11-22"), json!(true)] {
            let fault = asked(time.clone()).unwrap_err();
            assert_eq!(fault.path, "StartTime", "{time}");
            assert!(fault.expected.unwrap().contains("RFC 3339"));
        }
    }

    #[test]
    fn an_unknown_value_of_an_enumeration_passes() {
        assert!(parsed("cloudwatch", "DescribeAlarms", json!({"StateValue": "NEW_STATE"})).is_ok());
        let fault = fault("cloudwatch", "DescribeAlarms", json!({"StateValue": 1}));
        assert!(fault.expected.unwrap().contains("INSUFFICIENT_DATA"));
    }

    #[test]
    fn what_is_too_deep_or_too_large_is_refused() {
        let deep = (0..MAX_DEPTH + 1).fold(json!({}), |inner, _| json!({"Not": inner}));
        assert!(fault("ce", "GetCostAndUsage", deep).problem.contains("levels deep"));
        let large = json!({"Bucket": "b".repeat(MAX_SIZE)});
        assert!(fault("s3", "GetBucketTagging", large).problem.contains("bytes"));
    }

    #[test]
    fn an_operation_without_input_takes_nothing() {
        for nothing in [json!({}), Value::Null] {
            assert_eq!(parsed("iam", "GetAccountSummary", nothing).unwrap(), json!({}));
        }
        let fault = fault("iam", "GetAccountSummary", json!({"A": 1}));
        assert_eq!((fault.path.as_str(), fault.problem.as_str()), ("A", "the operation takes no parameters"));
    }

    #[test]
    fn nulls_are_left_out_at_every_level() {
        let given = json!({"MaxResults": null, "Filters": [{"Name": "a", "Values": null}]});
        assert_eq!(parsed("ec2", "DescribeInstances", given).unwrap(), json!({"Filters": [{"Name": "a"}]}));
    }

    #[test]
    fn names_that_no_model_has_are_refused_with_the_nearest_ones() {
        let refused = |service, operation| match check_parameters(service, operation, &json!({})).unwrap_err() {
            ReadError::NotAllowed { nearest, .. } => nearest.into_iter().next(),
            other => panic!("{other}"),
        };
        assert_eq!(refused("cloudwach", "DescribeAlarms").as_deref(), Some("cloudwatch"));
        assert_eq!(refused("ec2", "DescribeInstance").as_deref(), Some("DescribeInstances"));
        assert!(check_parameters("ec2", "DescribeInstances", &json!({})).is_ok());
    }
}
