//! Asking the two processes whether they are ready.

use std::time::Duration;

use deployer_core::Failure;
use reqwest::Client;

use crate::logs::LocalProcess;

/// Both answer from memory.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Health {
    client: Client,
}

impl Health {
    pub(crate) fn new() -> Result<Self, Failure> {
        // An error says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        client
            .map(|client| Self { client })
            .map_err(|cause| Failure::new("local/io", "set up the client for health checks", cause))
    }

    /// True when the process on the port says that it is ready.
    pub(crate) async fn is_ready(&self, process: LocalProcess, port: u16) -> bool {
        let (path, word) = match process {
            LocalProcess::Emulator => ("/_ministack/health", "\"services\""),
            LocalProcess::Sandbox => ("/_sandbox/health", "\"ready\""),
        };
        self.answer(port, path).await.is_some_and(|answer| answer.contains(word))
    }

    async fn answer(&self, port: u16, path: &str) -> Option<String> {
        let answer = self.client.get(format!("http://127.0.0.1:{port}{path}")).send().await.ok()?;
        answer.error_for_status().ok()?.text().await.ok()
    }
}
