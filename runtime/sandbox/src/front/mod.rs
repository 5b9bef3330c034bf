//! The one loopback address in front of the emulator: looks at each request,
//! answers what the sandbox owns and passes everything else on untouched.

mod dispatch;
mod forms;
mod forward;
mod health;
mod route;
mod serve;

pub use serve::{ServeError, ServeOptions, serve};
