//! What every conversation store must do, as cases that run against any of
//! them. A case panics when the store does not hold to it. Ids and owners are
//! new in every run, so that the cases can run against a shared table.

mod expiry;
mod listing;
mod removal;
mod turns;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Access, Conversation, ConversationId, ConversationStore, Extent, Listing, Lookup, Meta, NewTurn, Page, Recording,
    TurnId,
};
use crate::identity::Owner;
use crate::message::Message;

/// How long the conversations of the cases are kept after a turn.
const LIFETIME: Duration = Duration::minutes(15);

/// Runs all cases.
pub async fn run(store: &dyn ConversationStore) {
    assert!(store.is_ready().await, "the store must be ready");
    turns::run(store).await;
    expiry::run(store).await;
    listing::run(store).await;
    removal::run(store).await;
}

/// Somebody with a conversation, at a moment.
#[derive(Clone)]
struct Person {
    owner: Owner,
    id: ConversationId,
    now: OffsetDateTime,
}

impl Person {
    fn new() -> Self {
        let now = OffsetDateTime::now_utc().replace_millisecond(250).expect("a millisecond of every second");
        let owner = Owner::stored(format!("arn:aws:iam::1:user/{}", Uuid::new_v4()));
        Self { owner, id: ConversationId::random(), now }
    }

    fn later(&self, time: Duration) -> Self {
        Self { now: self.now + time, ..self.clone() }
    }

    /// The same person with another conversation.
    fn elsewhere(&self) -> Self {
        Self { id: ConversationId::random(), ..self.clone() }
    }

    /// Somebody else who names this conversation.
    fn somebody_else(&self) -> Self {
        Self { owner: Owner::stored(format!("arn:aws:iam::1:user/{}", Uuid::new_v4())), ..self.clone() }
    }

    fn access(&self) -> Access<'_> {
        Access { owner: &self.owner, id: &self.id, now: self.now }
    }

    fn turn(&self, text: &str) -> NewTurn {
        NewTurn {
            id: TurnId::random(),
            asked_at: self.now,
            answered_at: self.now,
            expires_at: self.now + LIFETIME,
            messages: vec![Message::user(text), Message::assistant("answer")],
            pending: false,
            replaces: None,
            summary: None,
        }
    }

    fn recording(&self, base: Option<Meta>, text: &str) -> Recording<'_> {
        Recording { access: self.access(), base, turn: self.turn(text) }
    }

    async fn look(&self, store: &dyn ConversationStore, extent: Extent) -> Lookup {
        store.read(self.access(), extent).await.unwrap()
    }

    /// The whole conversation.
    async fn conversation(&self, store: &dyn ConversationStore) -> Conversation {
        self.part(store, Extent::Latest(1_000)).await
    }

    async fn part(&self, store: &dyn ConversationStore, extent: Extent) -> Conversation {
        match self.look(store, extent).await {
            Lookup::Found(conversation) => *conversation,
            other => panic!("the conversation must be there, not {other:?}"),
        }
    }

    async fn meta(&self, store: &dyn ConversationStore) -> Option<Meta> {
        match self.look(store, Extent::Meta).await {
            Lookup::Found(conversation) => Some(conversation.meta),
            _ => None,
        }
    }

    async fn say(&self, store: &dyn ConversationStore, text: &str) {
        self.store(store, self.turn(text)).await;
    }

    async fn store(&self, store: &dyn ConversationStore, turn: NewTurn) {
        let base = self.meta(store).await;
        store.append(self.access(), base.as_ref(), turn).await.unwrap();
    }

    async fn list(&self, store: &dyn ConversationStore, limit: usize, cursor: Option<String>) -> Listing {
        store.list(&self.owner, self.now, Page { limit, cursor }).await.unwrap()
    }
}

fn numbers(conversation: &Conversation) -> Vec<u64> {
    conversation.turns.iter().map(|turn| turn.number).collect()
}

/// The questions, in their order.
fn questions(conversation: &Conversation) -> Vec<String> {
    conversation.turns.iter().map(|turn| turn.messages[0].text()).collect()
}
