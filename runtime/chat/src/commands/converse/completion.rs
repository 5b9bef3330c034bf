//! The user's conversations for the line editor, asked for when one is completed first.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{runtime::Handle, task::block_in_place, time::timeout};

use crate::{agent_client::AgentClient, prompt::Conversations};

/// Whoever presses Tab waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(4);

/// Only with a token at hand: pressing Tab must not start a login.
pub(super) fn conversations(client: Arc<AgentClient>) -> Conversations {
    let known = OnceLock::new();
    Arc::new(move || {
        if let Some(ids) = known.get() {
            return Vec::clone(ids);
        }
        let read = block_in_place(|| Handle::current().block_on(timeout(PATIENCE, ids(&client))));
        let Ok(Some(ids)) = read else { return Vec::new() };
        known.get_or_init(|| ids).clone()
    })
}

async fn ids(client: &AgentClient) -> Option<Vec<String>> {
    if !client.tokens.is_ready().await {
        return None;
    }
    let list = client.conversations().await.ok()?;
    Some(list.conversations.into_iter().map(|conversation| conversation.conversation_id).collect())
}
