//! Turns: stored, read back, replaced, written at once.

use super::{Person, numbers, questions};
use crate::conversations::{ConversationStore, Extent, Lookup, NewTurn, Replaced, Summary, TurnId, record, trimming};
use crate::failure::Code;

pub async fn run(store: &dyn ConversationStore) {
    an_unknown_conversation_is_absent(store).await;
    turns_read_back_in_order(store).await;
    a_limited_read_gives_the_latest_turns(store).await;
    a_read_of_what_came_before_gives_the_turns_before(store).await;
    somebody_elses_conversation_is_foreign(store).await;
    a_stale_writer_is_refused(store).await;
    for _ in 0..10 {
        of_two_writers_at_once_none_is_lost(store).await;
    }
    a_turn_that_is_stored_already_is_not_stored_twice(store).await;
    a_pending_turn_is_replaced_in_its_place(store).await;
    only_the_last_turn_and_only_a_pending_one_is_replaced(store).await;
    of_two_that_end_a_pending_turn_one_is_refused(store).await;
    a_turn_that_was_begun_is_ended_in_its_place(store).await;
    a_turn_that_was_begun_is_ended_by_who_began_it(store).await;
    a_summary_is_kept_until_another_comes(store).await;
    a_large_turn_is_stored_whole(store).await;
}

async fn an_unknown_conversation_is_absent(store: &dyn ConversationStore) {
    let person = Person::new();
    assert_eq!(person.look(store, Extent::Latest(1_000)).await, Lookup::Absent);
    assert!(!store.delete(person.access()).await.unwrap());
    assert!(!store.clear(person.access()).await.unwrap());
}

async fn turns_read_back_in_order(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 1..=12 {
        person.say(store, &format!("question {number}")).await;
    }
    let conversation = person.conversation(store).await;
    assert_eq!(numbers(&conversation), (1..=12).collect::<Vec<u64>>());
    assert_eq!(conversation.turns[11].messages, person.turn("question 12").messages);
    assert_eq!(conversation.turns[11].asked_at, person.now);
    assert_eq!(conversation.meta.message_count, 24);
}

async fn a_limited_read_gives_the_latest_turns(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 1..=5 {
        person.say(store, &number.to_string()).await;
    }
    assert_eq!(numbers(&person.part(store, Extent::Latest(2)).await), [4, 5]);
    assert_eq!(numbers(&person.part(store, Extent::Latest(0)).await), [0; 0]);
    let bare = person.part(store, Extent::Meta).await;
    assert_eq!((bare.turns.len(), bare.meta.last_turn), (0, 5));
}

async fn a_read_of_what_came_before_gives_the_turns_before(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 1..=5 {
        person.say(store, &number.to_string()).await;
    }
    for (turn, count, expected) in
        [(4, 2, vec![2, 3]), (3, 10, vec![1, 2]), (1, 10, vec![]), (0, 10, vec![]), (100, 2, vec![4, 5])]
    {
        let part = person.part(store, Extent::Before { turn, count }).await;
        assert_eq!(numbers(&part), expected, "{count} before {turn}");
    }
}

async fn somebody_elses_conversation_is_foreign(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "mine").await;
    let other = person.somebody_else();
    assert_eq!(other.look(store, Extent::Latest(1_000)).await, Lookup::Foreign);
    assert!(!store.delete(other.access()).await.unwrap());
    assert!(!store.clear(other.access()).await.unwrap());
    let taken = store.append(other.access(), None, other.turn("theirs")).await.unwrap_err();
    assert_eq!(taken.code, Code::ConversationConflict);
    assert_eq!(person.conversation(store).await.turns.len(), 1);
}

async fn a_stale_writer_is_refused(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "first").await;
    let stale = person.conversation(store).await.meta;
    person.say(store, "second").await;
    let refused = store.append(person.access(), Some(&stale), person.turn("late")).await.unwrap_err();
    assert_eq!(refused.code, Code::ConversationConflict);
    assert_eq!(questions(&person.conversation(store).await), ["first", "second"]);
}

async fn of_two_writers_at_once_none_is_lost(store: &dyn ConversationStore) {
    let person = Person::new();
    let write = |text: &'static str| record(store, person.recording(None, text));
    let (left, right) = tokio::join!(write("left"), write("right"));
    left.unwrap();
    right.unwrap();
    let mut questions = questions(&person.conversation(store).await);
    questions.sort();
    assert_eq!(questions, ["left", "right"]);
}

/// As it happens when the answer to the first attempt was lost.
async fn a_turn_that_is_stored_already_is_not_stored_twice(store: &dyn ConversationStore) {
    let (person, base) = (Person::new(), None);
    let turn = person.turn("once");
    store.append(person.access(), base, turn.clone()).await.unwrap();
    store.append(person.access(), base, turn).await.unwrap();
    let same_words = person.turn("once");
    store.append(person.access(), base, same_words).await.unwrap_err();
    assert_eq!(questions(&person.conversation(store).await), ["once"]);
}

fn pending(person: &Person, text: &str) -> NewTurn {
    NewTurn { pending: true, ..person.turn(text) }
}

