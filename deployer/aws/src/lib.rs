//! The deployer's side towards AWS, and the only deployer crate with AWS clients.
//!
//! [`observe`] reads the state of an environment, [`execute`] carries out a plan
//! under the lease and writes the journal. What to do is decided in `deployer-core`.

mod agentcore;
mod clients;
mod clock;
mod errors;
mod examine;
mod execute;
#[cfg(test)]
mod fake_aws;
mod journal;
mod lease;
mod observe;
mod operate;
mod registry;
#[cfg(test)]
mod samples;
mod secrets;
mod wait;

pub use clients::Clients;
pub use deployer_image::Secret;
pub use examine::{function_state, image_architecture, model_facts, running_tools, simulate};
pub use execute::{ExecutionFailure, Outcome, Run, execute};
pub use journal::{RunKind, RunRecord, State, StepRecord, deployment, history, note_smoke_test, run_steps};
pub use lease::{LeaseRecord, Process, current as lease_holder, unlock};
pub use observe::observe;
pub use operate::{
    GatewayDetails, GatewaySummary, LiveImage, LogEvent, LogQuery, Ownership, StoredImage, TargetDetails,
    TargetSummary, ToolSummary, gateway_details, list_gateways, list_targets, live_images, log_events, stored_images,
    target_details,
};
pub use secrets::read as read_secret;
pub use tokio_util::sync::CancellationToken;
