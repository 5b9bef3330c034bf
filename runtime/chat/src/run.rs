//! From arguments to an exit status.

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use contract::ErrorBody;

use crate::{
    arguments::{Arguments, Command},
    commands::{self, Outcome},
    directories::Directories,
    failure::Failure,
    notices::Notices,
    settings::Settings,
    view,
};

/// Runs the client. 0: done, 1: failed, 130: stopped by Ctrl-C.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => return show_usage(&usage),
    };
    let json = arguments.json;
    match run_parsed(arguments) {
        Ok(Outcome::Succeeded) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(failure) => {
            report(&failure, json);
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Help and version are no failures; a wrong argument is, like any other.
fn show_usage(usage: &clap::Error) -> ExitCode {
    let _ = usage.print();
    if usage.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// With `--json` a script finds the error on standard output, in the agent's own form.
fn report(failure: &Failure, json: bool) {
    view::error(failure);
    if json {
        // Without output there is nobody left to tell.
        let _ = view::print_json(&ErrorBody { error: failure.detail() });
    }
}

fn run_parsed(arguments: Arguments) -> Result<Outcome, Failure> {
    // Fails when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("chat/runtime", "start the client", error))?;
    let outcome = runtime.block_on(dispatch(arguments));
    runtime.shutdown_background();
    outcome
}

async fn dispatch(mut arguments: Arguments) -> Result<Outcome, Failure> {
    let command = arguments.command;
    let question = std::mem::take(&mut arguments.question).join(" ");
    let settings = Settings::from_arguments(arguments, Directories::of_user()?)?;
    let notices = Notices::new(view::notice);
    if command.is_none() && question.trim().is_empty() {
        return commands::converse(&settings, notices).await;
    }
    tokio::select! {
        outcome = once(&settings, command, &question, notices) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}

async fn once(
    settings: &Settings,
    command: Option<Command>,
    question: &str,
    notices: Notices,
) -> Result<Outcome, Failure> {
    match command {
        None => commands::ask(settings, question, notices).await,
        Some(Command::Login) => commands::log_in(settings, notices).await,
        Some(Command::Logout) => commands::log_out(settings, &notices),
        Some(Command::Tools) => commands::tools(settings, notices).await,
        Some(Command::Conversations) => commands::conversations(settings, notices).await,
    }
}
