//! Request bodies: JSON objects with known members.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::{Code, Failure};

/// Bytes of a request body.
pub const LIMIT: usize = 256 * 1024;

pub type Body = Result<Bytes, BytesRejection>;

/// Reads a body whose members are all among `fields`.
pub fn read<T: DeserializeOwned>(body: Body, fields: &[&str]) -> Result<T, Failure> {
    let bytes = body.map_err(|rejection| unreadable(&rejection))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::new(Code::RequestInvalidJson, format!("read the request body: not JSON at {place}"))
            .hint("send a JSON object, for example {\"message\": \"What time is it?\"}")
    })?;
    let Value::Object(members) = &value else {
        return Err(Failure::new(Code::RequestInvalidJson, "read the request body: not a JSON object"));
    };
    if let Some(unknown) = members.keys().find(|name| !fields.contains(&name.as_str())) {
        let name: String = unknown.chars().take(60).collect();
        return Err(Failure::new(Code::RequestUnknownField, format!("read the request body: unknown field `{name}`"))
            .hint(format!("known fields: {}", fields.join(", "))));
    }
    member_by_member(&value, fields)
}

/// Names the member that has the wrong type, without repeating its value.
fn member_by_member<T: DeserializeOwned>(value: &Value, fields: &[&str]) -> Result<T, Failure> {
    serde_json::from_value(value.clone()).map_err(|_| {
        let wrong = fields.iter().find(|name| {
            let alone = value.get(**name).map(|member| serde_json::json!({ **name: member }));
            alone.is_some_and(|alone| serde_json::from_value::<T>(alone).is_err())
        });
        let message = format!("read the request body: `{}` has the wrong type", wrong.unwrap_or(&"a field"));
        Failure::new(Code::RequestInvalid, message)
    })
}

fn unreadable(rejection: &BytesRejection) -> Failure {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::new(Code::RequestTooLarge, format!("the request body is larger than {LIMIT} bytes"));
    }
    Failure::new(Code::RequestInvalid, "read the request body: the connection broke off")
}
