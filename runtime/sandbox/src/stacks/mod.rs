//! What the emulator's CloudFormation ignores in templates: time to live and
//! point-in-time recovery of tables. The front applies both after a stack
//! operation that passed through it, so that clients need no special case.

mod settle;
mod tables;

pub use settle::Stacks;
