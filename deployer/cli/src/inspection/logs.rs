//! Log lines of the functions: from CloudWatch Logs, or from the files of the
//! local platform. Once what is there, then what is new.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deployer_aws::{LogEvent, LogQuery, log_events};
use deployer_core::Failure;
use deployer_local::{Folders, FunctionLog, LocalPlatform};
use futures::future::try_join_all;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arguments::LogFunction;
use crate::session::Session;

/// Read at most at once, so that a long time back does not fill the memory.
const MOST_EVENTS: usize = 10_000;

/// CloudWatch Logs may make an event readable so much later than its time says.
const LATENESS_MS: i64 = 60_000;

/// One line, wherever it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub function: LogFunction,
    /// Milliseconds since 1970; None where the line does not say.
    pub at_ms: Option<i64>,
    /// For the order: the line's time, or that of what stands before it.
    order_ms: i64,
    pub text: String,
}

/// Reads the logs of these functions.
pub struct LogReader<'a> {
    session: &'a Session,
    functions: Vec<LogFunction>,
    /// On the local platform: where to read on.
    local: Option<LocalPlatform>,
    positions: BTreeMap<&'static str, u64>,
    seen: Seen,
}

impl<'a> LogReader<'a> {
    /// From `since_ms` on, in milliseconds since 1970.
    pub fn new(session: &'a Session, functions: Vec<LogFunction>, since_ms: i64) -> Result<Self, Failure> {
        let local = match session.platform {
            Some(_) => Some(LocalPlatform::new(Folders::discover()?)),
            None => None,
        };
        Ok(Self { session, functions, local, positions: BTreeMap::new(), seen: Seen::since(since_ms) })
    }

    /// How long to wait between two readings.
    pub fn pause(&self) -> Duration {
        Duration::from_millis(if self.local.is_some() { 300 } else { 2_000 })
    }

    /// Lines not given before, oldest first.
    pub async fn next(&mut self) -> Result<Vec<LogLine>, Failure> {
        let mut lines = match &self.local {
            Some(_) => self.local_lines()?,
            None => self.cloud_lines().await?,
        };
        lines.sort_by_key(|line| line.order_ms);
        Ok(lines)
    }

    async fn cloud_lines(&mut self) -> Result<Vec<LogLine>, Failure> {
        let reads = self.functions.iter().map(|function| self.events(*function));
        let found = try_join_all(reads).await?;
        let fresh = self.seen.fresh(found.into_iter().flatten().collect());
        Ok(fresh.into_iter().map(|(function, event)| cloud_line(function, event)).collect())
    }

    async fn events(&self, function: LogFunction) -> Result<Vec<(LogFunction, LogEvent)>, Failure> {
        let group = format!("/aws/lambda/{}", self.name(function));
        let query = LogQuery { group, since_ms: self.seen.start(), newest: MOST_EVENTS };
        let events = log_events(&self.session.clients, &query).await?;
        Ok(events.into_iter().map(|event| (function, event)).collect())
    }

    fn local_lines(&mut self) -> Result<Vec<LogLine>, Failure> {
        let mut lines = Vec::new();
        for function in self.functions.clone() {
            let Some(platform) = &self.local else { continue };
            let key = function.label();
            let first = !self.positions.contains_key(key);
            let log = platform.function_log(&self.name(function), self.positions.get(key).copied())?;
            self.positions.insert(key, log.position);
            let since = first.then(|| self.seen.start());
            lines.extend(local_lines(function, log).into_iter().filter(|line| Some(line.order_ms) >= since));
        }
        Ok(lines)
    }

    fn name(&self, function: LogFunction) -> String {
        let names = self.session.settings.names();
        match function {
            LogFunction::Agent => names.agent_function(),
            LogFunction::Tools => names.tool_function(),
        }
    }
}

fn cloud_line(function: LogFunction, event: LogEvent) -> LogLine {
    LogLine { function, at_ms: Some(event.at_ms), order_ms: event.at_ms, text: event.message }
}

