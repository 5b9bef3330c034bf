//! What is deleted or cleared is gone, and nothing else.

use super::{Person, questions};
use crate::conversations::{ConversationStore, DeletedAll, Extent, Lookup};

pub async fn run(store: &dyn ConversationStore) {
    a_deleted_conversation_leaves_nothing(store).await;
    a_cleared_conversation_keeps_its_place(store).await;
    deleting_all_takes_the_owners_conversations_and_no_others(store).await;
}

async fn a_deleted_conversation_leaves_nothing(store: &dyn ConversationStore) {
    let person = Person::new();
    for number in 0..30 {
        person.say(store, &number.to_string()).await;
    }
    assert!(store.delete(person.access()).await.unwrap());
    assert_eq!(person.look(store, Extent::Latest(1_000)).await, Lookup::Absent);
    assert_eq!(person.list(store, 100, None).await.conversations, []);
    person.say(store, "again").await;
    assert_eq!(questions(&person.conversation(store).await), ["again"]);
}

async fn a_cleared_conversation_keeps_its_place(store: &dyn ConversationStore) {
    let person = Person::new();
    person.say(store, "forget this").await;
    assert!(store.clear(person.access()).await.unwrap());
    let conversation = person.conversation(store).await;
    assert_eq!((conversation.turns.len(), conversation.meta.message_count), (0, 0));
    person.say(store, "go on").await;
    assert_eq!(questions(&person.conversation(store).await), ["go on"]);
}

async fn deleting_all_takes_the_owners_conversations_and_no_others(store: &dyn ConversationStore) {
    let (person, other) = (Person::new(), Person::new());
    other.say(store, "theirs").await;
    for _ in 0..12 {
        let place = person.elsewhere();
        place.say(store, "one").await;
        place.say(store, "two").await;
    }
    let all = store.delete_all(&person.owner, person.now).await.unwrap();
    assert_eq!(all, DeletedAll { deleted: 12, remaining: 0 });
    assert_eq!(person.list(store, 100, None).await.conversations, []);
    assert_eq!(questions(&other.conversation(store).await), ["theirs"]);
    let none = store.delete_all(&person.owner, person.now).await.unwrap();
    assert_eq!(none, DeletedAll { deleted: 0, remaining: 0 });
}
