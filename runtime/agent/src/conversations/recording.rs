//! Records a finished turn so that of two writers at once none is lost.

use super::{Access, ConversationStore, Extent, Lookup, Meta, NewTurn, changed_meanwhile};
use crate::failure::{Code, Failure};

/// Writers that can meet at one conversation before one of them gives up.
const ATTEMPTS: usize = 6;

/// A turn with the conversation as it was when the question came.
pub struct Recording<'a> {
    pub access: Access<'a>,
    pub base: Option<Meta>,
    pub turn: NewTurn,
}

/// Appends the turn after whatever was written meanwhile. Fails when the
/// conversation was taken by somebody else.
pub async fn record(store: &dyn ConversationStore, recording: Recording<'_>) -> Result<(), Failure> {
    let Recording { access, mut base, turn } = recording;
    for _ in 1..ATTEMPTS {
        match store.append(access, base.as_ref(), turn.clone()).await {
            Err(failure) if failure.code == Code::ConversationConflict => {}
            other => return other,
        }
        base = match store.read(access, Extent::Meta).await? {
            Lookup::Found(conversation) => Some(conversation.meta),
            Lookup::Absent => None,
            Lookup::Foreign => return Err(changed_meanwhile(access.id)),
        };
    }
    store.append(access, base.as_ref(), turn).await
}
