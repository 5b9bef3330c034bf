//! The system as its users meet it: the built programs, a real local platform,
//! an ordinary AWS client. One binary, so that it links once.

mod agent_api;
mod agent_faults;
mod approvals;
mod bad_input;
mod conversations;
mod deployers;
mod documents;
mod faults;
mod gateway;
mod hostile_results;
mod interruption;
mod isolation;
mod least_privilege;
mod lifecycle;
mod load;
mod openapi;
mod questions;
mod read_access;
mod rollback;
mod saved_plans;
mod shared;
mod stack_failures;
mod stage;
mod tampering;
mod templates;
