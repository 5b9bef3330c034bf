//! The hard states, over the wire: CloudFormation's query protocol and AgentCore's
//! REST, answered by a script.

mod adopt;
mod agentcore;
mod resources;
mod runs;
mod stacks;

use deployer_core::Settings;
use deployer_core::progress::Silent;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use crate::Clients;
use crate::fake_aws::FakeAws;

/// What a step's context borrows.
struct Surroundings {
    clients: Clients,
    settings: Settings,
    cancel: CancellationToken,
}

impl Surroundings {
    async fn of(aws: &FakeAws) -> Self {
        Self { clients: aws.clients().await, settings: aws.settings(), cancel: CancellationToken::new() }
    }

    fn context(&self) -> Context<'_> {
        Context {
            clients: &self.clients,
            settings: &self.settings,
            reporter: &Silent,
            cancel: &self.cancel,
            run_id: "run",
            key: "test",
        }
    }
}
