//! Process of the agent function: read the configuration, connect, serve until
//! the host asks it to end.

mod shutdown;

use std::process::ExitCode;

use agent::telemetry::logging;
use agent::{Agent, Configuration, Failure, clients, http};
use lambda_http::tower::util::MapFutureLayer;
use shutdown::{GRACE, Signals, Work};

/// musl's own allocator maps and unmaps memory for every few pages of an answer.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let configuration = match Configuration::from_environment() {
        Ok(configuration) => configuration,
        Err(faults) => {
            eprintln!("{faults}");
            return ExitCode::FAILURE;
        }
    };
    logging::install(&configuration.log_level);
    match serve(configuration).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!(code = failure.code.as_str(), "{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(configuration: Configuration) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    clients::install_tls_provider();
    let (ports, ()) = tokio::join!(clients::ports(&configuration), shutdown::announce());
    let agent = Agent::new(ports?, configuration);
    let Configuration { project, environment, .. } = &agent.configuration;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), project, environment, "the agent is ready");
    // An invocation is under way until the host has taken the answer's last byte.
    let turns = agent.turns.clone();
    let tracked = MapFutureLayer::new(move |invocation| turns.track_future(invocation));
    let runtime = lambda_http::streaming_runtime(http::router(agent.clone())).layer(tracked);
    let work = Work { shutdown: agent.shutdown.clone(), turns: agent.turns.clone(), grace: GRACE };
    work.serve(runtime.run(), signals.first()).await
}
