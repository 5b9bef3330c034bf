//! `deployer history`: what was run against the environment, and how it ended.

use deployer_aws::{history, lease_holder, run_steps};
use deployer_core::Failure;
use serde_json::json;

use crate::arguments::History;
use crate::documents;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;
use crate::views::history::Entry;

pub async fn run(project: &Project, arguments: &History) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let entries = entries(&session).await?;
    match &arguments.run {
        Some(id) => show_run(&session, find(&entries, id)?, arguments.json).await,
        None => {
            show_all(&session, &entries, arguments);
            Ok(())
        }
    }
}

/// Newest first, each with whether its process still works on it.
async fn entries(session: &Session) -> Result<Vec<Entry>, Failure> {
    let (clients, settings) = (&session.clients, &session.settings);
    let (runs, holder) = tokio::try_join!(history(clients, settings), lease_holder(clients, settings))?;
    Ok(runs.into_iter().map(|run| Entry::new(run, holder.as_ref())).collect())
}

fn show_all(session: &Session, entries: &[Entry], arguments: &History) {
    let environment = &session.settings.environment;
    let shown = &entries[..entries.len().min(arguments.limit)];
    match arguments.json {
        true => documents::print(&json!({"version": 1, "environment": environment, "runs": shown})),
        false => views::history::show(environment, shown, entries.len()),
    }
}

async fn show_run(session: &Session, entry: &Entry, as_json: bool) -> Result<(), Stop> {
    let steps = run_steps(&session.clients, &session.settings, &entry.run.run_id).await?;
    match as_json {
        true => documents::print(&json!({"version": 1, "run": entry, "steps": steps})),
        false => views::history::show_run(entry, &steps),
    }
    Ok(())
}

/// The run whose id begins like this.
fn find<'a>(entries: &'a [Entry], id: &str) -> Result<&'a Entry, Failure> {
    let doing = format!("find run {id}");
    let matching: Vec<&Entry> = entries.iter().filter(|entry| entry.run.run_id.starts_with(id)).collect();
    let ids = |of: &[&Entry]| of.iter().map(|entry| entry.run.run_id.clone()).collect::<Vec<_>>().join(", ");
    match matching.as_slice() {
        [entry] => Ok(entry),
        [] => Err(Failure::new("run/unknown-run", doing, "no run of the history has an id that begins so")
            .with_hint("`deployer history --env NAME` lists the runs; runs are kept for 400 days, their steps for 90")),
        several => Err(Failure::new("run/unknown-run", doing, format!("{} runs begin so", several.len()))
            .with_hint(format!("give more of the id: {}", ids(several)))),
    }
}

#[cfg(test)]
mod tests {
    use deployer_aws::{RunKind, RunRecord, State};

    use super::*;

    fn entry(id: &str) -> Entry {
        let run = RunRecord {
            run_id: id.into(),
            kind: RunKind::Up,
            started: "2026-01-01T00:00:00Z".into(),
            finished: None,
            state: State::Done,
            holder: "ann@box pid 7".into(),
            principal: String::new(),
            steps: vec![],
            failure: None,
            smoke_passed: None,
            rolls_back: None,
            plan: None,
            recorded: true,
        };
        Entry::new(run, None)
    }

    #[test]
    fn a_run_is_found_by_a_beginning_that_only_it_has() {
        let entries = [entry("ab12"), entry("ab34")];
        assert_eq!(find(&entries, "ab3").unwrap().run.run_id, "ab34");
        assert!(find(&entries, "ab").unwrap_err().hint.unwrap().contains("ab12, ab34"));
        assert_eq!(find(&entries, "x").unwrap_err().code, "run/unknown-run");
    }
}
