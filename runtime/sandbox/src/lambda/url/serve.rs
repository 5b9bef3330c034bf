//! One request to a function URL, from its guard to its answer.

use std::net::{IpAddr, Ipv4Addr};

use aws_sdk_lambda::types::{FunctionUrlAuthType, InvokeMode};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, request::Parts};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    answer, cors,
    event::{UrlRequest, event},
    locate::UrlConfiguration,
};
use crate::{
    identity::{Caller, Denied, credential_scope},
    lambda::{
        access::{Access, INVOKE_FUNCTION, INVOKE_FUNCTION_URL, is_open_to_anybody},
        api::{LambdaApi, read},
        error::InvokeError,
        fate::Fate,
        function::Function,
        runner::Event,
    },
};

/// The service that a signature has to be for.
const SERVICE: &str = "lambda";
const AUTH_TYPE: &str = "lambda:FunctionUrlAuthType";
const VIA_URL: (&str, &str) = ("lambda:InvokedViaFunctionUrl", "true");

/// Which URL a request is for and its path there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTarget {
    pub id: String,
    /// Raw, with a leading slash.
    pub path: String,
}

impl LambdaApi {
    /// The name of the function behind a URL; None when there is none.
    pub async fn function_of(&self, target: &UrlTarget) -> Option<String> {
        Some(self.urls.find(&target.id).await?.function.name)
    }

    pub async fn function_url(&self, request: Request, target: &UrlTarget, fate: Option<Fate>) -> Response {
        let Some(configuration) = self.urls.find(&target.id).await else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let cors = configuration.cors.as_ref();
        let cross_origin = cors::headers(cors, request.headers());
        let mut response = match cors::is_preflight(request.method(), request.headers(), cors) {
            true => StatusCode::OK.into_response(),
            false => match self.guarded(request, target, &configuration, fate).await {
                Ok(response) | Err(response) => response,
            },
        };
        cors::impose(cors, cross_origin, response.headers_mut());
        response
    }

    async fn guarded(
        &self,
        request: Request,
        target: &UrlTarget,
        configuration: &UrlConfiguration,
        fate: Option<Fate>,
    ) -> Result<Response, Response> {
        let (parts, body) = read(request).await.map_err(IntoResponse::into_response)?;
        let function = self.runner.function(&configuration.function).await.map_err(unavailable)?;
        let caller = match configuration.auth {
            FunctionUrlAuthType::None if self.is_open(&function).await => None,
            FunctionUrlAuthType::None => return Err(message(StatusCode::FORBIDDEN, "Forbidden")),
            _ => Some(self.admitted(&parts, &body, &function).await?),
        };
        if !function.is_image() {
            return Err(message(StatusCode::NOT_IMPLEMENTED, "only functions of images have a URL here"));
        }
        let request = Received { parts: &parts, body: &body, caller: caller.as_ref(), fate };
        self.answer(function, configuration.mode.clone(), target, request).await.map_err(unavailable)
    }

    /// Signature first, then both permissions that a URL needs since October 2025.
    async fn admitted(&self, parts: &Parts, body: &Bytes, function: &Function) -> Result<Caller, Response> {
        let scoped = credential_scope(&parts.headers).map_or(Ok(()), |scope| scope.check(SERVICE, &self.region));
        let caller = scoped.and_then(|()| self.identity.authenticate(parts, body)).map_err(unauthenticated)?;
        let access = Access { identity: &self.identity, client: &self.client, caller: &caller, function };
        access.check(INVOKE_FUNCTION_URL, &[(AUTH_TYPE, "AWS_IAM")]).await.map_err(forbidden)?;
        access.check(INVOKE_FUNCTION, &[VIA_URL]).await.map_err(forbidden)?;
        Ok(caller)
    }

    /// A URL without signatures needs a policy that gives everybody the same two.
    async fn is_open(&self, function: &Function) -> bool {
        is_open_to_anybody(&self.client, function, INVOKE_FUNCTION_URL, &[(AUTH_TYPE, "NONE")]).await
            && is_open_to_anybody(&self.client, function, INVOKE_FUNCTION, &[VIA_URL]).await
    }

    async fn answer(
        &self,
        function: Function,
        mode: InvokeMode,
        target: &UrlTarget,
        received: Received<'_>,
    ) -> Result<Response, InvokeError> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let event = event(&UrlRequest {
            url_id: &target.id,
            region: &self.region,
            method: &received.parts.method,
            path: &target.path,
            query: received.parts.uri.query().unwrap_or_default(),
            headers: &received.parts.headers,
            body: received.body,
            caller: received.caller,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now: OffsetDateTime::now_utc(),
            request_id: &request_id,
        });
        let event = Event { payload: event.to_string().into(), client_context: None, fate: received.fate };
        let (_, reply) = self.runner.invoke(function, event).await?;
        let mut response = match mode {
            InvokeMode::ResponseStream => answer::streamed(reply).await,
            _ => answer::buffered(reply).await,
        };
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        Ok(response)
    }
}

/// A request that may pass.
struct Received<'a> {
    parts: &'a Parts,
    body: &'a Bytes,
    caller: Option<&'a Caller>,
    fate: Option<Fate>,
}

fn forbidden(denied: Denied) -> Response {
    tracing::info!(reason = denied.message, "function URL refused");
    with_type(message(StatusCode::FORBIDDEN, "Forbidden"), "AccessDeniedException")
}

/// A missing signature is Lambda's plain Forbidden; a wrong one says what is wrong.
fn unauthenticated(denied: Denied) -> Response {
    match denied.code.starts_with("MissingAuthenticationToken") {
        true => forbidden(denied),
        false => {
            let response = (denied.status(), axum::Json(json!({"message": denied.message}))).into_response();
            with_type(response, &denied.code)
        }
    }
}

/// A function that cannot be started is the URL's 502, as on AWS.
fn unavailable(error: InvokeError) -> Response {
    tracing::warn!(%error, "function URL not answered");
    match error {
        InvokeError::TooManyRequests(_) => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded"),
        _ => answer::bad_gateway(),
    }
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({"Message": text}))).into_response()
}

fn with_type(mut response: Response, code: &str) -> Response {
    if let Ok(code) = HeaderValue::try_from(code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
