//! One HTTP exchange, without redirects and without retries.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;

use crate::error::ReadError;
use crate::protocol::Reply;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer that is read; a page of 1,000 buckets has about 200 KB.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// TLS comes from rustls with the process's provider, which the program installs.
pub(crate) fn client() -> Result<reqwest::Client, ReadError> {
    let builder = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT);
    let agent = concat!("aws-operations-agent/", env!("CARGO_PKG_VERSION"));
    builder
        .timeout(ATTEMPT_TIMEOUT)
        .user_agent(agent)
        .build()
        .map_err(|error| ReadError::Setup { cause: format!("HTTP client: {}", causes(&error)) })
}

/// Sends a signed request; fails with the reason when no whole answer comes.
pub(crate) async fn exchange(client: &reqwest::Client, request: http::Request<Bytes>) -> Result<Reply, String> {
    let request = reqwest::Request::try_from(request).map_err(|error| causes(&error))?;
    let mut response = client.execute(request).await.map_err(|error| causes(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(format!("the answer has more than {MAX_BODY} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body: body.freeze() })
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
