//! Errors as the services tell them, in each protocol's own form.

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use serde_json::json;

use super::call::Protocol;

/// What a made-up error says.
struct Told {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

/// A refusal that no client takes for a reason to try again.
pub(super) fn refused(protocol: Protocol) -> Response<Body> {
    let code = match protocol {
        Protocol::Query => "ValidationError",
        Protocol::Json | Protocol::Rest => "ValidationException",
        Protocol::Registry => "DENIED",
    };
    told(protocol, &Told { status: StatusCode::BAD_REQUEST, code, message: "refused by the fault proxy" })
}

pub(super) fn denied(protocol: Protocol) -> Response<Body> {
    let code = match protocol {
        Protocol::Query => "AccessDenied",
        Protocol::Json | Protocol::Rest => "AccessDeniedException",
        Protocol::Registry => "DENIED",
    };
    told(protocol, &Told { status: StatusCode::FORBIDDEN, code, message: "denied by the fault proxy" })
}

pub(super) fn throttled(protocol: Protocol) -> Response<Body> {
    let (status, code) = match protocol {
        Protocol::Query => (StatusCode::BAD_REQUEST, "Throttling"),
        Protocol::Json => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        Protocol::Rest => (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
        Protocol::Registry => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
    };
    told(protocol, &Told { status, code, message: "Rate exceeded" })
}

pub(super) fn server_error(protocol: Protocol) -> Response<Body> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    told(protocol, &Told { status, code: "InternalServerError", message: "broken by the fault proxy" })
}

fn told(protocol: Protocol, told: &Told) -> Response<Body> {
    let Told { status, code, message } = told;
    let (content_type, body) = match protocol {
        Protocol::Query => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>fault-proxy</RequestId></ErrorResponse>"
            ),
        ),
        Protocol::Json | Protocol::Rest => {
            ("application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string())
        }
        Protocol::Registry => ("application/json", json!({"errors": [{"code": code, "message": message}]}).to_string()),
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header("x-amzn-errortype", *code)
        .body(Body::from(body))
        .expect("status and headers are valid")
}
