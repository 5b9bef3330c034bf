//! The `sandbox` binary: arguments, log, signals.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use sandbox::front::{ServeOptions, serve};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The local stand-in for AgentCore, Lambda's runtime, Okta and Bedrock, in
/// front of MiniStack.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listen on the loopback interface until SIGTERM or SIGINT.
    Serve(ServeArguments),
}

#[derive(clap::Args)]
struct ServeArguments {
    #[arg(long)]
    port: u16,
    /// The emulator's address, http://127.0.0.1:<port>.
    #[arg(long)]
    backend: String,
    /// Keys, gateways and function logs are kept here.
    #[arg(long)]
    state_dir: PathBuf,
    /// Unpacked images are kept here.
    #[arg(long)]
    cache_dir: PathBuf,
    #[arg(long, default_value = "us-east-1")]
    region: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(arguments) = Arguments::parse().command;
    log_to_stderr();
    let stop = match stop_signal() {
        Ok(stop) => stop,
        Err(error) => return failed(&format!("listen for signals: {error}")),
    };
    let options = match options(arguments) {
        Ok(options) => options,
        Err(error) => return failed(&format!("find the current folder: {error}")),
    };
    match serve(options, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

/// Folders become absolute: functions run in folders of their own.
fn options(arguments: ServeArguments) -> std::io::Result<ServeOptions> {
    let ServeArguments { port, backend, state_dir, cache_dir, region } = arguments;
    let (state_dir, cache_dir) = (std::path::absolute(state_dir)?, std::path::absolute(cache_dir)?);
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    Ok(ServeOptions { port, backend, state_dir, cache_dir, region, search_path })
}

fn failed(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
