//! The doctor's judgements: what a read or a failure means for one link of the
//! chain from the settings to an answered question. Who reads, and in which
//! order, is decided by the command.

mod deployed;
mod issuer;
mod lease;
mod link;
mod model;
mod permission;
mod region;

pub use deployed::{FunctionState, execution_role, function, gateway, gateway_role, read_access, target};
pub use issuer::{issuer, token};
pub use lease::{LeaseFacts, lease};
pub use link::{DoctorReport, Link, LinkState, Verdict};
pub use model::{Availability, Lifecycle, ModelFacts, is_profile, model};
pub use permission::{Decision, Principal, Simulated, permissions};
pub use region::{credentials_hint, region};
