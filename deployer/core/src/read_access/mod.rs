//! What the tool function may read: the policies of its role, made from the same
//! tiers that its code is held to (configs/aws-operations).
//!
//! `tiers` says which operation has which tier and needs which actions, `actions`
//! what IAM knows of an action, `statements` what a service's actions are allowed
//! on, and `policies` which services share a policy. Owns no AWS call.

mod actions;
mod arns;
mod policies;
mod statements;
mod tiers;

#[cfg(test)]
mod tests;

pub use policies::{MOST_POLICIES, POLICY_LIMIT, ReadPolicy, description, length, policies_of};
pub use statements::ReadStatement;
pub use tiers::{Tier, tiers};
