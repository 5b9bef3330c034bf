//! The local platform's life: install the emulator, start it and the sandbox
//! in front of it, find them again, stop them.
//!
//! Speaks to both as processes and over HTTP; links neither. Linux on x86_64
//! only, since the functions' images are for it.

mod emulator;
mod file_lock;
mod folders;
mod health;
mod logs;
mod platform;
mod ports;
mod private_file;
mod process;
mod record;
mod running;
mod sandbox;
mod supported;

pub use folders::Folders;
pub use logs::{FunctionLog, LocalProcess};
pub use platform::{LocalPlatform, PlatformStatus, ProcessStatus, StartOptions};
pub use running::{Running, SmokeClientSecret};
