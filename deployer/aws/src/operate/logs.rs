//! Events of one function's log group.

use deployer_core::Failure;

use crate::Clients;
use crate::errors::{Kind, Trouble};

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    pub group: String,
    /// Milliseconds since 1970.
    pub since_ms: i64,
    /// At most so many, the newest of them.
    pub newest: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Unique within the account; tells an event from another with the same text.
    pub id: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub message: String,
}

/// The newest events that the query finds, oldest first; none without a log group.
pub async fn log_events(clients: &Clients, query: &LogQuery) -> Result<Vec<LogEvent>, Failure> {
    let request = clients.cloudwatchlogs().filter_log_events().log_group_name(&query.group);
    let mut pages = request.start_time(query.since_ms).into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(Trouble::from) {
            Ok(page) => page,
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(Vec::new()),
            Err(trouble) => {
                return Err(clients.advise(trouble.failure(format!("read log group `{}`", query.group))));
            }
        };
        events.extend(page.events.unwrap_or_default().into_iter().map(|event| LogEvent {
            id: event.event_id.unwrap_or_default(),
            at_ms: event.timestamp.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
        }));
        keep_newest(&mut events, query.newest);
    }
    Ok(events)
}

/// Pages come oldest first, streams interleaved only roughly: sorted before it is cut.
fn keep_newest(events: &mut Vec<LogEvent>, newest: usize) {
    events.sort_by_key(|event| event.at_ms);
    events.drain(..events.len().saturating_sub(newest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_events_stay_in_order() {
        let event = |at_ms: i64| LogEvent { id: at_ms.to_string(), at_ms, message: String::new() };
        let mut events = vec![event(3), event(1), event(2)];
        keep_newest(&mut events, 2);
        assert_eq!(events, vec![event(2), event(3)]);
    }
}
