//! The `deployer` binary. Decisions are in `deployer-core`, work in the crates
//! beside it. In the order in which a command comes by:
//!
//! - `arguments`: commands and flags; `commands`: one file each, read like recipes
//! - `project`: the checkout; `session`: settings, platform and clients of one environment
//! - `artifacts`: the images that the sources give; `estate`: desired, observed and the plan;
//!   `plan_folder`: a plan saved for later
//! - `inspection`: what `doctor`, `drift`, `images` and `logs` gather
//! - `views`: what people see; `documents`: what `--json` prints; `connection`: the file for `chat`
//! - `interrupt` and `stop`: early ends and their exit codes

mod arguments;
mod artifacts;
mod commands;
mod connection;
mod documents;
mod estate;
mod inspection;
mod interrupt;
mod plan_folder;
mod project;
mod run_summaries;
mod session;
mod stop;
mod views;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging();
    rustls::crypto::ring::default_provider().install_default().expect("no other TLS provider is installed");
    let runtime = tokio::runtime::Runtime::new().expect("the system can start threads");
    match runtime.block_on(commands::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            views::stop::show(&stop);
            ExitCode::from(stop.exit_code())
        }
    }
}

/// Diagnostics of the libraries, off unless RUST_LOG asks for them.
fn start_logging() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into()))
        .init();
}
