//! Keeps the turns of a conversation that goes on.

use futures::stream::{self, StreamExt, TryStreamExt};
use time::OffsetDateTime;

use super::attributes as attribute;
use super::refusal;
use super::write::Writer;
use crate::conversations::{ConversationId, Meta};
use crate::failure::Failure;

/// Turn items that are renewed at the same time.
const AT_ONCE: usize = 8;

/// This conversation's turn, kept for a shorter time. Of two writers at once the one with the later time
/// has its way, so that no turn is kept for less than a meta item says.
const SHORTER: &str = "#incarnation = :incarnation AND #ttl < :until";

impl Writer<'_> {
    /// Keeps these turn items until then at least. One that is gone stays gone: whoever removed it has
    /// changed the meta item, and the transaction that follows finds out.
    pub async fn renew(
        &self,
        id: &ConversationId,
        meta: &Meta,
        items: Vec<String>,
        until: OffsetDateTime,
    ) -> Result<(), Failure> {
        let renewals = stream::iter(items).map(|item| self.renew_one(id, meta, item, until));
        renewals.buffer_unordered(AT_ONCE).try_collect::<Vec<bool>>().await.map(drop)
    }

    async fn renew_one(
        &self,
        id: &ConversationId,
        meta: &Meta,
        item: String,
        until: OffsetDateTime,
    ) -> Result<bool, Failure> {
        let update = self
            .client
            .update_item()
            .table_name(self.table)
            .set_key(Some(attribute::key(id, item)))
            .update_expression("SET #ttl = :until")
            .condition_expression(SHORTER)
            .expression_attribute_names("#ttl", attribute::TTL)
            .expression_attribute_names("#incarnation", attribute::INCARNATION)
            .expression_attribute_values(":until", attribute::number(until.unix_timestamp()))
            .expression_attribute_values(":incarnation", attribute::text(&meta.incarnation));
        refusal::write("renew a conversation's turns", || update.clone().send()).await
    }
}
