//! What the protocol's version 2026-07-28 asks of every request: no handshake
//! came before, so that each one carries its version and capabilities, in the
//! body and, for those who route it, in headers (MCP specification, "Base
//! protocol" and "Streamable HTTP", standard headers).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::json_rpc::{INVALID_PARAMS, METHOD_NOT_FOUND, RpcError};

pub(super) const VERSION: &str = "2026-07-28";
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

pub(super) const VERSION_HEADER: &str = "mcp-protocol-version";
const METHOD_HEADER: &str = "mcp-method";
const NAME_HEADER: &str = "mcp-name";

const HEADER_MISMATCH: i32 = -32020;
const UNSUPPORTED_VERSION: i32 = -32022;

/// The version that a request names for itself; None for those of versions with
/// a handshake.
pub(super) fn named_version(params: &Value) -> Option<&str> {
    params.get("_meta")?.get(VERSION_KEY)?.as_str()
}

/// Whether a request is one of this version, by its header or its body.
pub(super) fn is_stateless(headers: &HeaderMap, params: &Value) -> bool {
    header(headers, VERSION_HEADER) == Some(VERSION) || named_version(params).is_some()
}

/// Checks what every request has to carry.
pub(super) fn check(headers: &HeaderMap, method: &str, params: &Value, supported: &[&str]) -> Result<(), RpcError> {
    let meta = &params["_meta"];
    for key in [VERSION_KEY, CAPABILITIES_KEY] {
        if meta.get(key).is_none_or(Value::is_null) {
            return Err(RpcError::new(INVALID_PARAMS, format!("params._meta[\"{key}\"] is missing")));
        }
    }
    let version = meta[VERSION_KEY].as_str().unwrap_or_default();
    matches(headers, VERSION_HEADER, version)?;
    if version != VERSION {
        return Err(unsupported(version, supported));
    }
    matches(headers, METHOD_HEADER, method)?;
    match (method, params["name"].as_str()) {
        ("tools/call", Some(name)) => matches(headers, NAME_HEADER, name),
        _ => Ok(()),
    }
}

fn matches(headers: &HeaderMap, name: &str, body: &str) -> Result<(), RpcError> {
    match header(headers, name).map(decoded) {
        Some(value) if value.as_deref() == Some(body) => Ok(()),
        Some(_) => Err(RpcError::new(HEADER_MISMATCH, format!("the header {name} differs from the body"))),
        None => Err(RpcError::new(HEADER_MISMATCH, format!("the header {name} is missing"))),
    }
}

/// Values beyond ASCII travel as `=?base64?<value>?=`.
fn decoded(value: &str) -> Option<String> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Some(value.to_owned());
    };
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The client chooses another version from those in the error.
pub(super) fn unsupported(requested: &str, supported: &[&str]) -> RpcError {
    let data = json!({"requested": requested, "supported": supported});
    RpcError { data: Some(data), ..RpcError::new(UNSUPPORTED_VERSION, "Unsupported protocol version") }
}

/// A result with the members that this version requires. Nothing may be kept:
/// what a gateway serves can change at any time.
pub(super) fn completed(mut result: Value, method: &str, server: &Value) -> Value {
    result["resultType"] = "complete".into();
    if matches!(method, "tools/list" | "server/discover") {
        result["ttlMs"] = 0.into();
        result["cacheScope"] = "private".into();
    }
    result["_meta"] = json!({SERVER_KEY: server});
    result
}

/// Of an error; those of the tools themselves are answers like others.
pub(super) fn status(error: &RpcError) -> StatusCode {
    match error.code {
        HEADER_MISMATCH | UNSUPPORTED_VERSION => StatusCode::BAD_REQUEST,
        METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn params(version: &str, name: &str) -> Value {
        json!({"name": name, "_meta": {VERSION_KEY: version, CAPABILITIES_KEY: {}}})
    }

    fn checked(pairs: &[(&'static str, &str)], params: &Value) -> i32 {
        check(&headers(pairs), "tools/call", params, &[VERSION]).err().map_or(0, |error| error.code)
    }

    #[test]
    fn headers_repeat_what_the_body_says() {
        let good = [(VERSION_HEADER, VERSION), (METHOD_HEADER, "tools/call"), (NAME_HEADER, "aws___t")];
        assert_eq!(checked(&good, &params(VERSION, "aws___t")), 0);
        assert_eq!(checked(&good, &params(VERSION, "other")), HEADER_MISMATCH);
        for missing in 0..good.len() {
            let mut left = good.to_vec();
            left.remove(missing);
            assert_eq!(checked(&left, &params(VERSION, "aws___t")), HEADER_MISMATCH, "{left:?}");
        }
        let encoded = [(VERSION_HEADER, VERSION), (METHOD_HEADER, "tools/call"), (NAME_HEADER, "=?base64?WsOr?=")];
        assert_eq!(checked(&encoded, &params(VERSION, "Zë")), 0);
    }

    #[test]
    fn another_version_is_refused_with_those_that_are_served() {
        let headers = headers(&[(VERSION_HEADER, "2030-01-01")]);
        let error = check(&headers, "tools/list", &params("2030-01-01", ""), &["2025-11-25", VERSION]).unwrap_err();
        assert_eq!(error.data, Some(json!({"requested": "2030-01-01", "supported": ["2025-11-25", VERSION]})));
    }

    #[test]
    fn what_every_request_carries_is_required() {
        for key in [VERSION_KEY, CAPABILITIES_KEY] {
            let mut params = params(VERSION, "x");
            params["_meta"].as_object_mut().unwrap().remove(key);
            assert_eq!(checked(&[(VERSION_HEADER, VERSION)], &params), INVALID_PARAMS);
        }
    }
}
