//! A turn that waits for the user's yes, and the request that goes on with it.

use std::time::Duration;

use contract::chat::Approval;
use tokio::time::timeout;

use super::Question;
use crate::agent::Agent;
use crate::conversations::{
    self, Access, Conversation, ConversationId, Meta, NewTurn, Recording, Replaced, StoredTurn, TurnId,
};
use crate::failure::{Code, Failure};
use crate::message::Message;

/// For the write before an approved call runs.
const DEADLINE: Duration = Duration::from_secs(6);

/// A turn that this request alone goes on with.
pub struct Continued {
    /// As it waited.
    pub turn: StoredTurn,
    /// Its record in the table by now, in whose place its end goes.
    pub record: Replaced,
}

/// Takes the pending turn out of the conversation. Fails when there is none, or when it does not ask for a
/// call that the approvals name.
pub fn waiting(
    id: &ConversationId,
    conversation: Option<&mut Conversation>,
    approvals: &[Approval],
) -> Result<StoredTurn, Failure> {
    let nothing = || unknown(format!("nothing waits for approval in conversation {}", id.as_str()));
    let turns = &mut conversation.ok_or_else(nothing)?.turns;
    let pending = turns.pop_if(|turn| turn.pending).ok_or_else(nothing)?;
    let asked = |approval: &Approval| {
        pending.messages.last().into_iter().flat_map(Message::tool_uses).any(|tool| tool.tool_use_id == approval.id)
    };
    match approvals.iter().all(asked) {
        true => Ok(pending),
        false => Err(unknown("approvals name a call that does not wait")),
    }
}

/// Ends the turn's waiting before any of its calls runs, so that no call runs twice: not when two requests
/// bring the same yes at once, and not when the answer is lost and the yes is given again. Fails with
/// `ConversationConflict` for the one that comes second.
pub async fn begin(
    agent: &Agent,
    question: &Question,
    meta: &mut Meta,
    turn: StoredTurn,
) -> Result<Continued, Failure> {
    let now = agent.now();
    let begun = NewTurn {
        id: TurnId::random(),
        asked_at: turn.asked_at,
        answered_at: now,
        expires_at: now + agent.configuration.conversation_lifetime,
        messages: conversations::for_storage(&conversations::begun(&turn)),
        pending: false,
        replaces: Some(Replaced::Waiting(turn.number)),
        summary: None,
    };
    let record = Replaced::Begun(turn.number, begun.id.clone());
    let access = Access { owner: &question.caller.owner, id: &question.conversation_id, now };
    let after = Meta::with_turn(Some(meta), access.owner, &begun);
    let recording = Recording { access, base: Some(meta.clone()), turn: begun };
    let recorded = timeout(DEADLINE, conversations::record(agent.ports.store.as_ref(), recording)).await;
    recorded.unwrap_or_else(|_| Err(too_late()))?;
    *meta = after;
    Ok(Continued { turn, record })
}

fn too_late() -> Failure {
    Failure::new(Code::ConversationStore, "go on with the turn that waits: the table did not answer in time")
        .hint("read the conversation: when the call waits no more, ask again")
}

pub fn unknown(message: impl Into<String>) -> Failure {
    Failure::new(Code::ApprovalUnknown, message).hint("read the conversation, or send a message instead")
}
