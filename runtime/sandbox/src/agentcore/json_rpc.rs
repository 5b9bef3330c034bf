//! JSON-RPC 2.0 messages as MCP uses them: one object a request, no batches.

use serde_json::{Value, json};

pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
pub(super) const INVALID_PARAMS: i32 = -32602;
/// The gateway's own, for a missing or bad token.
pub(super) const UNAUTHORIZED: i32 = -32001;

/// What a client sent.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Request {
        id: Value,
        method: String,
        params: Value,
    },
    /// Notifications, and answers to requests that we never make.
    Unanswered,
}

/// An error answer's code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    pub(super) code: i32,
    pub(super) message: String,
    /// What a client needs to do better.
    pub(super) data: Option<Value>,
}

impl RpcError {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

/// Fails with the sentence that says what is malformed.
pub(super) fn parse(body: &[u8]) -> Result<Message, &'static str> {
    let message: Value = serde_json::from_slice(body).map_err(|_| "Request body is not valid JSON")?;
    if !message.is_object() {
        return Err("Request body must be one JSON-RPC object");
    }
    if message["jsonrpc"] != "2.0" {
        return Err("jsonrpc must be \"2.0\"");
    }
    let Some(method) = message.get("method") else {
        let is_answer = message.get("result").is_some() || message.get("error").is_some();
        return if is_answer { Ok(Message::Unanswered) } else { Err("method is missing") };
    };
    let method = method.as_str().ok_or("method must be a string")?;
    match message.get("id") {
        None => Ok(Message::Unanswered),
        Some(id) if id.is_string() || id.is_number() => {
            let params = message.get("params").cloned().unwrap_or(Value::Null);
            Ok(Message::Request { id: id.clone(), method: method.into(), params })
        }
        Some(_) => Err("id must be a string or a number"),
    }
}

pub(super) fn result(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

pub(super) fn error(id: &Value, error: &RpcError) -> Value {
    let mut answer = json!({"jsonrpc": "2.0", "id": id, "error": {"code": error.code, "message": error.message}});
    if let Some(data) = &error.data {
        answer["error"]["data"] = data.clone();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_notifications_and_answers_are_told_apart() {
        let request = parse(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).unwrap();
        assert_eq!(request, Message::Request { id: json!(1), method: "ping".into(), params: Value::Null });
        for unanswered in
            [r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#]
        {
            assert_eq!(parse(unanswered.as_bytes()), Ok(Message::Unanswered));
        }
    }

    #[test]
    fn malformed_messages_are_refused() {
        for bad in ["{", "[]", "{}", r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, r#"{"jsonrpc":"2.0","id":1}"#] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
