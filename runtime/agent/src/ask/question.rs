//! What is asked, and what comes of it.

use contract::chat::Approval;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::conversations::ConversationId;
use crate::identity::Caller;
use crate::telemetry::TraceContext;
use crate::turn::TurnEvent;

/// A question as it came, checked. It has a message or approvals, not both: whoever makes it sees to that.
pub struct Question {
    pub request_id: String,
    pub caller: Caller,
    pub trace: TraceContext,
    pub conversation_id: ConversationId,
    /// Empty when there are approvals.
    pub message: String,
    /// The user's word on the calls that the conversation's last turn waits for.
    pub approvals: Vec<Approval>,
    pub temperature: f32,
    pub max_tokens: i32,
    pub use_tools: bool,
    /// When the turn must have ended; leaves time to store it.
    pub deadline: Instant,
}

/// An answer that has begun. The last event is `Done` or `Broken`; when it
/// arrives the turn is stored.
pub struct Answer {
    pub conversation_id: ConversationId,
    pub events: mpsc::Receiver<TurnEvent>,
}

impl Question {
    /// Calls that were allowed need the tools, whatever the request says of further ones.
    pub fn wants_tools(&self) -> bool {
        self.use_tools || !self.approvals.is_empty()
    }
}
