//! Settings of one environment: `environments/<name>.toml` over its `extends`
//! chain, with every default decided and every fault reported with file and line.
//!
//! [`load`] reads each file (`document`), holds it against the table of
//! settings (`keys`, `check`), lays the files over each other (`tree`), and
//! takes the settings out (`read`, `rules`). The editors' schema and the
//! reference are made from the same table.

mod agent_keys;
mod agent_rules;
mod check;
mod document;
mod editor_schema;
mod entry;
mod fault;
mod form;
mod keys;
mod load;
mod model;
mod name_lengths;
mod nearest;
mod read;
mod reader;
mod reference;
mod rules;
mod syntax;
mod tool_keys;
mod tool_rules;
mod tree;
mod variables;

#[cfg(test)]
mod tests;

pub use editor_schema::json_schema;
pub use fault::{Fault, Faults};
pub use load::{Sources, environment_name, load};
pub use model::*;
pub use nearest::did_you_mean;
pub use reference::reference_markdown;
