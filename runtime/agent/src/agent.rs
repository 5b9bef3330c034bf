//! The agent: its configuration and the ports it works through.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::configuration::Configuration;
use crate::conversations::ConversationStore;
use crate::failure::Failure;
use crate::gateway::{Gateway, ToolListing, ToolSession};
use crate::model::Model;
use crate::token::Token;

/// Everything outside of the process.
pub struct Ports {
    pub store: Arc<dyn ConversationStore>,
    pub model: Arc<dyn Model>,
    pub gateway: Arc<dyn Gateway>,
}

pub struct Agent {
    pub configuration: Configuration,
    pub ports: Ports,
    pub listing: ToolListing,
}

impl Agent {
    pub fn new(ports: Ports, configuration: Configuration) -> Arc<Self> {
        Arc::new(Self { configuration, ports, listing: ToolListing::default() })
    }

    /// Opens a session with one user's token; it serves this request only.
    pub async fn connect(&self, token: &Token) -> Result<Box<dyn ToolSession>, Failure> {
        let session = self.ports.gateway.connect(token).await?;
        self.listing.note(session.tools().len(), self.now());
        Ok(session)
    }

    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