async fn a_pending_turn_is_replaced_in_its_place(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "first").await;
    person.store(store, pending(&person, "may I?")).await;
    assert!(person.conversation(store).await.turns[1].pending);
    person.store(store, NewTurn { replaces: Some(Replaced::Waiting(2)), ..person.turn("I did") }).await;
    let conversation = person.conversation(store).await;
    assert_eq!((numbers(&conversation), conversation.meta.message_count), (vec![1, 2], 4));
    assert_eq!((conversation.turns[1].pending, questions(&conversation)[1].as_str()), (false, "I did"));
    person.say(store, "next").await;
    assert_eq!(numbers(&person.conversation(store).await), [1, 2, 3]);
}

async fn only_the_last_turn_and_only_a_pending_one_is_replaced(store: &dyn ConversationStore) {
    let person = Person::new();
    person.store(store, pending(&person, "may I?")).await;
    person.say(store, "never mind").await;
    for replaces in [1, 2, 3].map(Replaced::Waiting).map(Some) {
        let base = person.meta(store).await;
        let late = NewTurn { replaces: replaces.clone(), ..person.turn("late") };
        let refused = store.append(person.access(), base.as_ref(), late).await.unwrap_err();
        assert_eq!(refused.code, Code::ConversationConflict, "{replaces:?}");
    }
    let none = NewTurn { replaces: Some(Replaced::Waiting(1)), ..person.turn("of nothing") };
    let refused = store.append(person.elsewhere().access(), None, none).await.unwrap_err();
    assert_eq!(refused.code, Code::ConversationConflict);
    assert_eq!(questions(&person.conversation(store).await), ["may I?", "never mind"]);
}

async fn of_two_that_end_a_pending_turn_one_is_refused(store: &dyn ConversationStore) {
    let person = Person::new();
    person.store(store, pending(&person, "may I?")).await;
    let base = person.meta(store).await;
    let end = |text: &str| {
        store.append(
            person.access(),
            base.as_ref(),
            NewTurn { replaces: Some(Replaced::Waiting(1)), ..person.turn(text) },
        )
    };
    let (left, right) = tokio::join!(end("left"), end("right"));
    let refused = match (left, right) {
        (Ok(()), Err(failure)) | (Err(failure), Ok(())) => failure,
        both => panic!("one of them must be refused: {both:?}"),
    };
    assert_eq!(refused.code, Code::ConversationConflict);
    assert_eq!(person.conversation(store).await.turns.len(), 1);
}

/// Another turn came between.
async fn a_turn_that_was_begun_is_ended_in_its_place(store: &dyn ConversationStore) {
    let person = Person::new();
    person.store(store, pending(&person, "may I?")).await;
    let begun = NewTurn { replaces: Some(Replaced::Waiting(1)), ..person.turn("under way") };
    let end = |text: &str| NewTurn { replaces: Some(Replaced::Begun(1, begun.id.clone())), ..person.turn(text) };
    person.store(store, begun.clone()).await;
    person.say(store, "meanwhile").await;
    let (base, done) = (person.meta(store).await, end("done"));
    store.append(person.access(), base.as_ref(), done.clone()).await.unwrap();
    store.append(person.access(), base.as_ref(), done).await.unwrap();
    let conversation = person.conversation(store).await;
    assert_eq!(
        (questions(&conversation), numbers(&conversation)),
        (["done", "meanwhile"].map(Into::into).into(), vec![1, 2])
    );
    assert_eq!((conversation.meta.last_turn, conversation.meta.message_count), (2, 4));
    let base = person.meta(store).await;
    let again = store.append(person.access(), base.as_ref(), end("again")).await.unwrap_err();
    assert_eq!(again.code, Code::ConversationConflict);
    person.say(store, "next").await;
    assert_eq!(questions(&person.conversation(store).await), ["done", "meanwhile", "next"]);
}

async fn a_turn_that_was_begun_is_ended_by_who_began_it(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "mine").await;
    let base = person.meta(store).await;
    let other = NewTurn { replaces: Some(Replaced::Begun(1, TurnId::random())), ..person.turn("theirs") };
    let refused = store.append(person.access(), base.as_ref(), other).await.unwrap_err();
    assert_eq!(refused.code, Code::ConversationConflict);
    assert_eq!(questions(&person.conversation(store).await), ["mine"]);
}

async fn a_summary_is_kept_until_another_comes(store: &dyn ConversationStore) {
    let person = Person::new();
    let summary = |text: &str, through| Some(Summary { text: text.into(), through });
    person.say(store, "1").await;
    person.store(store, NewTurn { summary: summary("so far", 1), ..person.turn("2") }).await;
    person.say(store, "3").await;
    assert_eq!(person.meta(store).await.unwrap().summary, summary("so far", 1));
    person.store(store, NewTurn { summary: summary("later", 3), ..person.turn("4") }).await;
    assert_eq!(person.meta(store).await.unwrap().summary, summary("later", 3));
    assert!(store.clear(person.access()).await.unwrap());
    assert_eq!(person.meta(store).await.unwrap().summary, None);
}

async fn a_large_turn_is_stored_whole(store: &dyn ConversationStore) {
    let person = Person::new();
    let text = "x".repeat(trimming::LIMIT - 1_000);
    for _ in 0..4 {
        person.say(store, &text).await;
    }
    let turns = person.conversation(store).await.turns;
    assert_eq!(turns.len(), 4, "pages of one megabyte are followed");
    assert_eq!(turns[3].messages[0].text(), text);
}
