//! What the emulator's CloudFormation ignores in templates: time to live and
//! point-in-time recovery of tables, permissions boundaries of roles. The front
//! applies them after a stack operation that passed through it, so that clients
//! need no special case.

mod roles;
mod settle;
mod tables;

pub use settle::Stacks;
