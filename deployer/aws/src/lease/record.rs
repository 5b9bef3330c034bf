//! The lease as an item: partition key `pk` and sort key `sk` are both `lease`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use schemars::JsonSchema;
use serde::Serialize;

use super::holder::Process;

pub(crate) const FENCE: &str = "fence";
pub(crate) const TOKEN: &str = "token";
pub(super) const EXPIRES_AT: &str = "expires_at";

/// Who holds or held the lock. Released is `expires_at` 0: the item stays, for its fence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeaseRecord {
    /// `user@host pid N`
    pub holder: String,
    pub process: Process,
    /// RFC 3339.
    pub since: String,
    /// Rises with every take.
    pub fence: u64,
    /// Made for this take; tells it from any other.
    #[serde(skip)]
    pub token: String,
    /// Milliseconds since 1970 by the holder's clock.
    pub expires_at: u64,
}

/// The item's key.
pub(crate) fn key() -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_string(), text("lease")), ("sk".to_string(), text("lease"))])
}

impl LeaseRecord {
    pub(super) fn to_item(&self) -> HashMap<String, AttributeValue> {
        let mut item = key();
        item.extend([
            ("holder".to_string(), text(&self.holder)),
            ("host".to_string(), text(&self.process.host)),
            ("machine".to_string(), text(&self.process.machine)),
            ("pid".to_string(), number(self.process.pid.into())),
            ("process_start".to_string(), number(self.process.start)),
            ("since".to_string(), text(&self.since)),
            (FENCE.to_string(), number(self.fence)),
            (TOKEN.to_string(), text(&self.token)),
            (EXPIRES_AT.to_string(), number(self.expires_at)),
        ]);
        item
    }

    /// None when the item is not a lease of this form.
    pub(super) fn from_item(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
        Some(Self {
            holder: text("holder")?,
            process: Process {
                host: text("host")?,
                machine: text("machine")?,
                pid: number("pid")?.try_into().ok()?,
                start: number("process_start")?,
            },
            since: text("since")?,
            fence: number(FENCE)?,
            token: text(TOKEN)?,
            expires_at: number(EXPIRES_AT)?,
        })
    }
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_way_to_an_item_and_back() {
        let record = LeaseRecord {
            holder: "ann@box pid 7".into(),
            process: Process { host: "box".into(), machine: "boot/pid:[1]".into(), pid: 7, start: 99 },
            since: "2026-01-01T00:00:00Z".into(),
            fence: 3,
            token: "t".into(),
            expires_at: 1_767_225_600_000,
        };
        assert_eq!(LeaseRecord::from_item(&record.to_item()), Some(record));
        assert_eq!(LeaseRecord::from_item(&key()), None);
    }
}
