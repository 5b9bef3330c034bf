//! Process of the agent function: read the configuration, connect, serve.

use std::process::ExitCode;

use agent::{Agent, Configuration, Failure, clients, http, logging};

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
    clients::install_tls_provider();
    let agent = Agent::new(clients::ports(&configuration).await?, configuration);
    let Configuration { project, environment, .. } = &agent.configuration;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), project, environment, "the agent is ready");
    lambda_http::run_with_streaming_response(http::router(agent))
        .await
        .map_err(|error| Failure::internal(format!("serve the Lambda runtime: {error}")))
}
