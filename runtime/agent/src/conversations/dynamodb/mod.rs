//! The store on DynamoDB.
//!
//! Partition key `conversation_id`, sort key `item`: `meta`, or `turn#000001`
//! and so on. Only meta items carry `owner` and `updated_at`, the keys of the
//! index `owner-updated_at`. A turn and its meta item are written in one
//! transaction that expects the version it read. Nothing is ever scanned.
//!
//! # Expiry
//!
//! A conversation expires as a whole, some time after its last turn. The meta
//! item's `ttl` is that moment, and reads go by it alone. A turn item must not
//! be removed by DynamoDB before: its `ttl` lies past the conversation's expiry
//! by a slack of a day, or of the lifetime where that is shorter, and the meta
//! item remembers the smallest `ttl` of its turns in `turns_kept_until`. When a
//! new turn moves the expiry beyond it, `ttl` of the turn items is renewed first
//! and the turn is written after that; until then nothing was promised. So a
//! turn item is written again at most once a day, at the price of a write of its
//! whole size. Turns of an expired conversation stay a day longer than it; they
//! belong to nobody.
//!
//! # Writes whose answer is lost
//!
//! The SDK puts a `ClientRequestToken` on a transaction and sends the same one
//! with each of its own attempts, so DynamoDB applies it once. Where a condition
//! fails all the same, the turn item that would have been written is read: one
//! with this turn's `turn_id` means that an attempt had arrived.

mod attributes;
mod fault;
mod listing;
mod read;
mod refusal;
mod removal;
mod renewal;
mod size;
mod store;
mod write;

pub use store::DynamoDbStore;

#[cfg(test)]
mod endpoint;
#[cfg(test)]
mod tests;
