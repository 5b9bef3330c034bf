//! The cursor: where an answer ended, in a form that a caller sends back unread.
//!
//! It is base64url text of JSON with a check sum. It opens nothing: what it holds
//! goes through the same checks as parameters that the caller writes itself. The
//! check sum is for accidents, the digest of the question for cursors of another
//! question, the time for those whose rows have moved.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::tool_call::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

const VERSION: u8 = 1;

/// Bytes of the check sum and of the question's digest.
const SUM: usize = 12;

/// Longest cursor that is looked at, in bytes: AWS's tokens can be some KB.
const LONGEST: usize = 64 * 1024;

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Position {
    /// Row of a recipe's sorted rows.
    Row(usize),
    /// Regions of an operation that have more, in their order by name.
    Regions(BTreeMap<String, Resume>),
}

/// Where one region's read goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resume {
    /// AWS's token members; empty for the beginning.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub start: Map<String, Value>,
    /// Items from there that were answered already.
    #[serde(default)]
    pub skip: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    v: u8,
    /// When it was issued, in seconds since 1970.
    t: i64,
    /// Digest of the question.
    q: String,
    p: Position,
}

/// What a cursor belongs to: the question with everything that decides its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// `parts` in a fixed order; each is bounded by its length.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(URL_SAFE_NO_PAD.encode(&digest.finalize()[..SUM]))
    }
}

/// The same text for the same parameters, in whatever order they were given.
pub(crate) fn canonical(parameters: &Map<String, Value>) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<_, _> =
                    members.iter().map(|(name, member)| (name.clone(), sorted(member))).collect();
                Value::Object(members.into_iter().collect())
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(&Value::Object(parameters.clone())).to_string()
}

/// The cursor of another question.
pub(crate) fn foreign() -> Problem {
    let hint = "send operation, parameters, regions and select as they were, or ask without a cursor";
    Problem::new("cursor/foreign", "cursor: it belongs to another question").at("cursor").hint(hint)
}

pub(crate) fn write(position: Position, origin: &Origin, now: OffsetDateTime) -> String {
    let content = Content { v: VERSION, t: now.unix_timestamp(), q: origin.0.clone(), p: position };
    let json = serde_json::to_vec(&content).unwrap_or_default();
    let sum = Sha256::digest(&json);
    URL_SAFE_NO_PAD.encode([&sum[..SUM], &json[..]].concat())
}

/// Fails with `cursor/invalid` for what is no cursor or was changed,
/// `cursor/foreign` for the cursor of another question and `cursor/expired` for one
/// older than `minutes`.
pub(crate) fn read(text: &str, origin: &Origin, now: OffsetDateTime, minutes: u64) -> Result<Position, Box<Problem>> {
    let fault = |code: &str, message: &str, hint: &str| {
        Problem::new(format!("cursor/{code}"), format!("cursor: {message}")).at("cursor").hint(hint)
    };
    let content = decode(text).ok_or_else(|| {
        fault("invalid", "it is not a cursor of an earlier answer, or it was changed", "send it back as it was")
    })?;
    if content.q != origin.0 {
        return Err(foreign().into());
    }
    let age = now.unix_timestamp().saturating_sub(content.t);
    if age < -60 || age > i64::try_from(minutes.saturating_mul(60)).unwrap_or(i64::MAX) {
        let message = format!("it is older than {minutes} minutes");
        return Err(fault("expired", &message, "ask again without a cursor").into());
    }
    Ok(content.p)
}

fn decode(text: &str) -> Option<Content> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| text.len() <= LONGEST)?;
    let (sum, json) = bytes.split_at_checked(SUM)?;
    let content: Content = serde_json::from_slice(json).ok().filter(|_| sum == &Sha256::digest(json)[..SUM])?;
    (content.v == VERSION).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 09:00 UTC);

    fn origin() -> Origin {
        Origin::of(&["ec2", "ec2:DescribeVolumes", "{}"])
    }

    fn position() -> impl Strategy<Value = Position> {
        let resume = ("[a-zA-Z]{0,9}", "\\PC{0,40}", 0..5000_usize).prop_map(|(name, token, skip)| Resume {
            start: if name.is_empty() { Map::new() } else { Map::from_iter([(name, Value::from(token))]) },
            skip,
        });
        prop_oneof![
            (0..100_000_usize).prop_map(Position::Row),
            proptest::collection::btree_map("[a-z]{2}-[a-z]{4}-[1-9]", resume, 0..4).prop_map(Position::Regions),
        ]
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(position in position()) {
            let text = write(position.clone(), &origin(), NOW);
            prop_assert_eq!(read(&text, &origin(), NOW + Duration::minutes(59), 60), Ok(position));
        }

        #[test]
        fn a_changed_cursor_is_refused(position in position(), at in any::<prop::sample::Index>(), by in "[A-Za-z0-9_-]") {
            let text = write(position, &origin(), NOW);
            let at = at.index(text.len());
            let changed = format!("{}{by}{}", &text[..at], &text[at + 1..]);
            prop_assume!(changed != text);
            prop_assert_eq!(read(&changed, &origin(), NOW, 60).unwrap_err().code, "cursor/invalid");
            prop_assert_eq!(read(&text[..at], &origin(), NOW, 60).unwrap_err().code, "cursor/invalid");
        }

        #[test]
        fn any_text_is_an_error_and_no_panic(text in ".{0,80}") {
            prop_assert_eq!(read(&text, &origin(), NOW, 60).unwrap_err().code, "cursor/invalid");
        }
    }

    #[test]
    fn a_cursor_of_another_question_or_time_is_refused() {
        let text = write(Position::Row(5), &origin(), NOW);
        let other = Origin::of(&["ec2", "ec2:DescribeVolumes{", "}"]);
        assert_eq!(read(&text, &other, NOW, 60).unwrap_err().code, "cursor/foreign");
        assert_eq!(read(&text, &origin(), NOW + Duration::minutes(61), 60).unwrap_err().code, "cursor/expired");
        assert_eq!(read(&text, &origin(), NOW - Duration::minutes(5), 60).unwrap_err().code, "cursor/expired");
    }
}
