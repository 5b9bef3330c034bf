//! Taking over what has our name and was made by somebody else: by writing our
//! ownership tags, or by importing it into the stack that should have made it.
//!
//! Which of the two it is, and why some things cannot be taken over, is decided
//! here; what `up` then changes is an ordinary plan.

mod after;
mod decide;
mod import;
mod model;

pub use after::adopted;
pub use decide::adoption;
pub use model::{Adoption, Import};
