//! `deployer logs`: what the functions have written, and go on writing.

use crate::arguments::{LogFunction, Logs};
use crate::inspection::logs::{LogLine, LogReader, now_ms};
use crate::interrupt;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Logs) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let functions = match arguments.function {
        Some(function) => vec![function],
        None => vec![LogFunction::Agent, LogFunction::Tools],
    };
    let back_ms = i64::try_from(arguments.since.seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
    let mut reader = LogReader::new(&session, functions, now_ms().saturating_sub(back_ms).max(0))?;
    if !arguments.follow {
        show(reader.next().await?, arguments.lines);
        return Ok(());
    }
    // To end a follow is what Ctrl-C is for: it is no interruption.
    tokio::select! {
        () = interrupt::wait_for_signal() => Ok(()),
        ended = follow(&mut reader, arguments.lines) => ended,
    }
}

async fn follow(reader: &mut LogReader<'_>, first: usize) -> Result<(), Stop> {
    show(reader.next().await?, first);
    loop {
        tokio::time::sleep(reader.pause()).await;
        show(reader.next().await?, usize::MAX);
    }
}

/// The newest of them, oldest first.
fn show(lines: Vec<LogLine>, newest: usize) {
    let start = lines.len().saturating_sub(newest);
    lines[start..].iter().for_each(views::logs::show);
}
