//! What only the DynamoDB store can do wrong. The cases of every store run
//! against it in the system tests, on the deployed table.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::DynamoDbStore;
use super::endpoint::{Endpoint, Reply, TABLE, cancelled, client, error};
use crate::Code;
use crate::conversations::{
    Access, ConversationId, ConversationStore, DeletedAll, Extent, Lookup, Meta, NewTurn, Page, Replaced, TurnId,
};
use crate::identity::Owner;
use crate::message::Message;

/// Somebody with a conversation.
struct Person {
    owner: Owner,
    id: ConversationId,
}

const NOW: OffsetDateTime = time::macros::datetime!(2026-01-02 03:04:05.678 UTC);

impl Person {
    fn new() -> Self {
        Self { owner: Owner::stored("user:ada"), id: ConversationId::parse("chat_1").unwrap() }
    }

    fn access(&self) -> Access<'_> {
        Access { owner: &self.owner, id: &self.id, now: NOW }
    }

    /// The conversation after one turn that was stored so long ago.
    fn meta(&self, ago: Duration) -> Meta {
        let turn = NewTurn { asked_at: NOW - ago, answered_at: NOW - ago, expires_at: NOW - ago + LIFETIME, ..turn() };
        Meta::with_turn(None, &self.owner, &turn)
    }
}

const LIFETIME: Duration = Duration::days(30);

fn turn() -> NewTurn {
    NewTurn {
        id: TurnId::random(),
        asked_at: NOW,
        answered_at: NOW,
        expires_at: NOW + LIFETIME,
        messages: vec![Message::user("question"), Message::assistant("answer")],
        pending: false,
        replaces: None,
        summary: None,
    }
}

fn done() -> Reply {
    Reply::Answer(json!({}))
}

fn meta_item(meta: &Meta) -> Value {
    let text = |text: &str| json!({"S": text});
    let number = |number: i64| json!({"N": number.to_string()});
    json!({
        "conversation_id": text("chat_1"),
        "item": text("meta"),
        "owner": text(meta.owner.as_str()),
        "created_at": text("2026-01-01T00:00:00.000Z"),
        "updated_at": text("2026-01-01T00:00:00.000Z"),
        "ttl": number(meta.expires_at.unix_timestamp()),
        "version": number(meta.version as i64),
        "last_turn": number(meta.last_turn as i64),
        "message_count": number(meta.message_count as i64),
        "incarnation": text(&meta.incarnation),
    })
}

fn turn_key(number: u64, incarnation: &str) -> Value {
    json!({"item": {"S": format!("turn#{number:06}")}, "incarnation": {"S": incarnation}})
}

fn turn_item(number: u64, incarnation: &str) -> Value {
    let mut item = turn_key(number, incarnation);
    item["asked_at"] = json!({"S": "2026-01-01T00:00:00.000Z"});
    item["answered_at"] = json!({"S": "2026-01-01T00:00:00.000Z"});
    item["messages"] = json!({"S": "[]"});
    item
}

fn listed(id: &str) -> Value {
    json!({"conversation_id": {"S": id}, "updated_at": {"S": "2026-01-01T00:00:00.000Z"}, "message_count": {"N": "2"}})
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_a_failure_and_not_an_empty_history() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("the port's address");
    drop(listener);
    let store = DynamoDbStore::new(client(&format!("http://{address}")), TABLE.into());
    let failure = store.read(Person::new().access(), Extent::Latest(1)).await.unwrap_err();
    assert_eq!(failure.code, Code::ConversationStore);
}

#[tokio::test]
async fn a_throttled_read_is_tried_four_times_and_then_fails() {
    let person = Person::new();
    let throttled = || ("GetItem", error("ProvisionedThroughputExceededException"));
    let endpoint = Endpoint::start((0..4).map(|_| throttled())).await;
    let failure = endpoint.store.read(person.access(), Extent::Meta).await.unwrap_err();
    assert_eq!((failure.code, endpoint.calls().len()), (Code::ConversationStore, 4));
    let endpoint = Endpoint::start([throttled(), throttled(), ("GetItem", done())]).await;
    assert_eq!(endpoint.store.read(person.access(), Extent::Meta).await.unwrap(), Lookup::Absent);
}

