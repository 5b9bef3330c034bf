//! The port to the conversation store and the records it holds.

use contract::chat::ConversationSummary;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::ConversationId;
use crate::caller::Owner;
use crate::failure::{Code, Failure};
use crate::message::Message;

pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// Where conversations live.
///
/// What expired is absent from every answer, whether or not it has been removed already.
pub trait ConversationStore: Send + Sync {
    /// True when the store can be written to.
    fn is_ready(&self) -> BoxFuture<'_, bool>;

    fn read<'a>(&'a self, access: Access<'a>, extent: Extent) -> StoreFuture<'a, Lookup>;

    /// Adds a turn, and the conversation itself when `base` is none. Both or
    /// neither are written. Fails with `ConversationConflict` when the
    /// conversation is no longer as `base` says.
    fn append<'a>(&'a self, access: Access<'a>, base: Option<&'a Meta>, turn: NewTurn) -> StoreFuture<'a, ()>;

    /// The owner's conversations, newest first.
    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, Vec<ConversationSummary>>;

    /// Removes a conversation; false when the owner has none of this id.
    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool>;

    /// Removes a conversation's turns and keeps the conversation; false as in [`Self::delete`].
    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool>;
}

/// Who wants which conversation, and when.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub owner: &'a Owner,
    pub id: &'a ConversationId,
    pub now: OffsetDateTime,
}

/// How much of a conversation to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Meta,
    /// The latest turns, at most so many.
    Latest(usize),
    All,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    Absent,
    /// There is one of this id and it belongs to somebody else.
    Foreign,
    Found(Conversation),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub meta: Meta,
    /// Oldest first.
    pub turns: Vec<StoredTurn>,
}

/// The conversation's own record.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    pub owner: Owner,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// Rises with every write; the optimistic lock.
    pub version: u64,
    /// Number of the latest turn.
    pub last_turn: u64,
    /// Messages as a reader counts them, two a turn; those of expired turns stay counted.
    pub message_count: usize,
    /// Ties turns to this conversation: turns left over from a deleted one of
    /// the same id carry another.
    pub incarnation: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    pub number: u64,
    pub asked_at: OffsetDateTime,
    pub answered_at: OffsetDateTime,
    pub messages: Vec<Message>,
}

/// A turn to append.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTurn {
    pub asked_at: OffsetDateTime,
    pub answered_at: OffsetDateTime,
    /// When this turn expires, and with it the conversation unless another turn follows.
    pub expires_at: OffsetDateTime,
    pub messages: Vec<Message>,
}

impl Meta {
    /// The record after this turn.
    pub fn with_turn(base: Option<&Self>, owner: &Owner, turn: &NewTurn) -> Self {
        let new = || Self {
            owner: owner.clone(),
            created_at: turn.asked_at,
            updated_at: turn.answered_at,
            expires_at: turn.expires_at,
            version: 0,
            last_turn: 0,
            message_count: 0,
            incarnation: uuid::Uuid::new_v4().to_string(),
        };
        let base = base.cloned().unwrap_or_else(new);
        Self {
            updated_at: turn.answered_at,
            expires_at: turn.expires_at,
            version: base.version + 1,
            last_turn: base.last_turn + 1,
            message_count: base.message_count + 2,
            ..base
        }
    }

    /// The record after its turns were removed.
    pub fn cleared(&self, now: OffsetDateTime) -> Self {
        Self {
            updated_at: now,
            version: self.version + 1,
            message_count: 0,
            incarnation: uuid::Uuid::new_v4().to_string(),
            ..self.clone()
        }
    }
}

pub fn changed_meanwhile(id: &ConversationId) -> Failure {
    Failure::new(Code::ConversationConflict, format!("write conversation {}: it changed meanwhile", id.as_str()))
        .hint("try again")
}
