//! A question from a request, checked before anything is asked.

use std::collections::HashSet;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use contract::chat::{self, Approval, ChatRequest, TOKEN_HEADER};
use url::Url;

use super::body::{self, Body, Member};
use super::query::Query;
use super::{caller, invocation};
use crate::agent::Agent;
use crate::ask::Question;
use crate::conversations::ConversationId;
use crate::failure::{Code, Failure};
use crate::telemetry::TraceContext;
use crate::token::Token;

const MEMBERS: [Member; 8] = [
    Member("message", "a text"),
    Member("conversation_id", "a text"),
    Member("temperature", "a number from 0.0 to 1.0"),
    Member("max_tokens", "a whole number from 1 to 8192, written without point or exponent"),
    Member("use_tools", "true or false"),
    Member("okta_token", "a text"),
    Member("bedrock_agentcore_gateway_url", "a text"),
    Member("approvals", "a list of {\"id\": text, \"approved\": true or false}"),
];

const DEFAULT_TEMPERATURE: f32 = 0.7;
const DEFAULT_MAX_TOKENS: i32 = 4_000;

/// What needs no service is checked first, so that a wrong request costs none.
pub async fn read(agent: &Agent, parts: &Parts, body: Body) -> Result<Question, Failure> {
    Query::none(&parts.uri)?;
    let request: ChatRequest = body::read(body, &MEMBERS)?;
    check_gateway(request.bedrock_agentcore_gateway_url.as_deref(), &agent.configuration.gateway_url)?;
    let asked = Asked::of(request)?;
    let token = token(&parts.headers, asked.token.as_deref())?;
    Ok(Question {
        request_id: invocation::request_id(&parts.extensions),
        caller: caller::of(agent, parts, token).await?,
        trace: TraceContext::of(&parts.extensions),
        conversation_id: asked.conversation_id,
        message: asked.message,
        approvals: asked.approvals,
        temperature: asked.temperature,
        max_tokens: asked.max_tokens,
        use_tools: asked.use_tools,
        deadline: invocation::deadline(parts),
    })
}

/// A body whose members are good.
struct Asked {
    conversation_id: ConversationId,
    message: String,
    approvals: Vec<Approval>,
    temperature: f32,
    max_tokens: i32,
    use_tools: bool,
    token: Option<String>,
}

impl Asked {
    fn of(request: ChatRequest) -> Result<Self, Failure> {
        let temperature = request.temperature.unwrap_or(DEFAULT_TEMPERATURE);
        let max_tokens = request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
        check(chat::TEMPERATURE.contains(&temperature), "temperature must be from 0.0 to 1.0")?;
        check(chat::MAX_TOKENS.contains(&max_tokens), "max_tokens must be from 1 to 8192")?;
        match request.approvals.as_slice() {
            [] => check_message(&request.message)?,
            approvals => check_approvals(approvals, &request)?,
        }
        Ok(Self {
            conversation_id: match request.conversation_id.as_deref() {
                Some(id) => ConversationId::parse(id)?,
                None => ConversationId::random(),
            },
            message: request.message,
            approvals: request.approvals,
            temperature,
            max_tokens,
            use_tools: request.use_tools.unwrap_or(true),
            token: request.okta_token,
        })
    }
}

fn check_message(message: &str) -> Result<(), Failure> {
    let limit = chat::MESSAGE_LIMIT;
    check(!message.trim().is_empty(), "message must not be empty, unless there are approvals")?;
    check(message.len() <= limit, &format!("message must not be longer than {limit} bytes"))
}

fn check_approvals(approvals: &[Approval], request: &ChatRequest) -> Result<(), Failure> {
    let limit = chat::APPROVALS_LIMIT;
    check(request.message.is_empty(), "message and approvals exclude each other")?;
    check(request.conversation_id.is_some(), "approvals need the conversation_id of the answer that waits for them")?;
    check(approvals.len() <= limit, &format!("approvals must not be more than {limit}"))?;
    let ids: HashSet<_> = approvals.iter().map(|approval| approval.id.as_str()).collect();
    check(ids.len() == approvals.len(), "approvals must not name a call twice")?;
    let is_id = |id: &&str| (1..=chat::APPROVAL_ID_LIMIT).contains(&id.len());
    check(ids.iter().all(is_id), &format!("an approval's id must be 1 to {} bytes", chat::APPROVAL_ID_LIMIT))
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
