//! Runs as a table, and the steps of one run.

use deployer_aws::{LeaseRecord, RunRecord, State, StepRecord};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::foreign::escaped;
use super::out::say;
use super::table;

/// A run, and whether its end was never recorded although nobody works on it any more.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    #[serde(flatten)]
    pub run: RunRecord,
    pub killed: bool,
}

impl Entry {
    /// A run takes the lease before it writes its first item, so one that runs is the holder's.
    pub fn new(run: RunRecord, holder: Option<&LeaseRecord>) -> Self {
        let at_work = holder.is_some_and(|lease| lease.holder == run.holder && lease.since <= run.started);
        Self { killed: run.state == State::Running && !at_work, run }
    }

    fn state(&self) -> &'static str {
        if self.killed { "ended without a word (killed)" } else { self.run.state.name() }
    }
}

pub fn show(environment: &str, entries: &[Entry], all: usize) {
    if entries.is_empty() {
        say!("No run of environment {environment} is recorded.");
        return;
    }
    let mut table = table::with_header(["When", "Kind", "State", "Steps", "Smoke", "Who", "Run", "Failure"]);
    for entry in entries {
        let run = &entry.run;
        table.add_row([
            run.started.clone(),
            run.kind.name().to_string(),
            entry.state().to_string(),
            run.steps.len().to_string(),
            smoke(run.smoke_passed).to_string(),
            run.holder.clone(),
            short(&run.run_id).to_string(),
            escaped(first_line(run.failure.as_deref())).into_owned(),
        ]);
    }
    say!("{table}");
    if all > entries.len() {
        say!("{} older runs are not shown; --limit shows more", all - entries.len());
    }
}

pub fn show_run(entry: &Entry, steps: &[StepRecord]) {
    let run = &entry.run;
    say!("Run {} ({}): {}", run.run_id, run.kind.name(), entry.state());
    let taken = run.finished.as_deref().and_then(|end| Some(format!(", {}", elapsed(&run.started, end)?)));
    for (name, value) in [
        ("started", Some(run.started.clone())),
        ("finished", run.finished.clone().map(|end| format!("{end}{}", taken.unwrap_or_default()))),
        ("by", Some(format!("{}, as {}", run.holder, run.principal))),
        ("goes back to run", run.rolls_back.clone()),
        ("saved plan", run.plan.as_deref().map(|identity| short(identity).to_string())),
        ("smoke test", run.smoke_passed.map(|passed| smoke(Some(passed)).to_string())),
        ("failure", run.failure.as_deref().map(escaped_lines)),
    ] {
        value.into_iter().for_each(|value| say!("{name:<17} {value}"));
    }
    if steps.is_empty() {
        say!("\nIts steps are not recorded.");
        return;
    }
    let mut table = table::with_header(["#", "Step", "Why", "State", "Result", "At"]);
    for step in steps {
        table.add_row([
            (step.number + 1).to_string(),
            step.step.clone(),
            escaped_lines(&step.reason),
            step.state.name().to_string(),
            escaped_lines(step.result.as_deref().unwrap_or("-")),
            step.at.clone(),
        ]);
    }
    say!("{table}");
}

fn smoke(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "-",
    }
}

fn first_line(text: Option<&str>) -> &str {
    text.and_then(|text| text.lines().next()).unwrap_or("")
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// Enough of an id to tell it from the others.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// "12 s", "2 min 5 s" between two times of RFC 3339.
fn elapsed(start: &str, end: &str) -> Option<String> {
    let at = |text| OffsetDateTime::parse(text, &Rfc3339).ok();
    let seconds = (at(end)? - at(start)?).whole_seconds();
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60.. => format!("{} min {} s", seconds / 60, seconds % 60),
        // A clock was set back meanwhile.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use deployer_aws::{Process, RunKind};

    use super::*;

    fn running(holder: &str) -> RunRecord {
        RunRecord {
            run_id: "0123456789".into(),
            kind: RunKind::Up,
            started: "2026-01-01T00:00:05Z".into(),
            finished: None,
            state: State::Running,
            holder: holder.into(),
            principal: String::new(),
            steps: vec![],
            failure: None,
            smoke_passed: None,
            rolls_back: None,
            plan: None,
            recorded: false,
        }
    }

    fn lease(since: &str) -> LeaseRecord {
        LeaseRecord {
            holder: "ann@box pid 7".into(),
            process: Process { host: "box".into(), machine: "m".into(), pid: 7, start: 1 },
            since: since.into(),
            fence: 1,
            token: "t".into(),
            expires_at: 0,
        }
    }

    #[test]
    fn a_running_run_without_its_lease_was_killed() {
        let held = lease("2026-01-01T00:00:04Z");
        assert!(!Entry::new(running("ann@box pid 7"), Some(&held)).killed);
        assert!(Entry::new(running("ann@box pid 7"), None).killed);
        assert!(Entry::new(running("bob@box pid 8"), Some(&held)).killed);
        let later = lease("2026-01-01T00:09:00Z");
        assert!(Entry::new(running("ann@box pid 7"), Some(&later)).killed, "the same process took it again");
    }

    #[test]
    fn a_run_that_ended_was_not_killed() {
        let run = RunRecord { state: State::Failed, ..running("ann@box pid 7") };
        assert!(!Entry::new(run, None).killed);
    }

    #[test]
    fn elapsed_time_reads_well() {
        assert_eq!(elapsed("2026-01-01T00:00:00Z", "2026-01-01T00:02:05Z").unwrap(), "2 min 5 s");
        assert_eq!(elapsed("2026-01-01T00:00:05Z", "2026-01-01T00:00:00Z"), None);
    }
}
