//! The harness of the system tests: the built programs, a private place on
//! this machine to deploy to, and an ordinary AWS client.

mod aws_client;
mod http;
mod place;
mod programs;
mod requirements;

pub use aws_client::AwsClient;
pub use http::{Answer, send};
pub use place::{Finished, Place};
pub use programs::{program, project_root};
pub use requirements::{have_program, python_environment};
