//! The tool function: one invocation is one tool call.
//!
//! It takes the call apart, runs the tool of that name and answers in the form
//! of `contract::tool_call`. What AWS can be asked is decided by `aws-read`;
//! which reads answer a question is decided here. A tool that fails is an answer
//! with `success: false`, never a failed invocation.

mod answer;
mod dispatch;
mod invocation;
mod reader;
mod record;
mod service;
mod startup;
mod tool;

pub use dispatch::{Tools, recipes};
pub use invocation::{Invocation, Reply, handle};
pub use reader::{LazyClient, Reader};
pub use service::nested::{BedrockModel, Model};
pub use startup::{prepare, settings};