#[tokio::test]
async fn turns_that_do_not_agree_with_the_meta_item_are_read_again() {
    let person = Person::new();
    let meta = person.meta(Duration::ZERO);
    let page = |numbers: &[u64], incarnation: &str| {
        let items: Vec<_> = numbers.iter().map(|number| turn_item(*number, incarnation)).collect();
        ("Query", Reply::Answer(json!({"Items": items, "Count": items.len()})))
    };
    let own = meta.incarnation.as_str();
    let mut waiting = turn_item(1, own);
    waiting["pending"] = json!({"BOOL": true});
    let waiting = ("Query", Reply::Answer(json!({"Items": [waiting], "Count": 1})));
    for (first, reads) in
        [(waiting, 2), (page(&[1], own), 1), (page(&[], own), 2), (page(&[2, 1], own), 2), (page(&[1], "other"), 2)]
    {
        let conversation = ("GetItem", Reply::Answer(json!({"Item": meta_item(&meta)})));
        let endpoint = Endpoint::start([conversation, first, page(&[1], own)]).await;
        let Lookup::Found(found) = endpoint.store.read(person.access(), Extent::Latest(5)).await.unwrap() else {
            panic!("the conversation is there")
        };
        let numbers: Vec<_> = found.turns.iter().map(|turn| turn.number).collect();
        assert_eq!((numbers, endpoint.called("Query").len()), (vec![1], reads));
    }
}

#[tokio::test]
async fn a_turn_is_kept_a_day_longer_than_its_conversation() {
    let (person, turn) = (Person::new(), turn());
    let endpoint = Endpoint::start([("TransactWriteItems", done())]).await;
    endpoint.store.append(person.access(), None, turn.clone()).await.unwrap();
    let document = &endpoint.called("TransactWriteItems")[0];
    let (meta, stored) = (&document["TransactItems"][0]["Put"]["Item"], &document["TransactItems"][1]["Put"]["Item"]);
    let expiry = turn.expires_at.unix_timestamp();
    assert_eq!(meta["ttl"]["N"], expiry.to_string());
    assert_eq!(stored["ttl"]["N"], (expiry + 86_400).to_string());
    assert_eq!(meta["turns_kept_until"], stored["ttl"]);
    assert_eq!(stored["turn_id"]["S"], turn.id.as_str());
}

#[tokio::test]
async fn turns_are_renewed_before_the_turn_that_moves_the_expiry_beyond_them() {
    let person = Person::new();
    let base = person.meta(Duration::days(2));
    let keys = [turn_key(1, &base.incarnation), turn_key(2, &base.incarnation), turn_key(3, "of another")];
    let endpoint = Endpoint::start([
        ("Query", Reply::Answer(json!({"Items": keys, "Count": 3}))),
        ("UpdateItem", done()),
        ("UpdateItem", error("ConditionalCheckFailedException")),
        ("TransactWriteItems", done()),
    ])
    .await;
    endpoint.store.append(person.access(), Some(&base), turn()).await.unwrap();
    endpoint.assert_script_is_done();
    let until = (NOW + LIFETIME + Duration::days(1)).unix_timestamp().to_string();
    for update in endpoint.called("UpdateItem") {
        assert_eq!(update["UpdateExpression"], "SET #ttl = :until");
        assert_eq!(update["ExpressionAttributeValues"][":until"]["N"], until);
        assert_eq!(update["ExpressionAttributeValues"][":incarnation"]["S"], base.incarnation);
    }
    let meta = &endpoint.called("TransactWriteItems")[0]["TransactItems"][0]["Put"]["Item"];
    assert_eq!(meta["turns_kept_until"]["N"], until);
}

