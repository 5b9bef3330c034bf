//! What Lambda's data plane shares: its clients, and how a request is read.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};

use super::{runner::Runner, url::Urls};
use crate::{identity::Identity, rest_error::RestError};

/// Largest synchronous payload, 6 MB (Lambda quotas), and room for its headers.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Invocations and function URLs.
pub struct LambdaApi {
    pub(super) runner: Runner,
    pub(super) identity: Identity,
    pub(super) client: aws_sdk_lambda::Client,
    pub(super) urls: Urls,
    pub(super) region: String,
}

/// Who answers an invocation.
pub enum Handled {
    Answered(Response),
    /// The function is no image: the backend answers the request as it came.
    Backend(Request),
}

impl From<Response> for Handled {
    fn from(response: Response) -> Self {
        Self::Answered(response)
    }
}

impl LambdaApi {
    pub fn new(runner: Runner, identity: Identity, client: aws_sdk_lambda::Client, region: String) -> Self {
        Self { runner, identity, urls: Urls::new(client.clone()), client, region }
    }
}

/// Head and whole body; 413 for a body over the limit.
pub async fn read(request: Request) -> Result<(Parts, Bytes), RestError> {
    let (parts, body) = request.into_parts();
    let too_large = |_| {
        let message = format!("Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation");
        RestError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
    };
    Ok((parts, to_bytes(body, PAYLOAD_LIMIT).await.map_err(too_large)?))
}

/// The request as it came.
pub fn restore(parts: Parts, body: Bytes) -> Request {
    Request::from_parts(parts, Body::from(body))
}
