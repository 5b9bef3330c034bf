//! What a caller asks for and what it gets.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use crate::error::ReadError;
use crate::region::Region;

/// One read.
#[derive(Debug, Clone)]
pub struct Call {
    /// As the model is called: `s3`, `elbv2`.
    pub service: String,
    /// In AWS's spelling.
    pub operation: String,
    /// Input of the operation, an object with AWS's own member names. The members
    /// of an earlier answer's `next` go on where it ended.
    pub parameters: Value,
    /// The client's region when absent.
    pub region: Option<Region>,
    pub budget: Budget,
    /// Makes items small as soon as their page is there, so that a long list
    /// never is in memory as a whole.
    pub each_item: Option<ItemMap>,
}

impl Call {
    pub fn new(service: &str, operation: &str, parameters: Value, budget: Budget) -> Self {
        Self { service: service.into(), operation: operation.into(), parameters, region: None, budget, each_item: None }
    }
}

/// Turns an item of a paged answer (an element of the list that the pages share,
/// a reservation for DescribeInstances) into what the caller wants of it.
/// Secrets are gone before.
#[derive(Clone)]
pub struct ItemMap(Arc<dyn Fn(Value) -> Value + Send + Sync>);

impl ItemMap {
    pub fn new(map: impl Fn(Value) -> Value + Send + Sync + 'static) -> Self {
        Self(Arc::new(map))
    }

    pub fn apply(&self, item: Value) -> Value {
        (self.0)(item)
    }
}

impl fmt::Debug for ItemMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemMap")
    }
}

/// How much one read may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// After this time no page is begun.
    pub begin_until: Instant,
    /// After this time a call in flight is given up.
    pub deadline: Instant,
    /// Items of a paged answer. The page that reaches this number is kept whole.
    pub max_items: usize,
    /// Pages, which is calls, of a paged answer.
    pub max_pages: usize,
}

impl Budget {
    /// 1,000 items and 20 pages until the deadline.
    pub fn until(deadline: Instant) -> Self {
        Self { begin_until: deadline, deadline, max_items: 1000, max_pages: 20 }
    }
}

/// What AWS said.
#[derive(Debug)]
pub struct Answer {
    /// The operation's output with AWS's own member names; times are RFC 3339,
    /// secrets are redacted, control characters are removed. The items of all
    /// pages are in one list; tokens are not in it.
    pub value: Value,
    /// Number of items of a paged answer; 1 for any other.
    pub items: usize,
    /// True when AWS has more than `value` holds.
    pub truncated: bool,
    /// Input members that go on after the last item of `value`: `{"NextToken": "..."}`.
    /// A null takes an earlier member away.
    /// Absent when there is nothing more, or no place from which to go on.
    pub next: Option<Value>,
    /// Why paging ended early, if a page failed. `value` holds the pages before it.
    pub interrupted: Option<ReadError>,
    /// `service:Operation`, an entry for each page.
    pub calls: Vec<String>,
    /// Where the answer came from.
    pub region: Region,
    pub redactions: Redactions,
}

impl Answer {
    /// A whole answer in one page.
    pub fn whole(service: &str, operation: &str, region: Region, value: Value) -> Self {
        Self {
            value,
            items: 1,
            truncated: false,
            next: None,
            interrupted: None,
            calls: vec![format!("{service}:{operation}")],
            region,
            redactions: Redactions::default(),
        }
    }
}

/// What was replaced because it is or may be a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redactions {
    pub count: usize,
    /// Each place once, list positions left out: `Environment.Variables.*`.
    pub paths: Vec<String>,
}
