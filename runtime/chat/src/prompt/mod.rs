//! The interactive prompt: reading lines and understanding them.

mod line;
mod lines;

pub use line::{Command, HELP, Line};
pub use lines::{Lines, Read};
