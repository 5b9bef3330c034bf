//! A conversation expires as a whole, some time after its last turn.

use time::Duration;

use super::{LIFETIME, Person, numbers, questions};
use crate::conversations::{ConversationStore, Extent, Lookup};

pub async fn run(store: &dyn ConversationStore) {
    an_expired_conversation_is_absent_and_its_id_free(store).await;
    a_conversation_that_goes_on_keeps_its_first_turns(store).await;
}

async fn an_expired_conversation_is_absent_and_its_id_free(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "old").await;
    person.say(store, "older").await;
    let original = person.later(LIFETIME + Duration::minutes(1));
    assert_eq!(original.look(store, Extent::Latest(1_000)).await, Lookup::Absent);
    assert_eq!(original.list(store, 100, None).await.conversations, []);
    assert!(!store.delete(original.access()).await.unwrap());
    let next = original.somebody_else();
    next.say(store, "new").await;
    let conversation = next.conversation(store).await;
    assert_eq!((numbers(&conversation), questions(&conversation)), (vec![1], vec!["new".to_owned()]));
    next.say(store, "newer").await;
    assert_eq!(questions(&next.conversation(store).await), ["new", "newer"]);
}

/// Far beyond the time that a turn would be kept by itself.
async fn a_conversation_that_goes_on_keeps_its_first_turns(store: &dyn ConversationStore) {
    let person = Person::new();
    for step in 0..8 {
        let then = person.later(Duration::minutes(14) * step);
        then.say(store, &step.to_string()).await;
        let meta = then.meta(store).await.unwrap();
        assert!(meta.turns_kept_until.unwrap() >= meta.expires_at, "{meta:?}");
    }
    let end = person.later(Duration::minutes(14) * 8);
    assert_eq!(numbers(&end.conversation(store).await), (1..=8).collect::<Vec<u64>>());
    assert_eq!(end.later(Duration::minutes(2)).look(store, Extent::Meta).await, Lookup::Absent);
}
