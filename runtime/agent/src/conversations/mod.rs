//! Conversations: what is kept of them, the port to the store, and the store
//! on DynamoDB.
//!
//! A conversation is one meta record and one record a turn. A failed read is a
//! failure, never an empty history; what belongs to somebody else looks as if
//! it did not exist.

pub mod cases;
mod dynamodb;
mod history;
mod identifier;
#[cfg(test)]
mod memory;
mod recording;
mod store;
mod trimming;

pub use dynamodb::DynamoDbStore;
pub use history::{displayed, for_model, for_model_without_tools};
pub use identifier::ConversationId;
#[cfg(test)]
pub use memory::MemoryStore;
pub use recording::{Recording, record};
pub use store::{
    Access, Conversation, ConversationStore, Extent, Lookup, Meta, NewTurn, StoreFuture, StoredTurn, changed_meanwhile,
};
pub use trimming::for_storage;
