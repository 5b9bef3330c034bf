//! Lambda's data plane: invocations, function URLs, and the runner that starts
//! functions from their pushed images. The control plane stays with MiniStack;
//! every invocation reads the function from there.

pub mod access;
pub mod api;
mod environment;
mod error;
mod exchange;
pub mod function;
mod image;
mod instance;
mod invoke;
mod isolation;
mod pool;
mod process;
pub mod runner;
mod runtime_api;
mod tool_invoker;
mod unpack;
pub mod url;

pub use api::{Handled, LambdaApi};
pub use error::InvokeError;
pub use exchange::{Answer, Exchange, FunctionFailure, Part, Reply};
pub use function::{Function, FunctionReference};
pub use invoke::InvocationStyle;
pub use isolation::Isolation;
pub use runner::{Event, Runner, RunnerOptions};
