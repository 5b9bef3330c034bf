//! HTTP clients: one way to build them, with deadlines and without surprises, and to read an answer of a bounded size.

use std::time::Duration;

use reqwest::{Client, Response, redirect::Policy};
use url::Url;

use crate::{
    connection::is_loopback,
    failure::{Failure, chain},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest silence before and within an answer: while it works the agent sends a comment every 10 seconds.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client for one server. It follows no redirect, so that neither signature
/// nor token goes where they were not meant to go. A loopback server is reached
/// without proxy, any other by https only.
///
/// # Errors
/// `chat/no-tls` when the machine has no usable root certificates.
pub fn for_server(url: &Url) -> Result<Client, Failure> {
    let builder = Client::builder()
        .user_agent(concat!("aws-operations-agent-chat/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT);
    let builder =
        if is_loopback(url) { builder.no_proxy().tls_certs_only([]) } else { builder.https_only(true).http1_only() };
    builder.build().map_err(|error| {
        Failure::new("chat/no-tls", format!("prepare the connection to {url}"), chain(&error))
            .hint("install the system's root certificates (package ca-certificates)")
    })
}

/// The whole body; `None` when it is larger than `limit` bytes.
///
/// # Errors
/// When the connection breaks before its end.
pub async fn body(response: &mut Response, limit: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
