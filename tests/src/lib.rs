//! The harness of the system tests: the built programs, a private place on
//! this machine to deploy to, and an ordinary AWS client.

mod aws_client;
pub mod disturbance;
pub mod fault_proxy;
mod http;
mod inventory;
mod place;
mod programs;

pub use aws_client::AwsClient;
pub use http::{Answer, send};
pub use inventory::{Inventory, inventory, is_empty};
pub use place::{Finished, Place};
pub use programs::{program, project_root};
pub use test_requirements::{python_environment, python_source};
