//! The port to AWS: tools ask a [`Reader`], so that they can be tested without
//! a network.

#[cfg(test)]
pub(crate) mod fake;

use aws_config::BehaviorVersion;
use aws_read::{Answer, Call, Client, ClientSettings, ReadError, Region};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use contract::tool_settings::ToolSettings;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

/// Environment variable with the ARN of the function's own role, for session
/// policies; STS is asked for it when it is absent.
const ROLE_VARIABLE: &str = "TOOL_ROLE_ARN";

/// Makes one read.
pub trait Reader: Send + Sync {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>>;

    /// Where a call without a region goes.
    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>>;
}

/// The real client, made at the first read: tools that need no AWS answer
/// without credentials and do not pay for them.
#[derive(Debug, Default)]
pub struct LazyClient {
    settings: ClientSettings,
    client: OnceCell<Client>,
}

impl LazyClient {
    /// A client within the limits that the environment sets.
    pub fn new(settings: &ToolSettings) -> Self {
        Self { settings: client_settings(settings), client: OnceCell::new() }
    }

    async fn client(&self) -> Result<&Client, ReadError> {
        self.client.get_or_try_init(|| connect(self.settings.clone())).await
    }
}

impl Reader for LazyClient {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>> {
        Box::pin(async move { self.client().await?.call(call).await })
    }

    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>> {
        Box::pin(async move { Ok(self.client().await?.region().clone()) })
    }
}

fn client_settings(settings: &ToolSettings) -> ClientSettings {
    ClientSettings {
        attempts: settings.limits.attempts,
        calls_in_flight: settings.limits.calls_in_flight,
        calls_per_service_and_region: settings.limits.calls_per_service_and_region,
        data_operations: settings.data_operations.clone(),
        session_policy: settings.session_policy,
        role: None,
    }
}

/// Region, credentials, endpoint and role as the process's environment has them.
/// The HTTP client here is for credential providers only.
async fn connect(settings: ClientSettings) -> Result<Client, ReadError> {
    let ring = tls::Provider::Rustls(CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(ring).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    Client::new(&config, ClientSettings { role: std::env::var(ROLE_VARIABLE).ok(), ..settings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_the_clients_defaults_are_the_contracts() {
        assert_eq!(client_settings(&ToolSettings::default()), ClientSettings::default());
    }

    #[test]
    fn the_environments_settings_reach_the_client() {
        let settings = ToolSettings::parse(Some(
            r#"{"limits": {"attempts": 2, "calls_in_flight": 5, "calls_per_service_and_region": 1},
                "data_operations": ["logs:StartQuery"], "session_policy": true}"#,
        ));
        let client = client_settings(&settings.unwrap());
        assert_eq!((client.attempts, client.calls_in_flight, client.calls_per_service_and_region), (2, 5, 1));
        assert!(client.session_policy && client.data_operations == ["logs:StartQuery"]);
    }
}
