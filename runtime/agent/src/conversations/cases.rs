//! What every conversation store must do, as cases that run against any of
//! them. A case panics when the store does not hold to it. Ids and owners are
//! new in every run, so that the cases can run against a shared table.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Access, Conversation, ConversationId, ConversationStore, Extent, Lookup, Meta, NewTurn, Recording, record,
};
use crate::caller::Owner;
use crate::failure::Code;
use crate::message::Message;

/// Runs all cases.
pub async fn run(store: &dyn ConversationStore) {
    assert!(store.is_ready().await, "the store must be ready");
    an_unknown_conversation_is_absent(store).await;
    turns_read_back_in_order(store).await;
    a_limited_read_gives_the_latest_turns(store).await;
    somebody_elses_conversation_is_foreign(store).await;
    a_stale_writer_is_refused(store).await;
    of_two_writers_at_once_none_is_lost(store).await;
    an_expired_conversation_is_absent_and_its_id_free(store).await;
    conversations_are_listed_newest_first(store).await;
    a_deleted_conversation_leaves_nothing(store).await;
    a_cleared_conversation_keeps_its_place(store).await;
    a_large_turn_is_stored_whole(store).await;
}

async fn an_unknown_conversation_is_absent(store: &dyn ConversationStore) {
    let person = Person::new();
    assert_eq!(person.look(store, Extent::All).await, Lookup::Absent);
    assert!(!store.delete(person.access()).await.unwrap());
    assert!(!store.clear(person.access()).await.unwrap());
}

async fn turns_read_back_in_order(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 1..=12 {
        person.say(store, &format!("question {number}")).await;
    }
    let conversation = person.conversation(store).await;
    let numbers: Vec<u64> = conversation.turns.iter().map(|turn| turn.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u64>>());
    assert_eq!(conversation.turns[11].messages, turn("question 12", person.now).messages);
    assert_eq!(conversation.turns[11].asked_at, person.now);
    assert_eq!(conversation.meta.message_count, 24);
}

async fn a_limited_read_gives_the_latest_turns(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 1..=5 {
        person.say(store, &number.to_string()).await;
    }
    let Lookup::Found(latest) = person.look(store, Extent::Latest(2)).await else { panic!("it is there") };
    assert_eq!(latest.turns.iter().map(|turn| turn.number).collect::<Vec<_>>(), [4, 5]);
    let Lookup::Found(bare) = person.look(store, Extent::Meta).await else { panic!("it is there") };
    assert_eq!((bare.turns.len(), bare.meta.last_turn), (0, 5));
}

async fn somebody_elses_conversation_is_foreign(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "mine").await;
    let other = Person { owner: Owner::new("arn:aws:iam::1:user/other"), ..person.clone() };
    assert_eq!(other.look(store, Extent::All).await, Lookup::Foreign);
    assert!(!store.delete(other.access()).await.unwrap());
    assert!(!store.clear(other.access()).await.unwrap());
    let taken = store.append(other.access(), None, turn("theirs", other.now)).await.unwrap_err();
    assert_eq!(taken.code, Code::ConversationConflict);
    assert_eq!(person.conversation(store).await.turns.len(), 1);
}

async fn a_stale_writer_is_refused(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "first").await;
    let stale = person.conversation(store).await.meta;
    person.say(store, "second").await;
    let refused = store.append(person.access(), Some(&stale), turn("late", person.now)).await.unwrap_err();
    assert_eq!(refused.code, Code::ConversationConflict);
    assert_eq!(person.conversation(store).await.turns.len(), 2);
}

async fn of_two_writers_at_once_none_is_lost(store: &dyn ConversationStore) {
    let person = Person::new();
    let write = |text: &'static str| record(store, person.recording(None, text));
    let (left, right) = tokio::join!(write("left"), write("right"));
    left.unwrap();
    right.unwrap();
    let turns = person.conversation(store).await.turns;
    let mut questions: Vec<String> = turns.iter().map(|turn| turn.messages[0].text()).collect();
    questions.sort();
    assert_eq!(questions, ["left", "right"]);
}

