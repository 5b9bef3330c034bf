//! What a caller asks for and what it gets.

use serde_json::Value;
use tokio::time::Instant;

use crate::error::ReadError;
use crate::region::Region;

/// One read.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `s3`
    pub service: String,
    /// In AWS's spelling.
    pub operation: String,
    /// Input of the operation, an object with AWS's own member names.
    pub parameters: Value,
    /// The client's region when absent.
    pub region: Option<Region>,
    pub budget: Budget,
}

impl Call {
    pub fn new(service: &str, operation: &str, parameters: Value, budget: Budget) -> Self {
        Self { service: service.into(), operation: operation.into(), parameters, region: None, budget }
    }
}

/// How much one read may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    pub deadline: Instant,
    /// Items of a paged answer.
    pub max_items: usize,
    /// Pages, which is calls, of a paged answer.
    pub max_pages: usize,
}

impl Budget {
    /// 1,000 items and 20 pages until the deadline.
    pub fn until(deadline: Instant) -> Self {
        Self { deadline, max_items: 1000, max_pages: 20 }
    }
}

/// What AWS said.
#[derive(Debug)]
pub struct Answer {
    /// The operation's output with AWS's own member names; times are RFC 3339,
    /// control characters are removed. The items of all pages are in one list.
    pub value: Value,
    /// Number of items of a paged answer; 1 for any other.
    pub items: usize,
    /// True when AWS has more than `value` holds.
    pub truncated: bool,
    /// Why paging ended early, if a page failed. `value` holds the pages before it.
    pub interrupted: Option<ReadError>,
    /// `service:Operation`, an entry for each page.
    pub calls: Vec<String>,
    /// Where the answer came from.
    pub region: Region,
}
