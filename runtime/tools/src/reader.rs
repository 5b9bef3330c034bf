//! The port to AWS: tools ask a [`Reader`], so that they can be tested without
//! a network.

#[cfg(test)]
pub(crate) mod fake;

use aws_config::BehaviorVersion;
use aws_read::{Answer, Call, Client, ReadError, Region};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

/// Makes one read.
pub trait Reader: Send + Sync {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>>;

    /// Where a call without a region goes.
    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>>;
}

/// The real client, made at the first read: tools that need no AWS answer
/// without credentials and do not pay for them.
#[derive(Debug, Default)]
pub struct LazyClient(OnceCell<Client>);

impl Reader for LazyClient {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>> {
        Box::pin(async move { self.0.get_or_try_init(connect).await?.call(call).await })
    }

    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>> {
        Box::pin(async move { Ok(self.0.get_or_try_init(connect).await?.region().clone()) })
    }
}

/// Region, credentials and endpoint as every AWS SDK finds them. The HTTP client
/// here is for credential providers only.
async fn connect() -> Result<Client, ReadError> {
    let ring = tls::Provider::Rustls(CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(ring).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    Client::new(&config)
}
