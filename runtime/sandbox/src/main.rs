//! The `sandbox` binary: arguments, log, signals.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
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

/// Enough for the instances that all functions together may have.
const OPEN_FILES: u64 = 65_536;

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(arguments) = Arguments::parse().command;
    log_to_stderr();
    if let Err(error) = allow_many_files() {
        tracing::warn!(%error, "the limit of open files stays as it is: many functions at once may not start");
    }
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

/// Each running function takes four files here, and its streams take more: the
/// usual limit of 1,024 would end at some 200 functions. The hard limit is the
/// administrator's word, and stays.
fn allow_many_files() -> nix::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = hard.min(OPEN_FILES);
    if soft < wanted { setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) } else { Ok(()) }
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
