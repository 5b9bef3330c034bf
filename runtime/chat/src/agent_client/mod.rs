//! The agent's HTTP API from the client's side: signed requests with the
//! user's token, retried before the first byte only, renewed once on 401.

mod exchange;

use contract::{
    Connection,
    chat::{ChatRequest, ConversationHistory, Conversations, Deleted, EVENT_STREAM, Health, ToolList},
};
use http::{Method, header::CONTENT_TYPE};
use reqwest::Client;
use url::Url;

use crate::{
    credentials::Signer,
    directories::Directories,
    failure::Failure,
    http_client,
    login::{MayLogIn, TokenCache, TokenSource, TokenStore},
    notices::Notices,
    stream::AnswerStream,
    token::Token,
};

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
        let silent = Notices::new(|_| {});
        let store = TokenStore::default_for(connection);
        let cache = TokenCache::kept_in(store, Directories::of_user()?.tokens, silent.clone());
        let tokens = TokenSource::new(connection, cache, MayLogIn::No, login_command.clone());
        token.into_iter().for_each(|token| tokens.give(token));
        let signer = Signer::for_connection(connection, profile).await;
        Self::new(connection, Parts { signer, tokens, notices: silent, login_command })
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

    /// Adds how to log in to what the agent, or the gateway behind it, says about the token in mid-answer.
    pub(crate) fn with_login_hint(&self, failure: Failure) -> Failure {
        if !failure.code().starts_with("token/") && failure.code() != "gateway/unauthorized" {
            return failure;
        }
        failure.also_hint(format!("run `{}` for another token", self.login_command))
    }

    /// `POST api/tools/fetch`.
    pub async fn tools(&self) -> Result<ToolList, Failure> {
        let mut call = self.call(Method::POST, &["api", "tools", "fetch"], "list the tools");
        call.body = b"{}".to_vec();
        self.json(&call).await
    }

    /// `GET api/conversations`: the newest.
    pub async fn conversations(&self) -> Result<Conversations, Failure> {
        self.conversations_after(None).await
    }

    /// `GET api/conversations?cursor=`: the page that `next_cursor` of another asks for.
    pub async fn conversations_after(&self, cursor: Option<&str>) -> Result<Conversations, Failure> {
        let mut call = self.call(Method::GET, &["api", "conversations"], "list the conversations");
        if let Some(cursor) = cursor {
            call = call.query("cursor", cursor);
        }
        self.json(&call).await
    }

    /// `GET api/conversations/{id}`: the latest messages.
    pub async fn history(&self, id: &str) -> Result<ConversationHistory, Failure> {
        self.history_before(id, None).await
    }

    /// `GET api/conversations/{id}?before=`: the page that `earlier` of another asks for.
    pub async fn history_before(&self, id: &str, before: Option<u64>) -> Result<ConversationHistory, Failure> {
        let mut call = self.call(Method::GET, &["api", "conversations", id], "read the conversation");
        if let Some(before) = before {
            call = call.query("before", &before.to_string());
        }
        self.json(&call).await
    }

    /// The conversation from its first message on, page by page.
    pub async fn whole_history(&self, id: &str) -> Result<ConversationHistory, Failure> {
        let mut whole = self.history(id).await?;
        while let Some(before) = whole.earlier {
            let page = self.history_before(id, Some(before)).await?;
            let forward = page.earlier.is_none_or(|earlier| earlier < before);
            whole.earlier = page.earlier.filter(|_| forward);
            whole.history.splice(0..0, page.history);
        }
        Ok(whole)
    }

    /// `POST api/conversations/{id}/clear`.
    pub async fn clear(&self, id: &str) -> Result<Deleted, Failure> {
        self.json(&self.call(Method::POST, &["api", "conversations", id, "clear"], "clear the conversation")).await
    }

    /// `DELETE api/conversations/{id}`.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Failure> {
        self.json(&self.call(Method::DELETE, &["api", "conversations", id], "delete the conversation")).await
    }

    /// `DELETE api/conversations?confirm=true`: all of the caller's.
    pub async fn delete_all(&self) -> Result<Deleted, Failure> {
        let call = self.call(Method::DELETE, &["api", "conversations"], "delete all conversations");
        self.json(&call.query("confirm", "true")).await
    }

    /// `GET health`, over SigV4 alone.
    pub async fn health(&self) -> Result<Health, Failure> {
        let mut call = self.call(Method::GET, &["health"], "check the agent's health");
        call.with_token = false;
        self.json(&call).await
    }
}
