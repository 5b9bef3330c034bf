//! Planning: desired and observed state in, ordered steps out.
//!
//! A file plans one kind of resource; `order` puts the steps together.

mod change;
mod create_only;
mod deployed;
mod draft;
mod gateway;
mod image;
mod managed_policies;
mod model;
mod order;
mod readable;
mod resource;
mod resource_changes;
mod role;
mod sequence;
mod stack;
mod stack_changes;
mod statement;
mod target;

pub(crate) use change::Changes;
pub use change::shorten;
pub(crate) use draft::DENIED;
pub use draft::Draft;
pub use model::*;
pub use order::{hold_behind_gaps, plan};
