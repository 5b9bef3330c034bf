//! One call of the API on the wire: signed, retried before the first byte
//! only, its token renewed once on 401.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use contract::chat::TOKEN_HEADER;
use http::{
    HeaderValue, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, DATE},
};
use reqwest::Response;
use serde::de::DeserializeOwned;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::FormatItem, macros::format_description};
use url::Url;

use super::AgentClient;
use crate::{
    connection::is_loopback,
    failure::{Failure, chain},
    http_client,
    refusal::Refusal,
    token::Token,
};

pub(super) const JSON: &str = "application/json";
const JSON_DEADLINE: Duration = Duration::from_secs(90);
const RETRIES: usize = 3;
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// A page of the history is a few megabytes at most.
const JSON_LIMIT: usize = 32 << 20;

/// One request of the API.
pub(super) struct Call {
    pub method: Method,
    pub url: Url,
    pub accept: &'static str,
    pub body: Vec<u8>,
    /// For the whole answer; a stream has none, only a limit to its silence.
    pub deadline: Option<Duration>,
    /// Whether the user's token goes with it.
    pub with_token: bool,
    /// For errors: the action and its object.
    pub doing: String,
}

impl Call {
    /// The value is encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }
}

impl AgentClient {
    pub(super) fn call(&self, method: Method, path: &[&str], doing: &str) -> Call {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let doing = format!("{doing} at {}", self.base);
        let with_token = !self.tokens.is_off();
        Call { method, url, accept: JSON, body: Vec::new(), deadline: Some(JSON_DEADLINE), with_token, doing }
    }

    pub(super) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let response = self.send(call).await?;
        let bytes = whole(response, &call.doing).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::new("agent/unexpected-answer", &call.doing, error))
    }

    /// Sends until there is a success or an error that another attempt would not change.
    pub(super) async fn send(&self, call: &Call) -> Result<Response, Failure> {
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
            StatusCode::UNAUTHORIZED if token.is_none() => {
                Err(failure.hint("the gateway's tools need a token: leave --no-token out"))
            }
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
    let hint = match is_loopback(&call.url) {
        true => "is the local platform running? `deployer sandbox start` starts it",
        false => "check the network and that the environment is up (`deployer status`)",
    };
    let failure = Failure::new("agent/unreachable", &call.doing, chain(&error.without_url())).hint(hint);
    if never_arrived { Ok(Attempt::Passing(failure)) } else { Err(failure) }
}

/// The answer's body, up to [`JSON_LIMIT`].
async fn whole(mut response: Response, doing: &str) -> Result<Vec<u8>, Failure> {
    let cut = |error: reqwest::Error| Failure::new("agent/unexpected-answer", doing, chain(&error.without_url()));
    http_client::body(&mut response, JSON_LIMIT).await.map_err(cut)?.ok_or_else(|| {
        Failure::new("agent/answer-too-large", doing, format!("the answer is larger than {} MB", JSON_LIMIT >> 20))
    })
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
