//! Lambda's data plane: invocations, function URLs, and the runner that starts
//! functions from their pushed images. The control plane stays with MiniStack;
//! every invocation reads the function from there.

mod access;
mod api;
mod environment;
mod error;
mod exchange;
mod extensions;
mod fate;
mod function;
mod image;
mod image_cache;
mod instance;
mod invoke;
mod isolation;
mod pool;
mod process;
mod runner;
mod runtime_api;
mod tool_invoker;
mod unpack;
pub mod url;

pub use api::{Handled, LambdaApi};
pub use fate::Fate;
pub use function::name_of;
pub use invoke::InvocationStyle;
pub use isolation::Isolation;
pub use runner::{Runner, RunnerOptions};
