//! What can go wrong, as users see it: a stable code, its HTTP status, what we
//! were doing, and a hint.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::error::{ErrorBody, ErrorDetail};

/// Declares the codes once: name, stable text, HTTP status.
macro_rules! codes {
    ($($name:ident = $text:literal, $status:ident;)+) => {
        /// Class of a failure. The texts are promises to clients.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($name),+ }

        impl Code {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    RequestInvalidJson = "request/invalid-json", BAD_REQUEST;
    RequestUnknownField = "request/unknown-field", BAD_REQUEST;
    RequestInvalid = "request/invalid", BAD_REQUEST;
    RequestGatewayUrl = "request/gateway-url", BAD_REQUEST;
    RequestToken = "request/token", BAD_REQUEST;
    RequestConfirm = "request/confirm", BAD_REQUEST;
    RequestTooLarge = "request/too-large", PAYLOAD_TOO_LARGE;
    RequestNotFound = "request/not-found", NOT_FOUND;
    RequestMethod = "request/method", METHOD_NOT_ALLOWED;
    TokenRefused = "token/refused", UNAUTHORIZED;
    TokenExpired = "token/expired", UNAUTHORIZED;
    TokenIssuerUnavailable = "token/issuer-unavailable", BAD_GATEWAY;
    CallerUnknown = "caller/unknown", FORBIDDEN;
    ConversationNotFound = "conversation/not-found", NOT_FOUND;
    ConversationConflict = "conversation/conflict", CONFLICT;
    ConversationStore = "conversation/store", SERVICE_UNAVAILABLE;
    ApprovalUnknown = "approval/unknown", CONFLICT;
    GatewayUnauthorized = "gateway/unauthorized", UNAUTHORIZED;
    GatewayForbidden = "gateway/forbidden", FORBIDDEN;
    GatewayThrottled = "gateway/throttled", TOO_MANY_REQUESTS;
    GatewayTimeout = "gateway/timeout", GATEWAY_TIMEOUT;
    GatewayUnavailable = "gateway/unavailable", BAD_GATEWAY;
    ModelUnavailable = "model/unavailable", BAD_GATEWAY;
    ModelDenied = "model/denied", BAD_GATEWAY;
    ModelRefused = "model/refused", BAD_GATEWAY;
    ModelThrottled = "model/throttled", TOO_MANY_REQUESTS;
    ModelBroken = "model/broken-stream", BAD_GATEWAY;
    AnswerTokenLimit = "answer/token-limit", BAD_GATEWAY;
    AnswerContextFull = "answer/context-full", BAD_GATEWAY;
    AnswerFiltered = "answer/filtered", BAD_GATEWAY;
    AnswerMalformed = "answer/malformed", BAD_GATEWAY;
    AnswerRoundLimit = "answer/round-limit", BAD_GATEWAY;
    AnswerDeadline = "answer/deadline", GATEWAY_TIMEOUT;
    AnswerShutdown = "answer/shutdown", SERVICE_UNAVAILABLE;
    AnswerAbandoned = "answer/abandoned", BAD_GATEWAY;
    Internal = "internal", INTERNAL_SERVER_ERROR;
}

/// A failure. Neither message nor hint holds a token, a question, an answer or a tool's result. What a
/// message may repeat: a name from the request (a conversation's id, an unknown field) and the words
/// in which AWS or the gateway refused a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: Code,
    pub message: String,
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    pub fn detail(&self) -> ErrorDetail {
        ErrorDetail { code: self.code.as_str().into(), message: self.message.clone(), hint: self.hint.clone() }
    }
}

/// An error with its causes in one line. Unlike the SDK's own full text it leaves out the Debug form,
/// which can hold whole requests and answers.
pub fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = self.code.as_str();
        // A refused request's message can repeat a name that the caller made up.
        match code.starts_with("request/") {
            true => tracing::warn!(code, "the request was refused"),
            false => tracing::warn!(code, "the request failed: {self}"),
        }
        (self.code.status(), Json(ErrorBody { error: self.detail() })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_answers_with_the_status_of_its_code() {
        let response = Failure::new(Code::GatewayUnauthorized, "list the tools").into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn the_error_form_holds_code_message_and_hint() {
        let detail = Failure::new(Code::RequestConfirm, "delete all").hint("add ?confirm=true").detail();
        assert_eq!((detail.code.as_str(), detail.hint.as_deref()), ("request/confirm", Some("add ?confirm=true")));
    }

    #[test]
    fn the_codes_are_those_of_the_published_document() {
        let own: Vec<_> = Code::ALL.iter().map(|code| (code.as_str(), code.status().as_u16())).collect();
        let published: Vec<_> = contract::openapi::FAULTS.iter().map(|fault| (fault.code, fault.status)).collect();
        assert_eq!(own, published);
    }
}