async fn an_expired_conversation_is_absent_and_its_id_free(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "old").await;
    let later = Person {
        now: person.now + Duration::minutes(16),
        owner: Owner::new("arn:aws:iam::1:user/next"),
        ..person.clone()
    };
    let original = Person { now: later.now, ..person.clone() };
    assert_eq!(original.look(store, Extent::All).await, Lookup::Absent);
    assert!(store.list(&original.owner, original.now).await.unwrap().is_empty());
    later.say(store, "new").await;
    let turns = later.conversation(store).await.turns;
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].messages[0].text(), "new");
}

async fn conversations_are_listed_newest_first(store: &dyn ConversationStore) {
    let first = Person::new();
    let second = Person { id: ConversationId::random(), now: first.now + Duration::minutes(1), ..first.clone() };
    second.say(store, "b").await;
    first.say(store, "a").await;
    let listed = store.list(&first.owner, second.now).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|summary| summary.conversation_id.as_str()).collect();
    assert_eq!(ids, [second.id.as_str(), first.id.as_str()]);
    assert_eq!(listed[0].message_count, 2);
}

async fn a_deleted_conversation_leaves_nothing(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 0..30 {
        person.say(store, &number.to_string()).await;
    }
    assert!(store.delete(person.access()).await.unwrap());
    assert_eq!(person.look(store, Extent::All).await, Lookup::Absent);
    assert!(store.list(&person.owner, person.now).await.unwrap().is_empty());
    person.say(store, "again").await;
    assert_eq!(person.conversation(store).await.turns.len(), 1);
}

async fn a_cleared_conversation_keeps_its_place(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "forget this").await;
    assert!(store.clear(person.access()).await.unwrap());
    let conversation = person.conversation(store).await;
    assert_eq!((conversation.turns.len(), conversation.meta.message_count), (0, 0));
    person.say(store, "go on").await;
    let turns = person.conversation(store).await.turns;
    assert_eq!((turns.len(), turns[0].messages[0].text()), (1, "go on".to_owned()));
}

async fn a_large_turn_is_stored_whole(store: &dyn ConversationStore) {
    let person = Person::new();
    let text = "x".repeat(super::trimming::LIMIT - 1_000);
    for _ in 0..4 {
        person.say(store, &text).await;
    }
    let turns = person.conversation(store).await.turns;
    assert_eq!(turns.len(), 4, "pages of one megabyte are followed");
    assert_eq!(turns[3].messages[0].text(), text);
}

#[derive(Clone)]
struct Person {
    owner: Owner,
    id: ConversationId,
    now: OffsetDateTime,
}

impl Person {
    fn new() -> Self {
        let now = OffsetDateTime::now_utc().replace_millisecond(250).expect("a millisecond of every second");
        Self { owner: Owner::new(format!("arn:aws:iam::1:user/{}", Uuid::new_v4())), id: ConversationId::random(), now }
    }

    fn access(&self) -> Access<'_> {
        Access { owner: &self.owner, id: &self.id, now: self.now }
    }

    fn recording(&self, base: Option<Meta>, text: &str) -> Recording<'_> {
        Recording { access: self.access(), base, turn: turn(text, self.now) }
    }

    async fn look(&self, store: &dyn ConversationStore, extent: Extent) -> Lookup {
        store.read(self.access(), extent).await.unwrap()
    }

    async fn conversation(&self, store: &dyn ConversationStore) -> Conversation {
        match self.look(store, Extent::All).await {
            Lookup::Found(conversation) => conversation,
            other => panic!("the conversation must be there, not {other:?}"),
        }
    }

    async fn say(&self, store: &dyn ConversationStore, text: &str) {
        let base = match self.look(store, Extent::Meta).await {
            Lookup::Found(conversation) => Some(conversation.meta),
            _ => None,
        };
        store.append(self.access(), base.as_ref(), turn(text, self.now)).await.unwrap();
    }
}

fn turn(text: &str, now: OffsetDateTime) -> NewTurn {
    NewTurn {
        asked_at: now,
        answered_at: now,
        expires_at: now + Duration::minutes(15),
        messages: vec![Message::user(text), Message::assistant("answer")],
    }
}
