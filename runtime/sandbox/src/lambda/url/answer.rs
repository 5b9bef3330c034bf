//! A function's answer as the URL's HTTP response: streamed behind the prelude
//! of an HTTP integration, or buffered from JSON.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::lambda::exchange::{Answer, FunctionFailure, Part, Reply};

/// Content type of an answer that begins with a JSON prelude and eight NULs.
const INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";
const SEPARATOR: [u8; 8] = [0; 8];
/// A prelude holds a status and headers.
const PRELUDE_LIMIT: usize = 1024 * 1024;
/// Decided by the connection, not by the function.
const CONNECTION_HEADERS: [HeaderName; 3] = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Passes each chunk on as it arrives.
pub async fn streamed(reply: Reply) -> Response {
    let Reply::Answer(mut answer) = reply else { return bad_gateway() };
    if !answer.content_type.starts_with(INTEGRATION) {
        return plain_stream(answer.parts, Bytes::new(), Prelude::default());
    }
    match prelude(&mut answer.parts).await {
        Some((prelude, rest)) => plain_stream(answer.parts, rest, prelude),
        None => bad_gateway(),
    }
}

/// Waits for the whole answer.
pub async fn buffered(reply: Reply) -> Response {
    let Reply::Answer(answer) = reply else { return bad_gateway() };
    if answer.content_type.starts_with(INTEGRATION) {
        return buffered_integration(answer).await;
    }
    match answer.collect().await {
        Ok(payload) => from_json(payload),
        Err(_) => bad_gateway(),
    }
}

async fn buffered_integration(mut answer: Answer) -> Response {
    let Some((prelude, rest)) = prelude(&mut answer.parts).await else { return bad_gateway() };
    match answer.collect().await {
        Ok(body) => respond(prelude, Body::from([rest, body].concat())),
        Err(_) => bad_gateway(),
    }
}

/// Status, headers and cookies of an answer, in both forms.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Prelude {
    status_code: Option<u16>,
    headers: Map<String, Value>,
    cookies: Vec<String>,
}

/// Reads up to the separator; also gives the beginning of the body behind it.
async fn prelude(parts: &mut mpsc::Receiver<Part>) -> Option<(Prelude, Bytes)> {
    let mut read = BytesMut::new();
    while read.len() < PRELUDE_LIMIT {
        let Some(Part::Chunk(chunk)) = parts.recv().await else { return None };
        read.extend_from_slice(&chunk);
        if let Some(end) = read.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
            let prelude = serde_json::from_slice(&read[..end]).ok()?;
            return Some((prelude, read.freeze().slice(end + SEPARATOR.len()..)));
        }
    }
    None
}

fn plain_stream(parts: mpsc::Receiver<Part>, first: Bytes, mut prelude: Prelude) -> Response {
    let has_type = prelude.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
    if !has_type {
        prelude.headers.insert("content-type".into(), "application/octet-stream".into());
    }
    respond(prelude, Body::from_stream(chunks(parts, first)))
}

/// A failure after the first byte breaks the connection off, so that the reader
/// cannot take what came for the whole.
fn chunks(mut parts: mpsc::Receiver<Part>, first: Bytes) -> impl Stream<Item = Result<Bytes, FunctionBroke>> {
    async_stream::stream! {
        if !first.is_empty() {
            yield Ok(first);
        }
        while let Some(part) = parts.recv().await {
            match part {
                Part::Chunk(chunk) => yield Ok(chunk),
                Part::Failed(failure) => yield Err(FunctionBroke(failure)),
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the function failed while it answered: {}", .0.error_type)]
struct FunctionBroke(FunctionFailure);

/// JSON with a `statusCode` describes the response; any other is the body.
fn from_json(payload: Bytes) -> Response {
    let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
    let prelude = value.get("statusCode").and_then(|_| Prelude::deserialize(&value).ok());
    let Some(mut prelude) = prelude else {
        return ([(header::CONTENT_TYPE, "application/json")], payload).into_response();
    };
    let multiple = value["multiValueHeaders"].as_object().cloned().unwrap_or_default();
    prelude.headers.extend(multiple);
    let text = match &value["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let body = match value["isBase64Encoded"] == true {
        true => STANDARD.decode(text).unwrap_or_default(),
        false => text.into_bytes(),
    };
    if !prelude.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
        prelude.headers.insert("content-type".into(), "application/json".into());
    }
    respond(prelude, Body::from(body))
}

fn respond(prelude: Prelude, body: Body) -> Response {
    let status = prelude.status_code.map_or(Ok(StatusCode::OK), StatusCode::from_u16);
    let Ok(status) = status else { return bad_gateway() };
    let mut headers = HeaderMap::new();
    for (name, value) in &prelude.headers {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        values.iter().for_each(|value| append(&mut headers, name, value));
    }
    for cookie in prelude.cookies {
        append(&mut headers, "set-cookie", &cookie.into());
    }
    for name in CONNECTION_HEADERS {
        headers.remove(name);
    }
    let mut response = (status, body).into_response();
    *response.headers_mut() = headers;
    response
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
        headers.append(name, value);
    }
}

/// What Lambda answers for a function that failed.
pub fn bad_gateway() -> Response {
    (StatusCode::BAD_GATEWAY, axum::Json(json!({"message": "Internal Server Error"}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::exchange::Exchange;
    use http_body_util::BodyExt;

    async fn reply(content_type: &str, parts: Vec<Part>) -> Reply {
        let (exchange, reply) = Exchange::new();
        let sender = exchange.answer(content_type.into()).unwrap();
        for part in parts {
            sender.send(part).await.unwrap();
        }
        exchange.finish();
        reply.await.unwrap()
    }

    fn chunk(bytes: &'static [u8]) -> Part {
        Part::Chunk(Bytes::from_static(bytes))
    }

    #[tokio::test]
    async fn a_prelude_may_arrive_in_pieces_and_the_rest_is_the_body() {
        let parts = vec![
            chunk(br#"{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=1"]}"#),
            chunk(b"\0\0\0\0"),
            chunk(b"\0\0\0\0one"),
            chunk(b"two"),
        ];
        let response = streamed(reply(INTEGRATION, parts).await).await;
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.headers()["set-cookie"], "a=1");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "onetwo");
    }

    #[tokio::test]
    async fn a_failure_in_mid_stream_breaks_the_body_off() {
        let parts = vec![chunk(b"{}\0\0\0\0\0\0\0\0one"), Part::Failed(FunctionFailure::new("Boom", "no"))];
        let response = streamed(reply(INTEGRATION, parts).await).await;
        assert!(response.into_body().collect().await.is_err());
    }

    #[tokio::test]
    async fn buffered_json_becomes_the_response_it_describes() {
        let json = br#"{"statusCode":404,"headers":{"x-a":"b"},"body":"bm8=","isBase64Encoded":true}"#;
        let response = buffered(reply("application/json", vec![chunk(json)]).await).await;
        assert_eq!((response.status().as_u16(), &response.headers()["x-a"]), (404, &HeaderValue::from_static("b")));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "no");
        let response = buffered(reply("application/json", vec![chunk(b"[1]")]).await).await;
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "[1]");
    }

    #[tokio::test]
    async fn a_failed_function_is_a_bad_gateway() {
        let failed = Reply::Failed(FunctionFailure::new("Boom", "no"));
        assert_eq!(streamed(failed).await.status(), 502);
    }
}
