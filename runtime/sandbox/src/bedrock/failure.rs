//! Bedrock's errors, as an HTTP answer and as the exception that ends a stream
//! (Bedrock API reference, errors of ConverseStream and ConverseStreamOutput).

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use crate::{event_stream, rest_error::RestError};

/// A failure that a script asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    code: &'static str,
    status: u16,
    /// The stream's member for it; None for codes that no stream ends with.
    exception: Option<&'static str>,
}

const KNOWN: [Failure; 9] = [
    known("ThrottlingException", 429, Some("throttlingException")),
    known("InternalServerException", 500, Some("internalServerException")),
    known("ServiceUnavailableException", 503, Some("serviceUnavailableException")),
    known("ModelStreamErrorException", 424, Some("modelStreamErrorException")),
    known("ValidationException", 400, Some("validationException")),
    known("AccessDeniedException", 403, None),
    known("ModelErrorException", 424, None),
    known("ModelNotReadyException", 429, None),
    known("ModelTimeoutException", 408, None),
];

const fn known(code: &'static str, status: u16, exception: Option<&'static str>) -> Failure {
    Failure { code, status, exception }
}

impl Failure {
    pub fn find(code: &str) -> Option<Self> {
        KNOWN.into_iter().find(|known| known.code == code)
    }

    pub fn codes() -> String {
        KNOWN.map(|known| known.code).join(", ")
    }

    pub fn ends_streams(self) -> bool {
        self.exception.is_some()
    }

    fn message(self) -> String {
        format!("{} as the model script asks for", self.code)
    }
}

impl From<Failure> for RestError {
    fn from(failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, failure.code, failure.message())
    }
}

impl Failure {
    /// The stream's last frame.
    pub fn frame(self) -> Bytes {
        let exception = self.exception.unwrap_or("internalServerException");
        event_stream::json_exception(exception, &json!({"message": self.message()}))
    }
}
