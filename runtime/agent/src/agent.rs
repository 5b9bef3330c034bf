//! The agent: its configuration and the ports it works through.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::configuration::Configuration;
use crate::conversations::ConversationStore;
use crate::failure::Failure;
use crate::gateway::{Gateway, ToolCache, ToolSession};
use crate::identity::TokenVerifier;
use crate::model::Model;
use crate::telemetry::{Metrics, TraceContext};
use crate::token::Token;

/// Everything outside of the process, each behind its port.
pub struct Ports {
    pub store: Arc<dyn ConversationStore>,
    pub model: Arc<dyn Model>,
    pub gateway: Arc<dyn Gateway>,
    pub tokens: Arc<dyn TokenVerifier>,
}

/// One process of the agent function; requests share it and nothing of a user stays in it.
pub struct Agent {
    pub configuration: Configuration,
    pub ports: Ports,
    /// The gateway's tools as they were last listed.
    pub listing: ToolCache,
    pub metrics: Metrics,
    /// Cancelled when the process is asked to end: turns end labelled and are stored.
    pub shutdown: CancellationToken,
    /// Turns and answers that are under way; the process waits for them before it ends.
    pub turns: TaskTracker,
}

impl Agent {
    pub fn new(ports: Ports, configuration: Configuration) -> Arc<Self> {
        let metrics = Metrics::new(&configuration.environment);
        let (listing, shutdown, turns) =
            (ToolCache::new(&configuration.settings.tools_version), CancellationToken::new(), TaskTracker::new());
        Arc::new(Self { configuration, ports, listing, metrics, shutdown, turns })
    }

    /// Opens a session with one user's token; it serves this request only.
    pub async fn connect(&self, token: &Token, trace: &TraceContext) -> Result<Box<dyn ToolSession>, Failure> {
        self.listing.connect(self.ports.gateway.as_ref(), token, trace, self.now()).await
    }

    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
