//! The port over the table's reads and writes.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TableStatus;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt, TryStreamExt};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::read::Reader;
use super::write::Writer;
use crate::conversations::{
    Access, ConversationId, ConversationStore, DeletedAll, Extent, Listing, Lookup, Meta, NewTurn, Page, StoreFuture,
    changed_meanwhile,
};
use crate::failure::{Code, Failure};
use crate::identity::Owner;

/// Deleting all: conversations of one page, and how many of them at the same time.
const PAGE: usize = 100;
const AT_ONCE: usize = 4;
/// Attempts at one conversation that is written to meanwhile.
const ATTEMPTS: usize = 3;
/// After this long no further page is begun, so that the caller hears how far it went.
const DELETION_TIME: Duration = Duration::from_secs(60);

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

    async fn add(&self, access: Access<'_>, base: Option<&Meta>, turn: NewTurn) -> Result<(), Failure> {
        if turn.replaces.as_ref().is_some_and(|replaced| !replaced.is_in(base)) {
            return Err(changed_meanwhile(access.id));
        }
        let meta = Meta::with_turn(base, access.owner, &turn);
        if let Some(base) = base.filter(|base| base.needs_renewal(&turn)) {
            let turns = self.reader().own_turn_keys(access.id, base).await?;
            self.writer().renew(access.id, base, turns, turn.kept_until()).await?;
        }
        let written = self.writer().append(access, base, &meta, &turn).await?;
        if written || self.reader().has_turn(access.id, turn.number(&meta), &turn).await? {
            return Ok(());
        }
        Err(changed_meanwhile(access.id))
    }

    /// Disowns the turns by a new incarnation, then removes them. What is interrupted can be asked for
    /// again: the conversation is still its owner's, without turns.
    async fn empty(&self, access: Access<'_>) -> Result<Option<Meta>, Failure> {
        let Some(meta) = self.own(access).await? else { return Ok(None) };
        let turns = self.reader().turn_keys(access.id).await?;
        let cleared = meta.cleared(access.now);
        if !self.writer().replace(access.id, &meta, &cleared).await? {
            return Err(changed_meanwhile(access.id));
        }
        self.writer().delete_turns(access.id, &turns).await?;
        Ok(Some(cleared))
    }

    async fn remove(&self, access: Access<'_>) -> Result<bool, Failure> {
        let Some(cleared) = self.empty(access).await? else { return Ok(false) };
        match self.writer().delete_meta(access.id, &cleared).await? {
            true => Ok(true),
            false => Err(changed_meanwhile(access.id)),
        }
    }

    async fn remove_all(&self, owner: &Owner, now: OffsetDateTime) -> Result<DeletedAll, Failure> {
        let (mut all, mut cursor) = (DeletedAll { deleted: 0, remaining: 0 }, None);
        let end = Instant::now() + DELETION_TIME;
        loop {
            let page = self.reader().list(owner, now, Page { limit: PAGE, cursor }).await?;
            let ids = page.conversations.iter().map(|summary| ConversationId::parse(&summary.conversation_id));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            all.remaining += ids.len();
            let gone = self.remove_each(owner, now, ids).await?;
            all.deleted += gone;
            all.remaining -= gone;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
            if Instant::now() >= end {
                all.remaining += self.reader().count(owner, now, cursor.as_deref()).await?;
                return Ok(all);
            }
        }
    }

    /// How many of these are gone; the others are being written to.
    async fn remove_each(
        &self,
        owner: &Owner,
        now: OffsetDateTime,
        ids: Vec<ConversationId>,
    ) -> Result<usize, Failure> {
        let remove = |id| async move { self.remove_patiently(Access { owner, id: &id, now }).await };
        let gone: Vec<bool> = stream::iter(ids).map(remove).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(gone.into_iter().filter(|gone| *gone).count())
    }

    /// False when it was written to each time. One that is gone already, as the index shows it for a
    /// moment, counts as gone.
    async fn remove_patiently(&self, access: Access<'_>) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS {
            match self.remove(access).await {
                Err(failure) if failure.code == Code::ConversationConflict => {}
                Err(failure) => return Err(failure),
                Ok(_) => return Ok(true),
            }
        }
        Ok(false)
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
        self.add(access, base, turn).boxed()
    }

    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime, page: Page) -> StoreFuture<'a, Listing> {
        async move { self.reader().list(owner, now, page).await }.boxed()
    }

    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        self.remove(access).boxed()
    }

    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        async move { Ok(self.empty(access).await?.is_some()) }.boxed()
    }

    fn delete_all<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, DeletedAll> {
        self.remove_all(owner, now).boxed()
    }
}
