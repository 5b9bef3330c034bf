//! How many tools the gateway served when it was last asked, for `/health`.
//! Counts only: no tool list is ever kept for another request.

use std::sync::Mutex;

use contract::chat::ToolsCache;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// After this a count is no longer reported; the original kept its tool list as long.
const FRESH: Duration = Duration::minutes(15);

/// The last count and its time.
#[derive(Debug, Default)]
pub struct ToolListing(Mutex<Option<(usize, OffsetDateTime)>>);

impl ToolListing {
    pub fn note(&self, count: usize, now: OffsetDateTime) {
        *self.lock() = Some((count, now));
    }

    pub fn report(&self, now: OffsetDateTime) -> ToolsCache {
        let last = *self.lock();
        let fresh = last.filter(|(_, at)| now - *at < FRESH);
        ToolsCache {
            status: if fresh.is_some() { "ready" } else { "empty" }.into(),
            tools_count: fresh.map_or(0, |(count, _)| count),
            last_refresh: last.and_then(|(_, at)| at.format(&Rfc3339).ok()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(usize, OffsetDateTime)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_reported_for_fifteen_minutes() {
        let listing = ToolListing::default();
        let start = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(listing.report(start).status, "empty");
        listing.note(20, start);
        assert_eq!(listing.report(start + Duration::minutes(14)).tools_count, 20);
        let old = listing.report(start + Duration::minutes(15));
        assert_eq!((old.status.as_str(), old.tools_count), ("empty", 0));
        assert_eq!(old.last_refresh.as_deref(), Some("1970-01-01T00:00:00Z"));
    }
}
