//! The local platform as commands see it: start, find, look, stop.

mod diagnosis;
mod lifecycle;
mod start;
mod status;
mod stop;

use std::path::PathBuf;
use std::time::Duration;

pub use lifecycle::LocalPlatform;
pub use status::{PlatformStatus, ProcessStatus};

/// Longer than any start or stop takes.
const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// What a start depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartOptions {
    /// 0 takes the port of the last time, or a free one.
    pub port: u16,
    /// The compiled `sandbox`.
    pub sandbox_binary: PathBuf,
}
