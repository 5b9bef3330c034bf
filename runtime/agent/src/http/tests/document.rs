//! Holds answers against the published OpenAPI document.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Reply;

static DOCUMENT: LazyLock<Value> = LazyLock::new(contract::openapi::document);

/// Panics when the document does not describe this answer: its status, its kind of content, its code, its form.
pub fn assert_describes(method: &Method, path: &str, reply: &Reply) {
    let kind = reply.headers.get("content-type").map_or("", |kind| kind.split(';').next().unwrap());
    if [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&reply.status) && call(method, path).is_none() {
        return assert_fits(&json!({"$ref": "#/components/schemas/ErrorBody"}), &reply.json());
    }
    if *method == Method::HEAD {
        return;
    }
    let call = call(method, path).unwrap_or_else(|| panic!("{method} {path} is answered and not described"));
    let response = &call["responses"][reply.status.as_str()];
    let content = &response["content"][kind];
    assert!(content.is_object(), "{method} {path} answers {} {kind}: {}", reply.status, reply.text);
    match kind {
        "application/json" => assert_fits(&content["schema"], &reply.json()),
        "text/event-stream" => assert_events_fit(&content["x-event-schema"], &reply.text),
        _ => {}
    }
    if !reply.status.is_success() {
        let codes = response["x-codes"].as_array().unwrap();
        assert!(codes.contains(&reply.json()["error"]["code"]), "{method} {path}: {}", reply.text);
    }
}

fn call(method: &Method, path: &str) -> Option<&'static Value> {
    let template = match path.strip_prefix("/api/conversations/") {
        Some(rest) if rest.ends_with("/clear") => "/api/conversations/{conversation_id}/clear",
        Some(_) => "/api/conversations/{conversation_id}",
        None => path,
    };
    DOCUMENT["paths"][template].get(method.as_str().to_lowercase())
}

fn assert_events_fit(schema: &Value, text: &str) {
    for frame in text.split_terminator("\n\n").filter(|frame| !frame.starts_with(':')) {
        let (event, data) = frame.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(event.strip_prefix("event: "), data["type"].as_str());
        assert_fits(schema, &data);
    }
}

fn assert_fits(schema: &Value, value: &Value) {
    let schema = json!({"allOf": [schema], "components": DOCUMENT["components"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    if let Err(error) = validator.validate(value) {
        panic!("{error} at {}: {value}", error.instance_path());
    }
}
