//! An owner's conversations, page by page.

use time::Duration;

use super::{LIFETIME, Person};
use crate::conversations::{ConversationStore, Listing, Page};
use crate::failure::Code;

pub async fn run(store: &dyn ConversationStore) {
    conversations_are_listed_newest_first(store).await;
    pages_follow_each_other_and_the_last_one_says_so(store).await;
    expired_conversations_leave_no_gap_in_a_page(store).await;
    a_cursor_holds_while_conversations_move(store).await;
    a_cursor_of_another_owner_is_refused(store).await;
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.conversations.iter().map(|summary| summary.conversation_id.as_str()).collect()
}

/// This many conversations of one owner, a minute apart, newest first, and the owner at the newest's time.
async fn several(store: &dyn ConversationStore, count: usize) -> (Person, Vec<String>) {
    let (mut person, mut ids) = (Person::new(), Vec::new());
    for _ in 0..count {
        person = person.later(Duration::minutes(1)).elsewhere();
        person.say(store, "hello").await;
        ids.insert(0, person.id.as_str().to_owned());
    }
    (person, ids)
}

async fn conversations_are_listed_newest_first(store: &dyn ConversationStore) {
    let first = Person::new();
    let second = first.later(Duration::minutes(1)).elsewhere();
    second.say(store, "\n b\nand more").await;
    second.say(store, "c").await;
    first.say(store, "a").await;
    let listing = second.list(store, 100, None).await;
    assert_eq!(ids(&listing), [second.id.as_str(), first.id.as_str()]);
    let titles: Vec<_> = listing.conversations.iter().map(|conversation| conversation.title.as_deref()).collect();
    assert_eq!(titles, [Some("b"), Some("a")], "the first line of the first question");
    assert_eq!((listing.conversations[0].message_count, listing.next), (4, None));
}

async fn pages_follow_each_other_and_the_last_one_says_so(store: &dyn ConversationStore) {
    let (person, expected) = several(store, 7).await;
    for limit in [1, 3, 7, 8] {
        let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = person.list(store, limit, cursor).await;
            assert!((1..=limit).contains(&page.conversations.len()), "a page of {limit}: {page:?}");
            found.extend(ids(&page).into_iter().map(str::to_owned));
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((found, pages), (expected.clone(), 7_usize.div_ceil(limit)), "pages of {limit}");
    }
}

async fn expired_conversations_leave_no_gap_in_a_page(store: &dyn ConversationStore) {
    let person = Person::new();
    let living = person.elsewhere();
    living.say(store, "lives").await;
    for minute in 1..=4 {
        // Newer by their last turn, and gone before the older one.
        let brief = person.later(Duration::minutes(minute)).elsewhere();
        let mut turn = brief.turn("brief");
        turn.expires_at = brief.now + Duration::seconds(30);
        brief.store(store, turn).await;
    }
    let then = person.later(Duration::minutes(10));
    let listing = then.list(store, 1, None).await;
    assert_eq!((ids(&listing), listing.next.clone()), (vec![living.id.as_str()], None));
    assert_eq!(then.later(LIFETIME).list(store, 1, None).await.conversations, []);
}

async fn a_cursor_holds_while_conversations_move(store: &dyn ConversationStore) {
    let (person, expected) = several(store, 4).await;
    let first = person.list(store, 2, None).await;
    // The conversation that the cursor names is written to, and the one before it goes.
    let moved = |id: &str| Person { id: crate::conversations::ConversationId::parse(id).unwrap(), ..person.clone() };
    moved(&expected[1]).later(Duration::minutes(1)).say(store, "again").await;
    assert!(store.delete(moved(&expected[0]).access()).await.unwrap());
    let second = person.list(store, 2, first.next).await;
    assert_eq!((ids(&second), second.next.clone()), (vec![expected[2].as_str(), expected[3].as_str()], None));
}

async fn a_cursor_of_another_owner_is_refused(store: &dyn ConversationStore) {
    let (person, _) = several(store, 2).await;
    let cursor = person.list(store, 1, None).await.next;
    assert!(cursor.is_some());
    let other = person.somebody_else();
    for cursor in [cursor, Some("1".into()), Some("e30".into())] {
        let refused = store.list(&other.owner, other.now, Page { limit: 1, cursor }).await.unwrap_err();
        assert_eq!(refused.code, Code::RequestInvalid);
    }
}
