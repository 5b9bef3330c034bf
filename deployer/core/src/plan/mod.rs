//! Planning: desired and observed state in, ordered steps out.
//!
//! A file plans one kind of resource; `order` puts the steps together.

mod change;
mod draft;
mod gateway;
mod image;
mod model;
mod order;
mod resource;
mod role;
mod stack;
mod statement;
mod target;

pub use change::shorten;
pub use draft::Draft;
pub use model::*;
pub use order::{hold_behind_gaps, plan};
