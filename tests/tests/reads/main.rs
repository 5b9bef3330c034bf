//! The tool function as its callers meet it: its own program under a Runtime
//! API, real wire protocols, an account with known contents.

mod bad_input;
mod failures;
mod hostile;
mod recipes;
