//! The HTTP client of the OpenID Connect library, over ours.

use std::{future::Future, pin::Pin};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use thiserror::Error;

use crate::http_client;

/// More than any discovery document, key set or token answer needs.
const ANSWER_LIMIT: usize = 1 << 20;

/// Carries the requests of discovery and of the token endpoint.
pub(super) struct IssuerHttp(pub reqwest::Client);

#[derive(Debug, Error)]
pub(super) enum IssuerHttpError {
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
    #[error("the answer is larger than {ANSWER_LIMIT} bytes")]
    TooLarge,
    #[error(transparent)]
    Form(#[from] openidconnect::http::Error),
}

impl<'c> AsyncHttpClient<'c> for IssuerHttp {
    type Error = IssuerHttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, IssuerHttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(exchange(&self.0, request))
    }
}

async fn exchange(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, IssuerHttpError> {
    let mut answer = client.execute(reqwest::Request::try_from(request)?).await?;
    let body = http_client::body(&mut answer, ANSWER_LIMIT).await?.ok_or(IssuerHttpError::TooLarge)?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}
