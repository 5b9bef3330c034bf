//! What a case expects against what this client does.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::suite::Case;
use crate::model::{Kind, Protocol, Service};
use crate::protocol::request::build_with;
use crate::protocol::xml::{self, Element};
use crate::protocol::{self, Reply, Request, scalar, write};
use crate::text;

pub(super) fn request(case: &Case, parameters: &Value) -> Result<(), String> {
    let expected = &case.document["serialized"];
    let token = || "00000000-0000-4000-8000-000000000000".to_owned();
    let built = build_with(&case.service, case.operation(), parameters, token);
    let built = built.map_err(|fault| format!("{}: {}", fault.path, fault.problem))?;
    if let Some(body) = expected["body"].as_str() {
        same_body(case.service.protocol, &built.body, body)?;
    }
    same_headers(case, &built, expected)?;
    let path = format!("{}{}", base_path(case), built.path);
    same("address", address(&path, &built.query), split_address(expected["uri"].as_str().unwrap_or_default()))?;
    if let Some(method) = expected["method"].as_str() {
        same("method", built.method.as_str(), method)?;
    }
    match (expected["host"].as_str(), &case.endpoint) {
        (Some(host), Some(endpoint)) => {
            let prefix = built.host_prefix.as_deref().unwrap_or_default();
            let host_and_path = format!("{prefix}{}{}", endpoint.host_str().unwrap_or_default(), base_path(case));
            same("host", host_and_path, host.to_owned())
        }
        _ => Ok(()),
    }
}

/// The path of the client's endpoint, before the paths of its requests.
fn base_path(case: &Case) -> &str {
    case.endpoint.as_ref().map_or("", Url::path).trim_end_matches('/')
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, actual: T, expected: T) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("{what} {actual:?}, expected {expected:?}")) }
}

/// The path, and the pairs of the query in a fixed order.
fn address(path: &str, query: &str) -> (String, Vec<(String, String)>) {
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    (path.to_owned(), pairs)
}

fn split_address(uri: &str) -> (String, Vec<(String, String)>) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    address(path, query)
}

fn same_body(protocol: Protocol, actual: &Bytes, expected: &str) -> Result<(), String> {
    let actual = String::from_utf8_lossy(actual);
    match protocol {
        Protocol::Json | Protocol::RestJson => {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            match (parse(&actual), parse(expected)) {
                (Some(actual), Some(expected)) => same("body", actual, expected),
                _ => same("body", actual.as_ref(), expected),
            }
        }
        Protocol::RestXml => match (xml::parse(actual.as_bytes()), xml::parse(expected.as_bytes())) {
            (Ok(actual), Ok(expected)) => same("body", canonical(actual), canonical(expected)),
            _ => same("body", actual.as_ref(), expected),
        },
        Protocol::Query | Protocol::Ec2 => same("body", address("", &actual), address("", expected)),
    }
}

/// Attributes in a fixed order, text without the space around it.
fn canonical(mut element: Element) -> Element {
    element.attributes.sort();
    element.text = element.text.trim().to_owned();
    element.children = element.children.into_iter().map(canonical).collect();
    element
}

fn same_headers(case: &Case, built: &Request, expected: &Value) -> Result<(), String> {
    let headers: HeaderMap = built.headers.iter().cloned().collect();
    let spaceless = |text: &str| text.replace(", ", ",");
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().expect("a header is text");
        let value = match (name.as_str(), case.service.protocol) {
            // Expected without the charset, which botocore adds.
            ("Content-Type", Protocol::Query | Protocol::Ec2) => "application/x-www-form-urlencoded; charset=utf-8",
            _ => value,
        };
        let actual = headers.get(name.as_str()).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        same(name, actual.as_deref().map(spaceless), Some(spaceless(value)))?;
    }
    let forbidden = expected["forbidHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match forbidden.into_iter().find(|name| headers.contains_key(*name)) {
        Some(name) => Err(format!("header {name} is sent")),
        None => Ok(()),
    }
}

pub(super) fn answer(case: &Case) -> Result<(), String> {
    let reply = reply(case);
    let fault = protocol::fault(&case.service, &reply);
    if case.document.get("error").is_some() {
        let fault = fault.ok_or("the error is taken for a success")?;
        same("code", fault.code.as_str(), case.document["errorCode"].as_str().unwrap_or_default())?;
        let message = case.document["errorMessage"].as_str();
        return message.map_or(Ok(()), |message| same("message", fault.message.as_str(), message));
    }
    if let Some(fault) = fault {
        return Err(format!("the success is taken for the error {fault}"));
    }
    let actual = protocol::answer(&case.service, case.operation(), &reply)?;
    let output = case.operation().output.as_ref().map(|output| output.shape);
    let expected = output.map_or(json!({}), |shape| expected(&case.service, shape, &case.document["result"]));
    if is_same(&actual, &expected) { Ok(()) } else { Err(format!("answer {actual}, expected {expected}")) }
}

fn reply(case: &Case) -> Reply {
    let response = &case.document["response"];
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let text = value.as_str().map_or(value.to_string(), str::to_owned);
        headers.append(name, HeaderValue::from_bytes(text.as_bytes()).expect("a header's value"));
    }
    let empty = if case.service.protocol == Protocol::Query { "<xml/>" } else { "" };
    let body = response["body"].as_str().unwrap_or(empty).to_owned();
    let status = response["status_code"].as_u64().unwrap_or(200);
    Reply { status: u16::try_from(status).expect("an HTTP status"), headers, body: body.into() }
}

/// The expected value in this client's form: times as text, texts cleaned.
fn expected(service: &Service, name: &str, value: &Value) -> Value {
    let shape = service.shape(name);
    match (shape.kind, value) {
        (Kind::Timestamp, value) => {
            write::time(value).and_then(|time| scalar::rfc_3339(&time)).map_or(Value::Null, Value::from)
        }
        (Kind::Structure, Value::Object(members)) if !shape.document => {
            let members = members.iter().map(|(name, value)| {
                let value =
                    shape.members.get(name).map_or(value.clone(), |member| expected(service, member.shape, value));
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        (Kind::List, Value::Array(items)) => {
            let element = shape.member.as_ref().expect("a list has elements").shape;
            items.iter().map(|item| expected(service, element, item)).collect()
        }
        (Kind::Map, Value::Object(entries)) => {
            let element = shape.value.as_ref().expect("a map has values").shape;
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), expected(service, element, value))).collect())
        }
        (_, Value::String(value)) => json!(text::cleaned(value)),
        _ => value.clone(),
    }
}

/// Equal, numbers by their value.
fn is_same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Number(actual), Value::Number(expected)) => is_near(actual.as_f64(), expected.as_f64()),
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(actual, expected)| is_same(actual, expected))
        }
        (Value::Object(actual), Value::Object(expected)) => {
            let is_there = |(name, expected)| actual.get(name).is_some_and(|actual| is_same(actual, expected));
            actual.len() == expected.len() && expected.iter().all(is_there)
        }
        _ => actual == expected,
    }
}

/// serde_json reads numbers quickly, and off by the last bit at times.
fn is_near(actual: Option<f64>, expected: Option<f64>) -> bool {
    actual.zip(expected).is_some_and(|(actual, expected)| (actual - expected).abs() <= expected.abs() * f64::EPSILON)
}
