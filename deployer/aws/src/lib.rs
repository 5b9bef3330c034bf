//! The deployer's side towards AWS, and the only deployer crate with AWS clients.
//!
//! [`observe`] reads the state of an environment, [`execute`] carries out a plan
//! under the lease and writes the journal. What to do is decided in `deployer-core`.

mod agentcore;
mod clients;
mod clock;
mod errors;
mod execute;
mod journal;
mod lease;
mod observe;
mod registry;
mod secrets;
mod wait;

pub use clients::Clients;
pub use deployer_image::Secret;
pub use execute::{ExecutionFailure, Outcome, Run, execute};
pub use observe::observe;
pub use secrets::read as read_secret;
pub use tokio_util::sync::CancellationToken;
