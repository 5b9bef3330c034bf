//! The port to the conversation store.

use contract::chat::ConversationSummary;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::cursor::Cursor;
use super::{ConversationId, Lookup, Meta, NewTurn};
use crate::failure::{Code, Failure};
use crate::identity::Owner;

/// What a store does; it fails with `ConversationStore` where it cannot be reached.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// Where conversations live.
///
/// What expired is absent from every answer, whether or not it has been removed already.
pub trait ConversationStore: Send + Sync {
    /// True when the store can be written to.
    fn is_ready(&self) -> BoxFuture<'_, bool>;

    fn read<'a>(&'a self, access: Access<'a>, extent: Extent) -> StoreFuture<'a, Lookup>;

    /// Adds a turn, or puts it in the place of the one that it replaces, and makes the conversation
    /// itself when `base` is none. Both or neither are written. Fails with `ConversationConflict` when the
    /// conversation is no longer as `base` says, or has no such turn as `replaces` names.
    /// A turn that is stored already, its answer having been lost on the way, is a success: the id tells.
    fn append<'a>(&'a self, access: Access<'a>, base: Option<&'a Meta>, turn: NewTurn) -> StoreFuture<'a, ()>;

    /// The owner's conversations, newest first, one page of them. Fails with `RequestInvalid` on a cursor
    /// that is none of this owner's.
    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime, page: Page) -> StoreFuture<'a, Listing>;

    /// Removes a conversation; false when the owner has none of this id. Fails with `ConversationConflict`
    /// when a turn was stored meanwhile, and then keeps that turn; what failed can be asked for again.
    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool>;

    /// Removes a conversation's turns and keeps the conversation; false as in [`Self::delete`].
    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool>;

    /// Removes all of the owner's conversations, page by page, and carries on after one that is being
    /// written to.
    fn delete_all<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, DeletedAll>;
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
    /// Of the turns before that number the latest, at most so many.
    Before {
        turn: u64,
        count: usize,
    },
}

/// Which of an owner's conversations to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At least one.
    pub limit: usize,
    /// [`Listing::next`] of the page before.
    pub cursor: Option<String>,
}

/// One page of an owner's conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub conversations: Vec<ConversationSummary>,
    /// None on the last page. Opaque, and of no use to another owner.
    pub next: Option<String>,
}

impl Listing {
    /// A page of at most `limit` of these, which follow each other; `next` when there are more.
    pub(super) fn of(owner: &Owner, mut conversations: Vec<ConversationSummary>, limit: usize) -> Self {
        let more = conversations.len() > limit;
        conversations.truncate(limit);
        let last = conversations.last().filter(|_| more);
        let next = last.map(|last| Cursor::new(owner, &last.updated_at, &last.conversation_id).written());
        Self { conversations, next }
    }
}

/// What became of an owner's conversations when all were to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedAll {
    pub deleted: usize,
    /// Still there: turns were stored in them meanwhile, or the time was over.
    pub remaining: usize,
}

/// The failure of a write that would undo another one.
pub fn changed_meanwhile(id: &ConversationId) -> Failure {
    Failure::new(Code::ConversationConflict, format!("write conversation {}: it changed meanwhile", id.as_str()))
        .hint("try again")
}

/// What somebody else's conversation looks like, and one that is not there.
pub fn not_found(id: &ConversationId) -> Failure {
    Failure::new(Code::ConversationNotFound, format!("there is no conversation {}", id.as_str()))
}
