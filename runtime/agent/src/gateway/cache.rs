//! The gateway's tools as they were last listed.
//!
//! A process has one gateway and one version of its tools, both from its configuration, and the
//! cache is theirs: a deployment with other tools starts other processes, and no list outlives
//! one. It is never one user's: what a user may call is decided by the gateway, at every call,
//! with that user's token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::chat::{ListedTool, ToolsCache};
use time::{Duration, OffsetDateTime};

use super::{Gateway, ToolSession};
use crate::failure::Failure;
use crate::telemetry::TraceContext;
use crate::timestamp::written;
use crate::token::Token;

/// After this the gateway is asked again; the original kept its tool list as long.
const FRESH: Duration = Duration::minutes(15);

/// Tools that were listed for an earlier request.
pub type KeptTools = Arc<[ListedTool]>;

/// The last listing of one process.
#[derive(Debug)]
pub struct ToolCache {
    /// Whether tools are kept, or only counted.
    keeps: bool,
    last: Mutex<Option<Listing>>,
}

#[derive(Debug, Clone)]
struct Listing {
    at: OffsetDateTime,
    count: usize,
    tools: Option<KeptTools>,
}

impl ToolCache {
    /// Keeps nothing when the version is empty: then nobody says when the tools change.
    pub fn new(tools_version: &str) -> Self {
        Self { keeps: !tools_version.is_empty(), last: Mutex::default() }
    }

    /// Opens a session with one user's token, and lists the tools where they are not kept.
    pub async fn connect(
        &self,
        gateway: &dyn Gateway,
        token: &Token,
        trace: &TraceContext,
        now: OffsetDateTime,
    ) -> Result<Box<dyn ToolSession>, Failure> {
        let kept = self.tools(now);
        let lists = kept.is_none();
        let session = gateway.connect(token, trace, kept).await?;
        if lists {
            self.keep(session.tools(), now);
        }
        Ok(session)
    }

    /// The tools, where they need not be listed again.
    pub(super) fn tools(&self, now: OffsetDateTime) -> Option<KeptTools> {
        self.last().filter(|listing| listing.is_fresh(now))?.tools
    }

    /// Takes a complete list.
    fn keep(&self, tools: &[ListedTool], now: OffsetDateTime) {
        let kept = self.keeps.then(|| KeptTools::from(tools));
        *self.lock() = Some(Listing { at: now, count: tools.len(), tools: kept });
    }

    /// For `/health`: how many tools there were when they were last listed.
    pub fn report(&self, now: OffsetDateTime) -> ToolsCache {
        let last = self.last();
        let fresh = last.as_ref().filter(|listing| listing.is_fresh(now));
        ToolsCache {
            status: if fresh.is_some() { "ready" } else { "empty" }.into(),
            tools_count: fresh.map_or(0, |listing| listing.count),
            last_refresh: last.as_ref().map(|listing| written(listing.at)),
        }
    }

    fn last(&self) -> Option<Listing> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Listing>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    fn is_fresh(&self, now: OffsetDateTime) -> bool {
        now - self.at < FRESH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn filled(tools_version: &str) -> ToolCache {
        let cache = ToolCache::new(tools_version);
        let tool = ListedTool { name: "aws___get_time".into(), description: "".into(), input_schema: json!({}) };
        cache.keep(&[tool], START);
        cache
    }

    #[test]
    fn tools_are_kept_for_fifteen_minutes() {
        let cache = filled("v1");
        let kept = cache.tools(START + Duration::minutes(14)).unwrap();
        assert_eq!(kept[0].name, "aws___get_time");
        assert_eq!(cache.tools(START + Duration::minutes(15)), None);
    }

    #[test]
    fn without_a_version_tools_are_counted_and_not_kept() {
        let cache = filled("");
        assert_eq!(cache.tools(START), None);
        assert_eq!(cache.report(START).tools_count, 1);
    }

    #[test]
    fn a_count_is_reported_for_as_long() {
        let cache = filled("v1");
        assert_eq!(ToolCache::new("v1").report(START).status, "empty");
        assert_eq!(cache.report(START + Duration::minutes(14)).status, "ready");
        let old = cache.report(START + Duration::minutes(15));
        assert_eq!((old.status.as_str(), old.tools_count), ("empty", 0));
        assert_eq!(old.last_refresh.as_deref(), Some("1970-01-01T00:00:00.000Z"));
    }
}
