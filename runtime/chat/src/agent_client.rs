//! The agent's HTTP API from the client's side: signed requests with the
//! user's token, retried before the first byte only, renewed once on 401.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use contract::{
    Connection,
    chat::{ChatRequest, ConversationHistory, Conversations, Deleted, EVENT_STREAM, Health, TOKEN_HEADER, ToolList},
};
use http::{
    HeaderValue, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, DATE},
};
use reqwest::{Client, Response};
use serde::de::DeserializeOwned;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::FormatItem, macros::format_description};
use url::Url;

use crate::{
    credentials::Signer,
    directories::Directories,
    failure::{Failure, chain},
    http_client,
    login::{MayLogIn, TokenCache, TokenSource},
    notices::Notices,
    refusal::Refusal,
    stream::AnswerStream,
    token::Token,
};

const JSON: &str = "application/json";
const JSON_DEADLINE: Duration = Duration::from_secs(90);
const RETRIES: usize = 3;
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// Talks to one agent on behalf of one user.
pub struct AgentClient {
    http: Client,
    base: Url,
    signer: Signer,
    pub tokens: TokenSource,
    notices: Notices,
    login_command: String,
}

/// What an [`AgentClient`] is made of besides the connection.
pub struct Parts {
    pub signer: Signer,
    pub tokens: TokenSource,
    pub notices: Notices,
    /// What the user types to log in again, for hints.
    pub login_command: String,
}

/// One request of the API.
struct Call {
    method: Method,
    url: Url,
    accept: &'static str,
    body: Vec<u8>,
    /// For the whole answer; a stream has none, only a limit to its silence.
    deadline: Option<Duration>,
    /// Whether the user's token goes with it.
    with_token: bool,
    /// For errors: the action and its object.
    doing: String,
}

impl AgentClient {
    /// # Errors
    /// `connection/malformed` for an address that is none, `chat/no-tls`.
    pub fn new(connection: &Connection, parts: Parts) -> Result<Self, Failure> {
        let base = Url::parse(&connection.function_url).map_err(|error| {
            Failure::new("connection/malformed", format!("read function URL `{}`", connection.function_url), error)
        })?;
        let Parts { signer, tokens, notices, login_command } = parts;
        Ok(Self { http: http_client::for_server(&base)?, base, signer, tokens, notices, login_command })
    }

    /// A client for a program: it asks nobody to log in and says nothing while it waits.
    pub async fn unattended(
        connection: &Connection,
        profile: Option<String>,
        token: Option<Token>,
    ) -> Result<Self, Failure> {
        let login_command = format!("chat login --env {}", connection.environment);
        let cache = TokenCache::new(Directories::of_user()?.tokens);
        let mut tokens = TokenSource::new(connection, cache, MayLogIn::No, login_command.clone());
        token.into_iter().for_each(|token| tokens.give(token));
        let signer = Signer::for_connection(connection, profile).await;
        Self::new(connection, Parts { signer, tokens, notices: Notices::new(|_| {}), login_command })
    }

    /// `POST stream`: asks a question and returns the answer as it comes.
    pub async fn ask(&self, request: &ChatRequest) -> Result<AnswerStream, Failure> {
        let mut call = self.call(Method::POST, &["stream"], "ask the agent");
        call.accept = EVENT_STREAM;
        call.deadline = None;
        call.body = serde_json::to_vec(request)
            .map_err(|error| Failure::new("chat/request", "write the question as JSON", error))?;
        let response = self.send(&call).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with(EVENT_STREAM) {
            let cause = format!("it answered with content type `{kind}` instead of events");
            return Err(Failure::new("agent/unexpected-answer", call.doing, cause).hint("is this the agent's URL?"));
        }
        Ok(AnswerStream::new(response, call.doing))
    }

    /// `POST api/tools/fetch`.
    pub async fn tools(&self) -> Result<ToolList, Failure> {
        let mut call = self.call(Method::POST, &["api", "tools", "fetch"], "list the tools");
        call.body = b"{}".to_vec();
        self.json(&call).await
    }

    /// `GET api/conversations`.
    pub async fn conversations(&self) -> Result<Conversations, Failure> {
        self.json(&self.call(Method::GET, &["api", "conversations"], "list the conversations")).await
    }

    /// `GET api/conversations/{id}`.
    pub async fn history(&self, id: &str) -> Result<ConversationHistory, Failure> {
        self.json(&self.call(Method::GET, &["api", "conversations", id], "read the conversation")).await
    }

    /// `POST api/conversations/{id}/clear`.
    pub async fn clear(&self, id: &str) -> Result<Deleted, Failure> {
        self.json(&self.call(Method::POST, &["api", "conversations", id, "clear"], "clear the conversation")).await
    }

