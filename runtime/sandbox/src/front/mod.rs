//! The one loopback address in front of the emulator: looks at each request,
//! answers what the sandbox owns and passes everything else on untouched.

mod control;
mod dispatch;
mod disturbance;
mod fault_answer;
mod faults;
mod forms;
mod forward;
mod health;
mod hosts;
mod route;
mod serve;
mod tool_faults;

pub use serve::{ServeError, ServeOptions, serve};
