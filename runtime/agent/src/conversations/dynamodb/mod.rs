//! The store on DynamoDB.
//!
//! Partition key `conversation_id`, sort key `item`: `meta`, or `turn#000001`
//! and so on. Only meta items carry `owner` and `updated_at`, the keys of the
//! index `owner-updated_at`. A turn and its meta item are written in one
//! transaction that expects the version it read. Nothing is ever scanned.

mod attributes;
mod fault;
mod read;
mod store;
mod write;

pub use store::DynamoDbStore;

#[cfg(test)]
mod tests;
