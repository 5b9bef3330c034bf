//! Checks of the parameters that go into a request's path, headers and host,
//! where the wrong character would make another request of it.

use http::HeaderValue;
use serde_json::{Map, Value};

use crate::model::{Location, Operation, Service};
use crate::parameters::ParameterFault;

/// Longest label of a host name (RFC 1123).
const MAX_HOST_LABEL: usize = 63;

/// Refuses what a label, a header or the host cannot hold.
pub(super) fn check(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Value>,
) -> Result<(), ParameterFault> {
    let members = service.input(operation).into_iter().flat_map(|input| input.members.iter());
    for (name, member) in members {
        let texts = parameters.get(name).map(texts).unwrap_or_default();
        let problem = match member.location {
            Some(Location::Uri) => texts.iter().find_map(|text| label_problem(text)),
            Some(Location::Header | Location::Headers) => texts.iter().find_map(|text| header_problem(text)),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(ParameterFault::new(name, problem));
        }
    }
    Ok(())
}

/// The host prefix with its labels filled in: `123456789012.`
pub(super) fn host_prefix(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Value>,
) -> Result<Option<String>, ParameterFault> {
    let Some(template) = operation.host_prefix() else { return Ok(None) };
    let mut prefix = template.to_owned();
    let members = service.input(operation).into_iter().flat_map(|input| input.members.iter());
    for (name, _) in members.filter(|(_, member)| member.host_label) {
        let label = parameters.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if label.is_empty() || label.len() > MAX_HOST_LABEL || !label.bytes().all(is_letter) {
            return Err(ParameterFault::new(
                name,
                "goes into the host name, so that it may hold letters, digits and hyphens only",
            ));
        }
        prefix = prefix.replace(&format!("{{{name}}}"), label);
    }
    Ok(Some(prefix))
}

/// The text of a member, or the texts of its elements or entries.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(entries) => {
            let values = entries.values().filter_map(Value::as_str);
            entries.keys().map(String::as_str).chain(values).collect()
        }
        _ => Vec::new(),
    }
}

/// A dot segment would be resolved away by clients, so that the path would name
/// something else.
fn label_problem(text: &str) -> Option<&'static str> {
    let has_dots = text.split('/').any(|segment| segment == "." || segment == "..");
    match text.is_empty() {
        true => Some("must not be empty"),
        false => has_dots.then_some("must not be a dot segment"),
    }
}

fn header_problem(text: &str) -> Option<&'static str> {
    HeaderValue::from_str(text).is_err().then_some("holds a character that no header takes")
}