/// A line without a time has that of the line before it, and at its file's
/// start that of the file's last change.
fn local_lines(function: LogFunction, log: FunctionLog) -> Vec<LogLine> {
    let written = log.written.unwrap_or(UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut order_ms = i64::try_from(written.as_millis()).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    for text in log.lines {
        let at_ms = time_of(&text);
        order_ms = at_ms.unwrap_or(order_ms);
        lines.push(LogLine { function, at_ms, order_ms, text });
    }
    lines
}

/// Member `timestamp` of a line that is a JSON object, in milliseconds.
fn time_of(line: &str) -> Option<i64> {
    let event: Value = serde_json::from_str(line).ok()?;
    let at = OffsetDateTime::parse(event.get("timestamp")?.as_str()?, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Events that were given already. Readings overlap, since events arrive late
/// and out of order.
struct Seen {
    since_ms: i64,
    newest_ms: Option<i64>,
    /// Times of events by id, as far back as a reading goes.
    events: HashMap<(LogFunction, String), i64>,
}

impl Seen {
    fn since(since_ms: i64) -> Self {
        Self { since_ms, newest_ms: None, events: HashMap::new() }
    }

    /// From where on the next reading is.
    fn start(&self) -> i64 {
        self.newest_ms.map_or(self.since_ms, |newest| (newest - LATENESS_MS).max(self.since_ms))
    }

    /// Those that were not given before.
    fn fresh(&mut self, events: Vec<(LogFunction, LogEvent)>) -> Vec<(LogFunction, LogEvent)> {
        let mut fresh = Vec::new();
        for (function, event) in events {
            self.newest_ms = self.newest_ms.max(Some(event.at_ms));
            if self.events.insert((function, event.id.clone()), event.at_ms).is_none() {
                fresh.push((function, event));
            }
        }
        let start = self.start();
        self.events.retain(|_, at_ms| *at_ms >= start);
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn event(id: &str, at_ms: i64) -> (LogFunction, LogEvent) {
        (LogFunction::Agent, LogEvent { id: id.into(), at_ms, message: id.into() })
    }

    fn ids(events: Vec<(LogFunction, LogEvent)>) -> Vec<String> {
        events.into_iter().map(|(_, event)| event.id).collect()
    }

    #[test]
    fn an_event_is_given_once() {
        let mut seen = Seen::since(NOW);
        assert_eq!(ids(seen.fresh(vec![event("a", NOW + 1), event("b", NOW + 2)])), ["a", "b"]);
        assert_eq!(ids(seen.fresh(vec![event("b", NOW + 2), event("c", NOW + 2)])), ["c"]);
    }

    #[test]
    fn the_same_id_in_two_logs_is_two_events() {
        let mut seen = Seen::since(NOW);
        let (_, tools) = event("a", NOW);
        assert_eq!(seen.fresh(vec![event("a", NOW), (LogFunction::Tools, tools)]).len(), 2);
    }

    #[test]
    fn a_late_event_is_still_given_and_old_ones_are_forgotten() {
        let mut seen = Seen::since(NOW);
        seen.fresh(vec![event("old", NOW), event("new", NOW + 2 * LATENESS_MS)]);
        assert_eq!(seen.start(), NOW + LATENESS_MS);
        assert_eq!(seen.events.len(), 1);
        assert_eq!(ids(seen.fresh(vec![event("late", NOW + LATENESS_MS)])), ["late"]);
    }

    #[test]
    fn no_reading_starts_before_the_first() {
        let mut seen = Seen::since(NOW);
        seen.fresh(vec![event("a", NOW + 5)]);
        assert_eq!(seen.start(), NOW);
    }

    #[test]
    fn a_line_without_a_time_stays_behind_the_line_before_it() {
        let text = |text: &str| text.to_string();
        let lines = vec![text("panic"), text(r#"{"timestamp":"2023-11-14T22:13:20.5Z"}"#), text("  at main.rs")];
        let written = Some(UNIX_EPOCH + Duration::from_millis(7));
        let lines = local_lines(LogFunction::Tools, FunctionLog { lines, position: 0, written });
        let times: Vec<_> = lines.iter().map(|line| (line.at_ms, line.order_ms)).collect();
        assert_eq!(times, [(None, 7), (Some(NOW + 500), NOW + 500), (None, NOW + 500)]);
    }
}
