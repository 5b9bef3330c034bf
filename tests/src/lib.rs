//! The harness of the system tests: the built programs, a private place on
//! this machine to deploy to, and ordinary clients of AWS and of the agent.

mod account;
mod agent_process;
pub mod agent_url;
mod aws_client;
pub mod disturbance;
pub mod fault_proxy;
mod function_process;
mod http;
mod inventory;
mod issuer_tokens;
pub mod load;
mod place;
mod programs;
mod resident;
mod sandbox_control;
mod signature;
mod tool_process;

pub use account::{Account, Case};
pub use agent_process::AgentProcess;
pub use agent_url::AgentUrl;
pub use aws_client::AwsClient;
pub use http::{Answer, send};
pub use inventory::{Inventory, inventory, is_empty};
pub use issuer_tokens::IssuerTokens;
pub use place::{Finished, Place};
pub use programs::{program, project_root};
pub use resident::{Memory, PlatformProcesses, resident};
pub use sandbox_control::SandboxControl;
pub use signature::signed;
pub use test_requirements::{python_environment, python_environment_of, python_source};
pub use tool_process::ToolProcess;
