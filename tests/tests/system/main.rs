//! The system as its users meet it: the built programs, a real local platform,
//! an ordinary AWS client. One binary, so that it links once.

mod bad_input;
mod conversations;
mod deployers;
mod documents;
mod faults;
mod gateway;
mod interruption;
mod least_privilege;
mod lifecycle;
mod questions;
mod read_access;
mod rollback;
mod saved_plans;
mod shared;
mod stack_failures;
mod tampering;
mod templates;
