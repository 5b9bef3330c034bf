//! A proxy between `deployer` and the local platform that names each call and
//! can make it go wrong.
//!
//! The deployer reaches it through `AWS_ENDPOINT_URL`. Requests pass untouched:
//! the Host that they are signed for is the proxy's own, and the platform
//! verifies with the Host that it receives.

mod answer;
mod call;
mod fault;
mod forward;
mod identifiers;
mod server;
mod switchboard;

pub use call::{Call, Effect};
pub use fault::{Fault, FaultPoint, Rewriting};
pub use server::FaultProxy;
