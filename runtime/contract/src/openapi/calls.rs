//! The calls: paths, methods, parameters and answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::faults;
use crate::chat::EVENT_STREAM;

/// Faults that a call of each kind can end with, beside those that every call has.
const EVERY: [&str; 3] = ["request/unknown-field", "caller/unknown", "internal"];
const CONVERSATIONS: [&str; 4] = ["request/invalid", "request/token", "token/", "conversation/store"];
const NAMED: [&str; 6] = [
    "request/invalid",
    "request/token",
    "token/",
    "conversation/store",
    "conversation/not-found",
    "conversation/conflict",
];
const BODY: [&str; 5] =
    ["request/invalid-json", "request/invalid", "request/gateway-url", "request/token", "request/too-large"];
const ANSWER: [&str; 6] = ["token/", "conversation/", "approval/", "gateway/", "model/", "answer/"];

pub fn paths() -> Value {
    json!({
        "/": {"get": health("rootHealth"), "post": stream("rootStream")},
        "/health": {"get": health("health")},
        "/stream": {"post": stream("stream")},
        "/chat": {"post": chat()},
        "/api/conversations": {"get": list(), "delete": delete_all()},
        "/api/conversations/{conversation_id}": {
            "parameters": [conversation_id()],
            "get": history(),
            "delete": delete(),
        },
        "/api/conversations/{conversation_id}/clear": {"parameters": [conversation_id()], "post": clear()},
        "/api/tools/fetch": {"post": tools()},
    })
}

fn health(id: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "What an answer needs, and whether it is there",
        "responses": responses(&[], json_answer("The state of each part.", "Health")),
    })
}

fn stream(id: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "Ask a question and stream the answer",
        "description": "Typed events for `Accept: text/event-stream`, otherwise the answer's text alone. What fails \
            before the model's first sign of life has its HTTP status. Later the answer is cut short: events end with \
            `error`, text ends with a label in brackets.",
        "requestBody": body("ChatRequest", true),
        "responses": responses(&[&BODY[..], &ANSWER].concat(), streamed()),
    })
}

fn chat() -> Value {
    json!({
        "operationId": "chat",
        "summary": "Ask a question and get the answer in one piece",
        "description": "An answer that was cut short says so in its `stop_reason`, and at the end of its text.",
        "requestBody": body("ChatRequest", true),
        "responses": responses(&[&BODY[..], &ANSWER].concat(), json_answer("The answer.", "ChatAnswer")),
    })
}

fn list() -> Value {
    json!({
        "operationId": "listConversations",
        "summary": "The caller's conversations, newest first",
        "parameters": [
            whole_number("limit", "Conversations on the page; 50 when absent.", 1, 100),
            {
                "name": "cursor",
                "in": "query",
                "description": "`next_cursor` of the page before.",
                "schema": {"type": "string", "maxLength": 2048},
            },
        ],
        "responses": responses(&CONVERSATIONS, json_answer("One page.", "Conversations")),
    })
}

fn delete_all() -> Value {
    json!({
        "operationId": "deleteAllConversations",
        "summary": "Delete all of the caller's conversations",
        "parameters": [{
            "name": "confirm",
            "in": "query",
            "required": true,
            "schema": {"type": "string", "enum": ["true"]},
        }],
        "responses": responses(&[&CONVERSATIONS[..], &["request/confirm"]].concat(), deleted()),
    })
}

fn history() -> Value {
    json!({
        "operationId": "readConversation",
        "summary": "The messages of a conversation",
        "parameters": [
            whole_number("limit", "Messages at most, in whole turns; 100 when absent.", 2, 200),
            whole_number("before", "`earlier` of the page that was read.", 1, u64::from(u32::MAX)),
        ],
        "responses": responses(&NAMED, json_answer("The latest messages, oldest first.", "ConversationHistory")),
    })
}

fn delete() -> Value {
    json!({
        "operationId": "deleteConversation",
        "summary": "Delete a conversation",
        "responses": responses(&NAMED, deleted()),
    })
}

fn clear() -> Value {
    json!({
        "operationId": "clearConversation",
        "summary": "Delete a conversation's messages and keep the conversation",
        "responses": responses(&NAMED, deleted()),
    })
}

fn tools() -> Value {
    json!({
        "operationId": "fetchTools",
        "summary": "The tools that the caller's token opens",
        "requestBody": body("ToolsRequest", false),
        "responses": responses(&[&BODY[..], &["token/", "gateway/"]].concat(), json_answer("The tools.", "ToolList")),
    })
}

fn conversation_id() -> Value {
    json!({
        "name": "conversation_id",
        "in": "path",
        "required": true,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
    })
}

fn whole_number(name: &str, description: &str, least: u64, most: u64) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "integer", "minimum": least, "maximum": most},
    })
}

fn body(schema: &str, required: bool) -> Value {
    json!({"required": required, "content": {"application/json": {"schema": reference(schema)}}})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn request_id() -> Value {
    json!({"$ref": "#/components/headers/RequestId"})
}

fn json_answer(description: &str, schema: &str) -> Value {
    json!({
        "description": description,
        "headers": {"x-request-id": request_id()},
        "content": {"application/json": {"schema": reference(schema)}},
    })
}

fn deleted() -> Value {
    json_answer("What was done.", "Deleted")
}

fn streamed() -> Value {
    json!({
        "description": "The answer as it comes.",
        "headers": {
            "x-request-id": request_id(),
            "x-conversation-id": {"$ref": "#/components/headers/ConversationId"},
        },
        "content": {
            EVENT_STREAM: {
                "schema": {
                    "type": "string",
                    "description": "Server-sent events: `event:` names the type, `data:` is one `ChatEvent` as JSON. The \
                        first is `started`, the last `done` or `error`. A comment comes after 10 seconds of silence.",
                },
                "x-event-schema": reference("ChatEvent"),
            },
            "text/plain": {"schema": {"type": "string"}},
        },
    })
}

/// The good answer and the faults, by status.
fn responses(codes: &[&str], good: Value) -> Value {
    let mut by_status: BTreeMap<u16, Vec<faults::Fault>> = BTreeMap::new();
    for fault in faults::of(&[&EVERY, codes].concat()) {
        by_status.entry(fault.status).or_default().push(fault);
    }
    let mut responses = json!({"200": good});
    for (status, faults) in by_status {
        responses[status.to_string()] = failed(status, &faults);
    }
    responses
}

fn failed(status: u16, faults: &[faults::Fault]) -> Value {
    let lines: Vec<_> = faults.iter().map(|fault| format!("`{}`: {}", fault.code, fault.meaning)).collect();
    json!({
        "description": lines.join("\n\n"),
        "headers": {"x-request-id": request_id()},
        "content": {"application/json": {"schema": error_schema(status)}},
        "x-codes": faults.iter().map(|fault| fault.code).collect::<Vec<_>>(),
    })
}

/// What Lambda itself refuses, it refuses in a form of its own.
fn error_schema(status: u16) -> Value {
    let of_lambda = json!({"type": "object", "anyOf": [{"required": ["Message"]}, {"required": ["message"]}]});
    match status {
        403 => json!({"anyOf": [reference("ErrorBody"), of_lambda]}),
        _ => reference("ErrorBody"),
    }
}
