//! From arguments to an exit status.

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use contract::ErrorBody;

use crate::{
    arguments::{Arguments, Command, ServeArguments},
    commands::{self, Outcome, ServeOptions},
    directories::Directories,
    failure::Failure,
    notices::Notices,
    settings::Settings,
    view,
};

/// Exit status of an answer that waits for the user's yes to a tool.
const AWAITS_APPROVAL: u8 = 3;

/// Runs the client. 0: done, 1: failed, 3: waits for a yes, 130: stopped by Ctrl-C.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => return show_usage(&usage),
    };
    let json = arguments.json;
    match run_parsed(arguments) {
        Ok(Outcome::Succeeded) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Ok(Outcome::AwaitsApproval) => ExitCode::from(AWAITS_APPROVAL),
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
    if failure.is_closed_output() {
        return;
    }
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
    let command = arguments.command.take();
    let question = std::mem::take(&mut arguments.question).join(" ");
    let settings = Settings::from_arguments(arguments, Directories::of_user()?)?;
    let notices = Notices::new(view::notice);
    // The prompt and the page know themselves what Ctrl-C means.
    let interactive = matches!(command, Some(Command::Serve(_))) || command.is_none() && question.trim().is_empty();
    let work = carry_out(&settings, command, &question, notices);
    if interactive {
        return work.await;
    }
    tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}

async fn carry_out(
    settings: &Settings,
    command: Option<Command>,
    question: &str,
    notices: Notices,
) -> Result<Outcome, Failure> {
    match command {
        None if question.trim().is_empty() => commands::converse(settings, notices).await,
        None => commands::ask(settings, question, notices).await,
        Some(Command::Login(arguments)) => commands::log_in(settings, arguments.device, notices).await,
        Some(Command::Logout) => commands::log_out(settings, &notices).await,
        Some(Command::Tools) => commands::tools(settings, notices).await,
        Some(Command::Conversations(arguments)) => commands::conversations(settings, arguments, notices).await,
        Some(Command::Serve(ServeArguments { port, no_open })) => {
            commands::serve(settings, ServeOptions { port, open: !no_open }, notices).await
        }
    }
}
