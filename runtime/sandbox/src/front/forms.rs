//! Form requests that pass through and are looked at on their way: answers of
//! IAM and STS that issue access keys, and stack operations whose tables need a
//! finishing touch.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Method, StatusCode, header, request::Parts};

use super::forward::Forwarder;
use crate::{identity::Identity, rest_error::RestError, stacks::Stacks};

/// A template of 51,200 bytes triples at most when it is encoded as a form.
const FORM_LIMIT: usize = 1024 * 1024;
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Whether a request is one to look at: a form for IAM, STS or CloudFormation,
/// or an unsigned one, as federated logins of STS are.
pub fn is_observed(parts: &Parts, service: Option<&str>) -> bool {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    parts.method == Method::POST
        && content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
        && matches!(service, None | Some("iam" | "sts" | "cloudformation"))
}

pub struct Forms<'a> {
    pub forwarder: &'a Forwarder,
    pub identity: &'a Identity,
    pub stacks: &'a Stacks,
}

impl Forms<'_> {
    pub async fn pass_on(&self, request: Request, service: Option<&str>) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, FORM_LIMIT).await else {
            let message = format!("a form may hold {FORM_LIMIT} bytes");
            return RestError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message).into_response();
        };
        let request = Request::from_parts(parts, Body::from(body.clone()));
        match service {
            Some("cloudformation") => self.pass_on_stack_operation(request, &body).await,
            _ => self.pass_on_identity_operation(request, &body).await,
        }
    }

    async fn pass_on_stack_operation(&self, request: Request, body: &Bytes) -> Response {
        let stack = self.stacks.changed_by(&form(body)).await;
        let response = self.forwarder.forward(request).await;
        if let Some(stack) = stack
            && response.status().is_success()
        {
            self.stacks.settle(&stack).await;
        }
        response
    }

    /// The keys are learnt before the client has them, so that they work at once.
    async fn pass_on_identity_operation(&self, request: Request, body: &Bytes) -> Response {
        let (parts, answer) = self.forwarder.forward(request).await.into_parts();
        match to_bytes(answer, ANSWER_LIMIT).await {
            Ok(answer) => {
                if parts.status.is_success() {
                    self.identity.observe_response(body, &answer).await;
                }
                Response::from_parts(parts, Body::from(answer))
            }
            Err(error) => RestError::new(StatusCode::BAD_GATEWAY, "InternalFailure", error.to_string()).into_response(),
        }
    }
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}
