//! Deployments that are disturbed on purpose: which calls they make, what
//! happens when one of them goes wrong, and whether running the same command
//! again ends where an undisturbed deployment ends.

mod phase;
mod recording;
mod rig;

pub use phase::Phase;
pub use recording::Recording;
pub use rig::{Ran, Rig};
