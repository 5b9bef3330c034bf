//! The two operations over HTTP: signature, permission, plan, answer.

use std::time::Instant;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::stream;
use http::StatusCode;

use super::{events::Finished, planner::plan, request::ConverseRequest};
use crate::{event_stream, identity::Identity, rest_error::RestError};

/// More than any model's context in text.
const BODY_LIMIT: usize = 25 * 1024 * 1024;
/// Prefixes of cross-region inference profiles.
pub(super) const PROFILE_PREFIXES: [&str; 8] = ["us", "us-gov", "eu", "apac", "au", "jp", "ca", "global"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    Whole,
    Streamed,
}

impl Answering {
    fn action(self) -> &'static str {
        match self {
            Self::Whole => "bedrock:InvokeModel",
            Self::Streamed => "bedrock:InvokeModelWithResponseStream",
        }
    }
}

pub struct BedrockApi {
    pub identity: Identity,
    pub region: String,
}

impl BedrockApi {
    /// `model` is the path's segment, decoded: a model or profile id, or an ARN.
    pub async fn converse(&self, request: Request, model: &str, answering: Answering) -> Response {
        self.try_converse(request, model, answering).await.unwrap_or_else(IntoResponse::into_response)
    }

    async fn try_converse(&self, request: Request, model: &str, answering: Answering) -> Result<Response, RestError> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.map_err(|error| invalid(&error.to_string()))?;
        let caller = self.identity.authenticate(&parts, &body)?;
        let resource = resource_arn(model, &self.region, &caller.account);
        self.identity.authorize(&caller, answering.action(), &resource, &[]).await?;
        let conversation = parse(&body)?;
        let turn = plan(&conversation);
        let call_ids = turn.calls.iter().map(|_| format!("tooluse_{}", uuid::Uuid::new_v4().simple())).collect();
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(respond(&Finished { turn, call_ids, input_tokens: body.len().div_ceil(4), latency_ms }, answering))
    }
}

fn respond(finished: &Finished, answering: Answering) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (content_type, body) = match answering {
        Answering::Whole => ("application/json", Body::from(finished.document().to_string())),
        Answering::Streamed => {
            let frames = finished.frames().into_iter().map(Ok::<_, std::convert::Infallible>);
            (event_stream::CONTENT_TYPE, Body::from_stream(stream::iter(frames)))
        }
    };
    ([("content-type", content_type), ("x-amzn-requestid", &request_id)], body).into_response()
}

fn parse(body: &[u8]) -> Result<ConverseRequest, RestError> {
    let request: ConverseRequest =
        serde_json::from_slice(body).map_err(|error| invalid(&format!("The request is malformed: {error}")))?;
    match request.messages.is_empty() {
        true => Err(invalid("A conversation must start with a user message.")),
        false => Ok(request),
    }
}

/// What the permission is asked for: the profile in the source region, or the
/// foundation model.
fn resource_arn(model: &str, region: &str, account: &str) -> String {
    if model.starts_with("arn:") {
        return model.to_owned();
    }
    let prefix = model.split('.').next().unwrap_or_default();
    match PROFILE_PREFIXES.contains(&prefix) {
        true => format!("arn:aws:bedrock:{region}:{account}:inference-profile/{model}"),
        false => format!("arn:aws:bedrock:{region}::foundation-model/{model}"),
    }
}

fn invalid(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_belongs_to_the_account_and_a_model_to_nobody() {
        assert_eq!(
            resource_arn("us.anthropic.claude-sonnet-4-6", "us-east-1", "000000000000"),
            "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-sonnet-4-6"
        );
        assert_eq!(
            resource_arn("anthropic.claude-sonnet-4-6", "us-east-1", "000000000000"),
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6"
        );
    }

    #[test]
    fn unknown_members_are_tolerated_and_malformed_ones_are_not() {
        let unknown = br#"{"messages":[{"role":"user","content":[{"text":"x"},{"cachePoint":{"type":"default"}}]}],
            "system":[{"text":"s"}],"toolConfig":{"tools":[{"cachePoint":{"type":"default"}}]}}"#;
        assert!(parse(unknown).is_ok());
        for malformed in [&b"{"[..], br#"{"messages":"x"}"#, br#"{"messages":[]}"#, br#"{"messages":[{"role":"x"}]}"#] {
            assert_eq!(parse(malformed).unwrap_err().code, "ValidationException");
        }
    }
}
