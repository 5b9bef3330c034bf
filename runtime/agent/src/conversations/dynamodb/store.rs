//! The port over the table's reads and writes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TableStatus;
use contract::chat::ConversationSummary;
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::read::Reader;
use super::write::Writer;
use crate::caller::Owner;
use crate::conversations::{Access, ConversationStore, Extent, Lookup, Meta, NewTurn, StoreFuture};
use crate::failure::Failure;

/// Conversations in one DynamoDB table.
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn reader(&self) -> Reader<'_> {
        Reader { client: &self.client, table: &self.table }
    }

    fn writer(&self) -> Writer<'_> {
        Writer { client: &self.client, table: &self.table }
    }

    async fn status(&self) -> Option<TableStatus> {
        let described = self.client.describe_table().table_name(&self.table).send().await;
        described.ok()?.table?.table_status
    }

    /// The conversation's meta item, if it is this owner's.
    async fn own(&self, access: Access<'_>) -> Result<Option<Meta>, Failure> {
        match self.reader().lookup(access, Extent::Meta).await? {
            Lookup::Found(conversation) => Ok(Some(conversation.meta)),
            Lookup::Absent | Lookup::Foreign => Ok(None),
        }
    }

    /// The meta item goes first: what is left if this is interrupted belongs to nobody and expires.
    async fn remove(&self, access: Access<'_>) -> Result<bool, Failure> {
        let Some(meta) = self.own(access).await? else { return Ok(false) };
        let turns = self.reader().turn_keys(access.id).await?;
        self.writer().delete_meta(access.id, &meta).await?;
        self.writer().delete_turns(access.id, &turns).await?;
        Ok(true)
    }

    /// The new incarnation disowns the turns before they are removed.
    async fn empty(&self, access: Access<'_>) -> Result<bool, Failure> {
        let Some(meta) = self.own(access).await? else { return Ok(false) };
        let turns = self.reader().turn_keys(access.id).await?;
        self.writer().replace(access.id, &meta, &meta.cleared(access.now)).await?;
        self.writer().delete_turns(access.id, &turns).await?;
        Ok(true)
    }
}

impl ConversationStore for DynamoDbStore {
    fn is_ready(&self) -> BoxFuture<'_, bool> {
        async { matches!(self.status().await, Some(TableStatus::Active | TableStatus::Updating)) }.boxed()
    }

    fn read<'a>(&'a self, access: Access<'a>, extent: Extent) -> StoreFuture<'a, Lookup> {
        async move { self.reader().lookup(access, extent).await }.boxed()
    }

    fn append<'a>(&'a self, access: Access<'a>, base: Option<&'a Meta>, turn: NewTurn) -> StoreFuture<'a, ()> {
        async move { self.writer().append(access, base, turn).await }.boxed()
    }

    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, Vec<ConversationSummary>> {
        async move { self.reader().list(owner, now).await }.boxed()
    }

    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        self.remove(access).boxed()
    }

    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        self.empty(access).boxed()
    }
}
