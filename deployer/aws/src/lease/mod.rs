//! The lock of an environment: one item of the deployments table that names its
//! holder, expires unless it is renewed, and counts how often it was taken.
//!
//! The count (the fence) rises with every take and is a condition of every
//! journal write, so that a deployer that lost its lease cannot write any more.

mod decision;
mod held;
mod holder;
mod record;

pub(crate) use held::{Lease, Taken, locked, take};
pub use held::{current, unlock};
pub use holder::Process;
pub use record::LeaseRecord;
pub(crate) use record::{FENCE, TOKEN, key};
