//! Many conversations at once through one deployed agent: whether every answer
//! is that of its own question, whether every conversation reads back as it
//! was held, and what the platform's processes need meanwhile.

mod conversation;
mod figures;
mod run;
mod script;

pub use figures::{Figures, MemoryReport};
pub use run::{Load, Report, run};
