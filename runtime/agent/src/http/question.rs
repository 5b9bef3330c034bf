//! A question from a request, checked before anything is asked.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use contract::chat::{ChatRequest, TOKEN_HEADER};
use url::Url;

use super::body::{self, Body};
use super::invocation;
use crate::ask::Question;
use crate::caller::Owner;
use crate::conversations::ConversationId;
use crate::failure::{Code, Failure};
use crate::token::Token;

const FIELDS: [&str; 7] = [
    "message",
    "conversation_id",
    "temperature",
    "max_tokens",
    "use_tools",
    "okta_token",
    "bedrock_agentcore_gateway_url",
];

/// Bytes of a message; it must fit a stored turn beside its answer.
const MESSAGE_LIMIT: usize = 100_000;

const DEFAULT_TEMPERATURE: f32 = 0.7;
const DEFAULT_MAX_TOKENS: i32 = 4_000;

pub fn read(parts: &Parts, body: Body, gateway: &Url) -> Result<Question, Failure> {
    let owner = Owner::of(parts)?;
    let request: ChatRequest = body::read(body, &FIELDS)?;
    check_gateway(request.bedrock_agentcore_gateway_url.as_deref(), gateway)?;
    let temperature = request.temperature.unwrap_or(DEFAULT_TEMPERATURE);
    let max_tokens = request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    check(!request.message.trim().is_empty(), "message must not be empty")?;
    check(request.message.len() <= MESSAGE_LIMIT, &format!("message must not be longer than {MESSAGE_LIMIT} bytes"))?;
    check((0.0..=1.0).contains(&temperature), "temperature must be from 0.0 to 1.0")?;
    check((1..=8_192).contains(&max_tokens), "max_tokens must be from 1 to 8192")?;
    Ok(Question {
        request_id: invocation::request_id(&parts.extensions),
        owner,
        conversation_id: request
            .conversation_id
            .as_deref()
            .map_or_else(|| Ok(ConversationId::random()), ConversationId::parse)?,
        temperature,
        max_tokens,
        use_tools: request.use_tools.unwrap_or(true),
        token: token(&parts.headers, request.okta_token.as_deref())?,
        deadline: invocation::deadline(parts),
        message: request.message,
    })
}

/// The token of the header, or else of the field.
pub fn token(headers: &HeaderMap, field: Option<&str>) -> Result<Option<Token>, Failure> {
    let header = headers.get(TOKEN_HEADER).map(|value| value.to_str().unwrap_or("\u{0}"));
    match header.map(Token::parse).transpose()?.flatten() {
        Some(token) => Ok(Some(token)),
        None => field.map(Token::parse).transpose().map(Option::flatten),
    }
}

/// A token goes to the configured gateway only; a request may name it but not choose another.
pub fn check_gateway(named: Option<&str>, configured: &Url) -> Result<(), Failure> {
    let Some(named) = named.filter(|named| !named.is_empty()) else { return Ok(()) };
    let same = Url::parse(named).is_ok_and(|named| named == *configured);
    same.then_some(()).ok_or_else(|| {
        Failure::new(Code::RequestGatewayUrl, "bedrock_agentcore_gateway_url is not the gateway of this agent")
            .hint("leave the field out: the agent knows its gateway")
    })
}

fn check(holds: bool, rule: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(Code::RequestInvalid, rule)) }
}
