//! Invoke and InvokeWithResponseStream (Lambda API reference).

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    access::{Access, INVOKE_FUNCTION},
    api::{Handled, LambdaApi, read, restore},
    exchange::{FunctionFailure, Part, Reply},
    fate::Fate,
    function::{Function, FunctionReference},
    runner::Event,
};
use crate::{event_stream, rest_error::RestError};

const CLIENT_CONTEXT: &str = "x-amz-client-context";
const INVOCATION_TYPE: &str = "x-amz-invocation-type";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationStyle {
    Buffered,
    Streamed,
}

#[derive(Debug, PartialEq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl LambdaApi {
    /// `function` is the path's segment, decoded.
    pub async fn invoke(
        &self,
        request: Request,
        function: &str,
        style: InvocationStyle,
        fate: Option<Fate>,
    ) -> Handled {
        match self.try_invoke(request, function, style, fate).await {
            Ok(handled) => handled,
            Err(error) => error.into_response().into(),
        }
    }

    async fn try_invoke(
        &self,
        request: Request,
        name: &str,
        style: InvocationStyle,
        fate: Option<Fate>,
    ) -> Result<Handled, RestError> {
        let (parts, body) = read(request).await?;
        let caller = self.identity.authenticate(&parts, &body)?;
        let function = self.runner.function(&reference(name, parts.uri.query())?).await?;
        if !function.is_image() {
            return Ok(Handled::Backend(restore(parts, body)));
        }
        let access = Access { identity: &self.identity, client: &self.client, caller: &caller, function: &function };
        access.check(INVOKE_FUNCTION, &[]).await?;
        let event = Event { fate, ..event(&parts.headers, body)? };
        let kind = invocation_type(&parts.headers)?;
        let response = match (kind, style) {
            (InvocationType::DryRun, _) => StatusCode::NO_CONTENT.into_response(),
            (InvocationType::Event, _) => self.start(function, event)?,
            (_, InvocationStyle::Buffered) => self.buffered(function, event).await?,
            (_, InvocationStyle::Streamed) => self.streamed(function, event).await?,
        };
        Ok(response.into())
    }

    /// Fire and forget: a failure is in the function's log alone.
    fn start(&self, function: Function, event: Event) -> Result<Response, RestError> {
        function.ensure_invocable()?;
        let runner = self.runner.clone();
        tokio::spawn(async move {
            let name = function.name.clone();
            let outcome = runner.invoke(function, event).await;
            let failure = match outcome {
                Ok((_, reply)) => reply.collect().await.err().map(|failure| failure.error_type),
                Err(error) => Some(error.to_string()),
            };
            if let Some(failure) = failure {
                tracing::warn!(function = name, failure, "asynchronous invocation failed");
            }
        });
        Ok(StatusCode::ACCEPTED.into_response())
    }

    async fn buffered(&self, function: Function, event: Event) -> Result<Response, RestError> {
        let (request_id, reply) = self.runner.invoke(function, event).await?;
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("x-amzn-requestid", request_id)
            .header("x-amz-executed-version", "$LATEST");
        let built = match reply.collect().await {
            Ok(payload) => response.body(Body::from(payload)),
            Err(failure) => response.header("x-amz-function-error", "Unhandled").body(Body::from(failure.payload)),
        };
        Ok(built.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
    }

    async fn streamed(&self, function: Function, event: Event) -> Result<Response, RestError> {
        let (request_id, reply) = self.runner.invoke(function, event).await?;
        let response = Response::builder()
            .header("content-type", event_stream::CONTENT_TYPE)
            .header("x-amzn-requestid", request_id)
            .header("x-amz-executed-version", "$LATEST")
            .body(Body::from_stream(frames(reply)));
        Ok(response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
    }
}

fn frames(reply: Reply) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    async_stream::stream! {
        let mut failure = None;
        match reply {
            Reply::Failed(failed) => failure = Some(failed),
            Reply::Answer(mut answer) => while let Some(part) = answer.parts.recv().await {
                match part {
                    Part::Chunk(chunk) => yield Ok(event_stream::event("PayloadChunk", "application/octet-stream", chunk)),
                    Part::Failed(failed) => failure = Some(failed),
                }
            },
        }
        yield Ok(event_stream::json_event("InvokeComplete", &completion(failure)));
    }
}

