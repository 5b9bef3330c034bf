//! The built binary against an issuer and an agent of this test's own, on
//! loopback: login, questions, the prompt and what goes wrong.

mod agent;
mod approvals;
mod aws;
mod client;
mod conversations;
mod device;
mod failures;
mod issuer;
mod login;
mod prompt;
mod questions;
mod serve;
mod terminal;
mod token_store;
mod transport;
