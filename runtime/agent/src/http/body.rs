//! Request bodies: JSON objects with known members, each once.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shown;
use crate::failure::{Code, Failure};

/// Bytes of a request body.
pub const LIMIT: usize = 256 * 1024;

/// A body as it was received, or why it was not.
pub type Body = Result<Bytes, BytesRejection>;

/// A member that a body may have, and what it must be, as an error says it.
pub struct Member(pub &'static str, pub &'static str);

/// Reads a body whose members are all among these.
pub fn read<T: DeserializeOwned>(body: Body, members: &[Member]) -> Result<T, Failure> {
    let bytes = body.map_err(|rejection| unreadable(&rejection))?;
    // serde_json itself refuses what is nested more than 128 deep.
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| not_json(&error))?;
    let Value::Object(given) = &value else {
        return Err(Failure::new(Code::RequestInvalidJson, "read the request body: not a JSON object"));
    };
    if let Some(unknown) = given.keys().find(|name| members.iter().all(|Member(known, _)| known != name)) {
        return Err(unknown_member(unknown, members));
    }
    serde_json::from_slice(&bytes).map_err(|_| wrong_member::<T>(&value, members))
}

fn not_json(error: &serde_json::Error) -> Failure {
    let place = format!("line {}, column {}", error.line(), error.column());
    Failure::new(Code::RequestInvalidJson, format!("read the request body: not JSON at {place}"))
        .hint("send a JSON object, for example {\"message\": \"What time is it?\"}")
}

fn unknown_member(name: &str, members: &[Member]) -> Failure {
    let known: Vec<_> = members.iter().map(|Member(name, _)| *name).collect();
    Failure::new(Code::RequestUnknownField, format!("read the request body: unknown field `{}`", shown(name)))
        .hint(format!("known fields: {}", known.join(", ")))
}

/// Names the member that is wrong, without repeating its value. When each is right by itself, one is there twice:
/// parsers differ in which of the two they take, so neither is.
fn wrong_member<T: DeserializeOwned>(value: &Value, members: &[Member]) -> Failure {
    let is_wrong = |Member(name, _): &&Member| {
        let alone = value.get(name).map(|member| serde_json::json!({ *name: member }));
        alone.is_some_and(|alone| serde_json::from_value::<T>(alone).is_err())
    };
    let what = match members.iter().find(is_wrong) {
        Some(Member(name, wanted)) => format!("`{name}` must be {wanted}"),
        None => "a field is given twice".to_owned(),
    };
    Failure::new(Code::RequestInvalid, format!("read the request body: {what}"))
}

fn unreadable(rejection: &BytesRejection) -> Failure {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::new(Code::RequestTooLarge, format!("the request body is larger than {LIMIT} bytes"));
    }
    Failure::new(Code::RequestInvalid, "read the request body: the connection broke off")
}