fn completion(failure: Option<FunctionFailure>) -> Value {
    failure.map_or_else(
        || json!({}),
        |failure| json!({"ErrorCode": failure.error_type, "ErrorDetails": String::from_utf8_lossy(&failure.payload)}),
    )
}

fn reference(name: &str, query: Option<&str>) -> Result<FunctionReference, RestError> {
    let mut reference = FunctionReference::parse(name)?;
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if let Some((_, qualifier)) = pairs.find(|(key, _)| key == "Qualifier") {
        reference.qualifier = Some(qualifier.into_owned());
    }
    Ok(reference)
}

fn invocation_type(headers: &HeaderMap) -> Result<InvocationType, RestError> {
    match headers.get(INVOCATION_TYPE).map(|value| value.as_bytes()) {
        None | Some(b"RequestResponse") => Ok(InvocationType::RequestResponse),
        Some(b"Event") => Ok(InvocationType::Event),
        Some(b"DryRun") => Ok(InvocationType::DryRun),
        Some(_) => Err(invalid("InvalidParameterValueException", "the invocation type is unknown")),
    }
}

/// The payload has to be JSON; an empty one is an empty object.
fn event(headers: &HeaderMap, body: Bytes) -> Result<Event, RestError> {
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(|error| {
        invalid("InvalidRequestContentException", &format!("Could not parse request body into json: {error}"))
    })?;
    Ok(Event { payload, client_context: client_context(headers)?, fate: None })
}

/// Decodes `X-Amz-Client-Context` to JSON that fits a header of the Runtime API.
fn client_context(headers: &HeaderMap) -> Result<Option<String>, RestError> {
    let Some(encoded) = headers.get(CLIENT_CONTEXT) else { return Ok(None) };
    let json = STANDARD.decode(encoded).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    match json {
        Some(json) => Ok(Some(ascii(&json.to_string()))),
        None => {
            Err(invalid("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."))
        }
    }
}

/// JSON text with every character beyond ASCII escaped.
pub(super) fn ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            escaped.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

fn invalid(code: &str, message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::exchange::Exchange;
    use futures::StreamExt;

    #[test]
    fn a_client_context_beyond_ascii_fits_a_header() {
        let mut headers = HeaderMap::new();
        let context = r#"{"custom":{"name":"Zoë 🙂"}}"#;
        headers.insert(CLIENT_CONTEXT, STANDARD.encode(context).parse().unwrap());
        let text = client_context(&headers).unwrap().unwrap();
        assert!(text.is_ascii());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), serde_json::from_str::<Value>(context).unwrap());
        headers.insert(CLIENT_CONTEXT, "no base64!".parse().unwrap());
        assert!(client_context(&headers).is_err());
    }

    #[test]
    fn the_payload_must_be_json() {
        assert_eq!(event(&HeaderMap::new(), Bytes::new()).ok().unwrap().payload, "{}");
        assert!(event(&HeaderMap::new(), "{".into()).is_err());
    }

    #[test]
    fn the_qualifier_may_be_in_the_query() {
        assert_eq!(reference("f", Some("Qualifier=live")).unwrap().qualifier.as_deref(), Some("live"));
    }

    #[tokio::test]
    async fn a_streamed_reply_ends_with_how_it_ended() {
        let (exchange, reply) = Exchange::new();
        let parts = exchange.answer("text/plain".into()).unwrap();
        parts.send(Part::Chunk("one".into())).await.unwrap();
        parts.send(Part::Failed(FunctionFailure::new("Boom", "no"))).await.unwrap();
        drop(parts);
        exchange.finish();
        let stream: Vec<_> = frames(reply.await.unwrap()).map(Result::unwrap).collect().await;
        let events = crate::event_stream::tests::decode(&stream.concat());
        assert_eq!(events[0], ("PayloadChunk".into(), Bytes::from_static(b"one")));
        assert_eq!(events[1].0, "InvokeComplete");
        assert_eq!(serde_json::from_slice::<Value>(&events[1].1).unwrap()["ErrorCode"], "Boom");
    }
}
