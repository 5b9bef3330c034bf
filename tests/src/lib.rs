//! The harness of the system tests: the built programs, a private place on
//! this machine to deploy to, and an ordinary AWS client.

mod account;
mod aws_client;
pub mod disturbance;
pub mod fault_proxy;
mod http;
mod inventory;
mod place;
mod programs;
mod tool_process;

pub use account::{Account, Case};
pub use aws_client::AwsClient;
pub use http::{Answer, send};
pub use inventory::{Inventory, inventory, is_empty};
pub use place::{Finished, Place};
pub use programs::{program, project_root};
pub use test_requirements::{python_environment, python_environment_of, python_source};
pub use tool_process::ToolProcess;