    /// `DELETE api/conversations/{id}`.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Failure> {
        self.json(&self.call(Method::DELETE, &["api", "conversations", id], "delete the conversation")).await
    }

    /// `GET health`, over SigV4 alone.
    pub async fn health(&self) -> Result<Health, Failure> {
        let mut call = self.call(Method::GET, &["health"], "check the agent's health");
        call.with_token = false;
        self.json(&call).await
    }

    fn call(&self, method: Method, path: &[&str], doing: &str) -> Call {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let doing = format!("{doing} at {}", self.base);
        Call { method, url, accept: JSON, body: Vec::new(), deadline: Some(JSON_DEADLINE), with_token: true, doing }
    }

    async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let response = self.send(call).await?;
        let failed = |error: reqwest::Error| Failure::new("agent/unexpected-answer", &call.doing, chain(&error));
        let bytes = response.bytes().await.map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::new("agent/unexpected-answer", &call.doing, error))
    }

    /// Sends until there is a success or an error that another attempt would not change.
    async fn send(&self, call: &Call) -> Result<Response, Failure> {
        let mut token = match call.with_token {
            true => Some(self.tokens.current().await?),
            false => None,
        };
        let mut may_renew = true;
        let mut delays = delays();
        loop {
            let failure = match (self.attempt(call, token.as_ref()).await?, &token) {
                (Attempt::Answered(response), _) => return Ok(response),
                (Attempt::Unauthorized(failure), Some(rejected)) if may_renew => {
                    may_renew = false;
                    token = Some(self.tokens.after_rejection(rejected).await?.ok_or(failure)?);
                    continue;
                }
                (Attempt::Unauthorized(failure), _) => return Err(failure),
                (Attempt::Passing(failure), _) => failure,
            };
            let Some(delay) = delays.next() else { return Err(failure) };
            self.notices.show(&format!("{}, trying again in {} ms", failure.detail().message, delay.as_millis()));
            tokio::time::sleep(delay).await;
        }
    }

    async fn attempt(&self, call: &Call, token: Option<&Token>) -> Result<Attempt, Failure> {
        let request = self.signed(call, token).await?;
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(error) => return unreachable_agent(call, error),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(Attempt::Answered(response));
        }
        let failure = read_refusal(response).await.into_failure(&call.doing, SystemTime::now(), &self.login_command);
        match status {
            StatusCode::UNAUTHORIZED => Ok(Attempt::Unauthorized(failure)),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                Ok(Attempt::Passing(failure))
            }
            _ => Err(failure),
        }
    }

    async fn signed(&self, call: &Call, token: Option<&Token>) -> Result<reqwest::Request, Failure> {
        let malformed = |error: &dyn std::error::Error| Failure::new("chat/request", &call.doing, error);
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(call.url.as_str())
            .header(ACCEPT, call.accept)
            .header(CONTENT_TYPE, JSON)
            .body(call.body.clone())
            .map_err(|error| malformed(&error))?;
        if let Some(token) = token {
            let mut secret = HeaderValue::from_str(token.expose()).map_err(|error| malformed(&error))?;
            secret.set_sensitive(true);
            request.headers_mut().insert(TOKEN_HEADER, secret);
        }
        self.signer.sign(&mut request, SystemTime::now()).await?;
        let mut request = reqwest::Request::try_from(request).map_err(|error| malformed(&error))?;
        *request.timeout_mut() = call.deadline;
        Ok(request)
    }
}

/// How one attempt ended, when it is not final.
enum Attempt {
    Answered(Response),
    Unauthorized(Failure),
    /// Another attempt may succeed.
    Passing(Failure),
}

fn delays() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(4))
        .with_max_times(RETRIES)
        .with_jitter()
        .build()
}

/// No answer came at all. Once the question may have arrived it is not asked
/// twice: the agent may be at work on it.
fn unreachable_agent(call: &Call, error: reqwest::Error) -> Result<Attempt, Failure> {
    let never_arrived = error.is_connect();
    let failure = Failure::new("agent/unreachable", &call.doing, chain(&error.without_url()))
        .hint("check the network and that the environment is up (`deployer status`)");
    if never_arrived { Ok(Attempt::Passing(failure)) } else { Err(failure) }
}

async fn read_refusal(mut response: Response) -> Refusal {
    let status = response.status();
    let server_time = response.headers().get(DATE).and_then(|value| http_date(value.to_str().ok()?));
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ERROR_BODY_LIMIT {
            break;
        }
    }
    Refusal { status, server_time, body: String::from_utf8_lossy(&body).into_owned() }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<SystemTime> {
    const FORM: &[FormatItem<'_>] =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let moment: OffsetDateTime = PrimitiveDateTime::parse(text, FORM).ok()?.assume_utc();
    Some(moment.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_is_read() {
        let moment = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 784_111_777);
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn retries_end() {
        assert_eq!(delays().count(), RETRIES);
    }
}
