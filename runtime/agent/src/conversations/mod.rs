//! Conversations: what is kept of them, the port to the store, and the store
//! on DynamoDB.
//!
//! A conversation is one meta record and one record a turn. A failed read is a
//! failure, never an empty history; what belongs to somebody else looks as if
//! it did not exist.

pub mod cases;
mod cursor;
mod dynamodb;
mod history;
mod identifier;
#[cfg(test)]
mod memory;
mod recording;
mod records;
mod store;
mod trimming;
pub mod window;

pub use dynamodb::DynamoDbStore;
pub use history::{begun, displayed, pending_calls};
pub use identifier::{ConversationId, TurnId};
#[cfg(test)]
pub use memory::MemoryStore;
pub use recording::{Recording, record};
pub use records::{Conversation, Lookup, Meta, NewTurn, Replaced, StoredTurn, Summary};
pub use store::{
    Access, ConversationStore, DeletedAll, Extent, Listing, Page, StoreFuture, changed_meanwhile, not_found,
};
pub use trimming::for_storage;
pub use window::Window;
