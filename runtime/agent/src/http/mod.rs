//! The HTTP API: a file for each group of endpoints.

mod answer;
mod body;
mod caller;
mod chat;
mod conversations;
mod every_answer;
mod frames;
mod health;
mod history;
mod invocation;
mod query;
mod question;
mod request_log;
mod router;
mod tools;

pub use router::router;

/// As much of a name that a caller made up as an error repeats.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests;
