//! Requests passed on as they came, since a signature covers them all.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Request, Response, Uri, Version, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A way to the local platform.
#[derive(Clone)]
pub(super) struct Forwarder {
    /// `127.0.0.1:<port>`
    authority: String,
    client: Client<HttpConnector, Body>,
}

impl Forwarder {
    /// `platform` is its address, `http://127.0.0.1:<port>`.
    pub(super) fn new(platform: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(connector);
        Self { authority: platform.trim_start_matches("http://").to_string(), client }
    }

    /// The platform's whole answer, so that a call is known to be done when this returns.
    pub(super) async fn forward(&self, mut parts: Parts, body: Bytes) -> io::Result<Response<Body>> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("http://{}{path}", self.authority).parse::<Uri>().map_err(io::Error::other)?;
        parts.version = Version::HTTP_11;
        parts.headers.remove(header::CONNECTION);
        parts.headers.remove(header::TRANSFER_ENCODING);
        parts.headers.remove(header::EXPECT);
        // Told anew for the body that is sent.
        parts.headers.remove(header::CONTENT_LENGTH);
        let answer = self.client.request(Request::from_parts(parts, Body::from(body))).await;
        let (mut parts, body) = answer.map_err(io::Error::other)?.into_parts();
        parts.headers.remove(header::CONNECTION);
        parts.headers.remove(header::TRANSFER_ENCODING);
        let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}
