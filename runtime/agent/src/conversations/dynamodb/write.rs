//! Writes of the meta item, alone or with a turn.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::attributes::{self as attribute, Item};
use super::{refusal, size};
use crate::conversations::{Access, ConversationId, Meta, NewTurn, Replaced};
use crate::failure::Failure;

/// A meta item as it was read.
const UNCHANGED: &str = "#owner = :owner AND #version = :version AND #incarnation = :incarnation";
/// No conversation, or one that has expired.
const FREE: &str = "attribute_not_exists(#id) OR #ttl <= :now";
/// This conversation's turn that waits for the user's yes.
const WAITING: &str = "#pending = :true AND #incarnation = :incarnation";
/// This conversation's turn as it was stored under that id.
const BEGUN: &str = "#turn = :turn AND #incarnation = :incarnation";

const STORE: &str = "store a turn";

/// Writes to one table. What depends on a condition says whether it was written.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    pub client: &'a Client,
    pub table: &'a str,
}

/// A condition with its names and values.
struct Condition {
    expression: &'static str,
    names: Vec<(&'static str, &'static str)>,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Writer<'_> {
    /// `meta` is the record with the turn. The turn's item is put over whatever an earlier conversation
    /// left under its key, or in the place of the one that it replaces.
    pub async fn append(
        &self,
        access: Access<'_>,
        base: Option<&Meta>,
        meta: &Meta,
        turn: &NewTurn,
    ) -> Result<bool, Failure> {
        let turn_item = attribute::turn_item(access.id, meta, turn)?;
        let condition = turn.replaces.as_ref().map(|replaced| in_place_of(replaced, meta));
        let put_turn = self.put(turn_item, condition)?;
        let condition = base.map_or_else(|| free(access), unchanged);
        let put_meta = self.put(attribute::meta_item(access.id, meta), Some(condition))?;
        let items = [put_meta, put_turn].map(|put| TransactWriteItem::builder().put(put).build());
        let transaction = self.client.transact_write_items().set_transact_items(Some(items.into()));
        refusal::write(STORE, || transaction.clone().send()).await
    }

    /// Replaces the meta item if nobody changed it since it was read.
    pub async fn replace(&self, id: &ConversationId, read: &Meta, meta: &Meta) -> Result<bool, Failure> {
        let condition = unchanged(read);
        let put = self
            .client
            .put_item()
            .table_name(self.table)
            .set_item(Some(attribute::meta_item(id, meta)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names()))
            .set_expression_attribute_values(Some(condition.values()));
        refusal::write("clear a conversation", || put.clone().send()).await
    }

    /// Removes the meta item if nobody changed it since it was read; its turns are then nobody's.
    pub async fn delete_meta(&self, id: &ConversationId, read: &Meta) -> Result<bool, Failure> {
        let condition = unchanged(read);
        let delete = self
            .client
            .delete_item()
            .table_name(self.table)
            .set_key(Some(attribute::key(id, attribute::META)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names()))
            .set_expression_attribute_values(Some(condition.values()));
        refusal::write("delete a conversation", || delete.clone().send()).await
    }

    fn put(&self, item: Item, condition: Option<Condition>) -> Result<Put, Failure> {
        size::check(STORE, &item)?;
        let put = Put::builder().table_name(self.table).set_item(Some(item));
        let put = condition.iter().fold(put, |put, condition| condition.on(put)).build();
        put.map_err(|error| Failure::internal(format!("build a write to {}: {error}", self.table)))
    }
}

impl Condition {
    fn names(&self) -> std::collections::HashMap<String, String> {
        self.names.iter().map(|(name, attribute)| ((*name).into(), (*attribute).into())).collect()
    }

    fn values(&self) -> Item {
        self.values.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    }

    fn on(&self, put: PutBuilder) -> PutBuilder {
        put.condition_expression(self.expression)
            .set_expression_attribute_names(Some(self.names()))
            .set_expression_attribute_values(Some(self.values()))
    }
}

fn unchanged(read: &Meta) -> Condition {
    Condition {
        expression: UNCHANGED,
        names: vec![
            ("#owner", attribute::OWNER),
            ("#version", attribute::VERSION),
            ("#incarnation", attribute::INCARNATION),
        ],
        values: vec![
            (":owner", attribute::text(read.owner.as_str())),
            (":version", attribute::number(read.version)),
            (":incarnation", attribute::text(&read.incarnation)),
        ],
    }
}

fn free(access: Access<'_>) -> Condition {
    Condition {
        expression: FREE,
        names: vec![("#id", attribute::ID), ("#ttl", attribute::TTL)],
        values: vec![(":now", attribute::number(access.now.unix_timestamp()))],
    }
}

fn in_place_of(replaced: &Replaced, meta: &Meta) -> Condition {
    let (expression, name, value) = match replaced {
        Replaced::Waiting(_) => (WAITING, ("#pending", attribute::PENDING), (":true", AttributeValue::Bool(true))),
        Replaced::Begun(_, id) => (BEGUN, ("#turn", attribute::TURN_ID), (":turn", attribute::text(id.as_str()))),
    };
    Condition {
        expression,
        names: vec![name, ("#incarnation", attribute::INCARNATION)],
        values: vec![value, (":incarnation", attribute::text(&meta.incarnation))],
    }
}
