//! The HTTP API: a file for each group of endpoints.

mod answer;
mod body;
mod chat;
mod conversations;
mod health;
mod invocation;
mod question;
mod request_log;
mod router;
mod tools;

pub use router::router;

#[cfg(test)]
mod tests;
