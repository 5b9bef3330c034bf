//! One signed HTTP exchange, without redirects and without retries.

mod clock;

use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;

use crate::endpoint::Endpoint;
use crate::error::ReadError;
use crate::protocol::{Reply, Request};
use crate::signing::{self, Scope};
use clock::Clock;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest answer that is read, in bytes; 1,000 instances have about 5 MB.
const MAX_BODY: usize = 32 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    clock: Clock,
}

/// One request, where it goes and who asks.
pub(crate) struct Exchange<'a> {
    pub request: &'a Request,
    /// The full address.
    pub address: String,
    pub endpoint: &'a Endpoint,
    pub credentials: &'a Credentials,
}

/// Why there is no whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoReply {
    Failed { host: String, cause: String },
    TooLarge { limit: usize },
    Unsendable { cause: String },
}

impl Transport {
    /// TLS comes from rustls with the process's provider, which the program installs.
    pub fn new() -> Result<Self, ReadError> {
        let builder = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT);
        let agent = concat!("aws-operations-agent/", env!("CARGO_PKG_VERSION"));
        let http = builder.timeout(ATTEMPT_TIMEOUT).user_agent(agent).build();
        let http = http.map_err(|error| ReadError::Setup { cause: format!("HTTP client: {}", causes(&error)) })?;
        Ok(Self { http, clock: Clock::default() })
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Signs and sends.
    pub async fn exchange(&self, exchange: Exchange<'_>) -> Result<Reply, NoReply> {
        let host = exchange.endpoint.host().to_owned();
        let signed = self.signed(exchange).map_err(|cause| NoReply::Unsendable { cause })?;
        let failed = |error: reqwest::Error| NoReply::Failed { host: host.clone(), cause: causes(&error) };
        let request = reqwest::Request::try_from(signed).map_err(failed)?;
        let response = self.http.execute(request).await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = whole_body(response, MAX_BODY).await.map_err(|error| error.map_or(TOO_LARGE, failed))?;
        Ok(Reply { status, headers, body })
    }

    fn signed(&self, exchange: Exchange<'_>) -> Result<http::Request<Bytes>, String> {
        let Exchange { request, address, endpoint, credentials } = exchange;
        let mut builder = http::Request::builder().method(request.method.clone()).uri(&address);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        for (name, value) in &endpoint.headers {
            builder = builder.header(name, value);
        }
        let unsigned = builder.body(request.body.clone()).map_err(|error| format!("address {address}: {error}"))?;
        let scope = Scope {
            service: &endpoint.signing_name,
            region: &endpoint.signing_region,
            time: self.clock.now(),
            disable_double_encoding: endpoint.disable_double_encoding,
        };
        signing::signed(unsigned, scope, credentials).map_err(|cause| format!("sign the request: {cause}"))
    }
}

const TOO_LARGE: NoReply = NoReply::TooLarge { limit: MAX_BODY };

/// The error is none when the body is larger than the limit.
async fn whole_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, Option<reqwest::Error>> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(None);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(Some)? {
        if body.len() + chunk.len() > limit {
            return Err(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The causes below reqwest's own text, which repeats the address.
fn causes(error: &reqwest::Error) -> String {
    let all = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let texts: Vec<_> = all.map(ToString::to_string).collect();
    match texts.is_empty() {
        true if error.is_timeout() => "timed out".into(),
        true => "the request failed".into(),
        false => texts.join(": "),
    }
}
