//! What the deployer itself may do: each call that it plans, and the least
//! policy that allows them.
//!
//! One table says which action is called on what, by whom and what for. The
//! policies and the simulation of `doctor` are made from it. Owns no AWS call.

mod document;
mod emulator;
mod handlers;
mod model;
mod reach;
mod scope;
mod table;

pub use document::{Policies, WITHOUT_ARN, policies, policy};
pub use handlers::UNUSED;
pub use model::{Caller, PlannedCall, When};
pub use table::calls;