#[tokio::test]
async fn a_turn_that_follows_within_the_day_renews_nothing() {
    let person = Person::new();
    let base = person.meta(Duration::hours(20));
    let endpoint = Endpoint::start([("TransactWriteItems", done())]).await;
    endpoint.store.append(person.access(), Some(&base), turn()).await.unwrap();
    assert_eq!(endpoint.calls().len(), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_turn_unwritten() {
    let person = Person::new();
    let base = person.meta(Duration::days(2));
    let key = turn_key(1, &base.incarnation);
    let endpoint = Endpoint::start([
        ("Query", Reply::Answer(json!({"Items": [key], "Count": 1}))),
        ("UpdateItem", error("AccessDeniedException")),
    ])
    .await;
    let failure = endpoint.store.append(person.access(), Some(&base), turn()).await.unwrap_err();
    assert_eq!(failure.code, Code::ConversationStore);
    assert_eq!(endpoint.called("TransactWriteItems"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_a_conflict() {
    let person = Person::new();
    let endpoint = Endpoint::start([
        ("TransactWriteItems", cancelled(["ConditionalCheckFailed", "None"])),
        ("GetItem", Reply::Answer(json!({"Item": {"turn_id": {"S": "another turn"}}}))),
    ])
    .await;
    let failure = endpoint.store.append(person.access(), None, turn()).await.unwrap_err();
    assert_eq!(failure.code, Code::ConversationConflict);
    endpoint.assert_script_is_done();
}

#[tokio::test]
async fn a_transaction_whose_answer_is_lost_is_sent_again_under_the_same_token() {
    let person = Person::new();
    let endpoint = Endpoint::start([("TransactWriteItems", Reply::Lost), ("TransactWriteItems", done())]).await;
    endpoint.store.append(person.access(), None, turn()).await.unwrap();
    let sent = endpoint.called("TransactWriteItems");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(sent[0]["ClientRequestToken"].is_string());
}

#[tokio::test]
async fn a_turn_that_was_stored_by_an_attempt_whose_answer_was_lost_is_known_again() {
    let (person, turn) = (Person::new(), turn());
    let endpoint = Endpoint::start([
        ("TransactWriteItems", Reply::Lost),
        ("TransactWriteItems", cancelled(["ConditionalCheckFailed", "None"])),
        ("GetItem", Reply::Answer(json!({"Item": {"turn_id": {"S": turn.id.as_str()}}}))),
    ])
    .await;
    endpoint.store.append(person.access(), None, turn).await.unwrap();
    assert_eq!(endpoint.called("GetItem")[0]["Key"]["item"]["S"], "turn#000001");
    endpoint.assert_script_is_done();
}

#[tokio::test]
async fn a_transaction_that_met_another_or_a_throttle_is_sent_again_under_a_new_token() {
    let person = Person::new();
    let endpoint = Endpoint::start([
        ("TransactWriteItems", cancelled(["TransactionConflict", "None"])),
        ("TransactWriteItems", cancelled(["None", "ThrottlingError"])),
        ("TransactWriteItems", cancelled(["ProvisionedThroughputExceeded", "None"])),
        ("TransactWriteItems", done()),
    ])
    .await;
    endpoint.store.append(person.access(), None, turn()).await.unwrap();
    let tokens: std::collections::BTreeSet<String> =
        endpoint.called("TransactWriteItems").iter().map(|call| call["ClientRequestToken"].to_string()).collect();
    assert_eq!(tokens.len(), 4);
}

#[tokio::test]
async fn a_table_that_stays_throttled_is_a_failure_and_no_conflict() {
    let person = Person::new();
    let throttled = ("TransactWriteItems", cancelled(["ThrottlingError", "None"]));
    let endpoint = Endpoint::start(vec![throttled; 4]).await;
    let failure = endpoint.store.append(person.access(), None, turn()).await.unwrap_err();
    assert_eq!((failure.code, endpoint.calls().len()), (Code::ConversationStore, 4));
}

#[tokio::test]
async fn a_pending_turn_is_replaced_only_while_it_waits() {
    let person = Person::new();
    let base = person.meta(Duration::hours(1));
    let endpoint = Endpoint::start([("TransactWriteItems", done())]).await;
    let ended = NewTurn { replaces: Some(Replaced::Waiting(1)), ..turn() };
    endpoint.store.append(person.access(), Some(&base), ended).await.unwrap();
    let put = &endpoint.called("TransactWriteItems")[0]["TransactItems"][1]["Put"];
    assert_eq!(put["Item"]["item"]["S"], "turn#000001");
    assert_eq!(put["ConditionExpression"], "#pending = :true AND #incarnation = :incarnation");
    assert_eq!(put["ExpressionAttributeValues"][":incarnation"]["S"], base.incarnation);
}

#[tokio::test]
async fn a_turn_that_was_begun_is_ended_under_its_own_number_and_id() {
    let person = Person::new();
    let base = Meta { last_turn: 7, ..person.meta(Duration::hours(1)) };
    let endpoint = Endpoint::start([("TransactWriteItems", done())]).await;
    let id = TurnId::random();
    let ended = NewTurn { replaces: Some(Replaced::Begun(3, id.clone())), ..turn() };
    endpoint.store.append(person.access(), Some(&base), ended).await.unwrap();
    let items = &endpoint.called("TransactWriteItems")[0]["TransactItems"];
    assert_eq!(
        (&items[0]["Put"]["Item"]["last_turn"]["N"], &items[1]["Put"]["Item"]["item"]["S"]),
        (&json!("7"), &json!("turn#000003"))
    );
    assert_eq!(items[1]["Put"]["ConditionExpression"], "#turn = :turn AND #incarnation = :incarnation");
    assert_eq!(items[1]["Put"]["ExpressionAttributeValues"][":turn"]["S"], id.as_str());
}

#[tokio::test]
async fn an_item_that_dynamodb_would_refuse_is_not_sent() {
    let endpoint = Endpoint::start([]).await;
    let huge = NewTurn { messages: vec![Message::user("x".repeat(420_000))], ..turn() };
    let failure = endpoint.store.append(Person::new().access(), None, huge).await.unwrap_err();
    assert!(failure.message.contains("409600"), "{failure}");
    assert_eq!(endpoint.calls(), []);
}

#[tokio::test]
async fn empty_and_short_pages_of_the_index_are_read_on_until_the_page_is_full() {
    let person = Person::new();
    let page = |items: Vec<Value>, more: bool| {
        let mut page = json!({"Items": items, "Count": items.len()});
        if more {
            page["LastEvaluatedKey"] = json!({"owner": {"S": "user:ada"}, "updated_at": {"S": "2026"},
                "conversation_id": {"S": "chat_0"}, "item": {"S": "meta"}});
        }
        ("Query", Reply::Answer(page))
    };
    let endpoint = Endpoint::start([
        page(vec![], true),
        page(vec![listed("chat_1")], true),
        page(vec![listed("chat_2"), listed("chat_3")], true),
        page(vec![], false),
    ])
    .await;
    let first = Page { limit: 2, cursor: None };
    let listing = endpoint.store.list(&person.owner, NOW, first).await.unwrap();
    let ids: Vec<&str> = listing.conversations.iter().map(|summary| summary.conversation_id.as_str()).collect();
    assert_eq!((ids, endpoint.calls().len()), (vec!["chat_1", "chat_2"], 3));
    let next = Page { limit: 2, cursor: listing.next };
    let last = endpoint.store.list(&person.owner, NOW, next).await.unwrap();
    assert_eq!((last.conversations.len(), last.next), (0, None));
    let start = &endpoint.called("Query")[3]["ExclusiveStartKey"];
    assert_eq!((&start["conversation_id"]["S"], &start["owner"]["S"]), (&json!("chat_2"), &json!("user:ada")));
}

#[tokio::test]
async fn what_a_batch_leaves_is_sent_again_and_a_deletion_can_be_repeated() {
    let person = Person::new();
    let meta = person.meta(Duration::hours(1));
    let key = json!({"conversation_id": {"S": "chat_1"}, "item": {"S": "turn#000001"}});
    let left = json!({"UnprocessedItems": {TABLE: [{"DeleteRequest": {"Key": key}}]}});
    let keys = json!({"Items": [turn_key(1, &meta.incarnation)], "Count": 1});
    let begin = || {
        [
            ("GetItem", Reply::Answer(json!({"Item": meta_item(&meta)}))),
            ("Query", Reply::Answer(keys.clone())),
            ("PutItem", done()),
        ]
    };
    let good = [("BatchWriteItem", Reply::Answer(left)), ("BatchWriteItem", done()), ("DeleteItem", done())];
    let endpoint = Endpoint::start(begin().into_iter().chain(good)).await;
    assert!(endpoint.store.delete(person.access()).await.unwrap());
    endpoint.assert_script_is_done();
    assert_eq!(endpoint.called("BatchWriteItem").len(), 2);
    let broken = [("BatchWriteItem", error("AccessDeniedException"))];
    let endpoint = Endpoint::start(begin().into_iter().chain(broken)).await;
    endpoint.store.delete(person.access()).await.unwrap_err();
    assert_eq!(endpoint.called("DeleteItem"), Vec::<Value>::new(), "the owner can delete it again");
}

#[tokio::test]
async fn deleting_all_carries_on_after_a_conversation_that_is_written_to() {
    let person = Person::new();
    let meta = person.meta(Duration::hours(1));
    let begin = || {
        [
            ("GetItem", Reply::Answer(json!({"Item": meta_item(&meta)}))),
            ("Query", Reply::Answer(json!({"Items": [], "Count": 0}))),
        ]
    };
    let taken = || begin().into_iter().chain([("PutItem", error("ConditionalCheckFailedException"))]);
    let free = begin().into_iter().chain([("PutItem", done()), ("DeleteItem", done())]);
    let page = json!({"Items": [listed("chat_1")], "Count": 1});
    let first = [("Query", Reply::Answer(page.clone()))];
    let endpoint = Endpoint::start(first.into_iter().chain(taken()).chain(taken()).chain(free)).await;
    let all = endpoint.store.delete_all(&person.owner, NOW).await.unwrap();
    assert_eq!(all, DeletedAll { deleted: 1, remaining: 0 });
    let first = [("Query", Reply::Answer(page))];
    let endpoint = Endpoint::start(first.into_iter().chain(taken()).chain(taken()).chain(taken())).await;
    let all = endpoint.store.delete_all(&person.owner, NOW).await.unwrap();
    assert_eq!(all, DeletedAll { deleted: 0, remaining: 1 });
    endpoint.assert_script_is_done();
}
