//! What a plan changes in who may do what, in plain words.
//!
//! Policies are compared by what they allow: before and after become sets of
//! grants, and a grant that no other one covers is new or gone. Coverage is
//! only claimed where it is sure, so what cannot be judged counts as more
//! access than before. Owns the sentences; whether they need an approval is
//! decided elsewhere.

mod compare;
mod condition;
mod document;
mod estate;
mod function;
mod gateway;
mod grant;
#[cfg(test)]
mod laws;
mod managed_policies;
mod names;
mod pattern;
mod removal;
mod role;

pub use estate::changes;
pub use removal::removals;
