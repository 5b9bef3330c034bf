//! What cache points save: how much of a request was sent before (Bedrock user
//! guide, "Prompt caching"). Tools come first, then the system prompt, then the
//! messages; each cache point covers everything before it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A prefix lives five minutes from its last use.
const LIFETIME: Duration = Duration::from_secs(300);
/// Prefixes that are remembered, so that the cache does not grow for ever.
const REMEMBERED: usize = 2_000;

type Prefix = [u8; 32];

/// The prefixes that were sent lately.
#[derive(Default)]
pub struct PromptCache {
    seen: Mutex<VecDeque<(Prefix, Instant)>>,
}

/// Characters of a request that came from the cache and that went into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cached {
    pub read: usize,
    pub written: usize,
}

impl PromptCache {
    /// None for a request without cache points.
    pub fn pass(&self, model: &str, request: &Value) -> Option<Cached> {
        let points = cache_points(model, request);
        let (_, total) = *points.last()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(_, used)| used.elapsed() < LIFETIME);
        let known = |prefix: &Prefix| seen.iter().any(|(known, _)| known == prefix);
        let read = points.iter().rev().find(|(prefix, _)| known(prefix)).map_or(0, |(_, length)| *length);
        seen.retain(|(known, _)| points.iter().all(|(prefix, _)| prefix != known));
        seen.extend(points.into_iter().map(|(prefix, _)| (prefix, Instant::now())));
        let surplus = seen.len().saturating_sub(REMEMBERED);
        seen.drain(..surplus);
        Some(Cached { read, written: total - read })
    }
}

/// The prefix before each cache point and its length. The order of an object's
/// members says nothing: SDKs send those of documents in any.
fn cache_points(model: &str, request: &Value) -> Vec<(Prefix, usize)> {
    let mut request = request.clone();
    request.sort_all_objects();
    let (mut hash, mut length, mut points) = (Sha256::new_with_prefix(model), 0, Vec::new());
    for block in blocks(&request) {
        if block.get("cachePoint").is_some() {
            points.push((hash.clone().finalize().into(), length));
            continue;
        }
        let text = block.to_string();
        length += text.len();
        hash.update(text);
    }
    points
}

fn blocks(request: &Value) -> impl Iterator<Item = &Value> {
    entries(request.pointer("/toolConfig/tools"))
        .chain(entries(request.get("system")))
        .chain(entries(request.get("messages")).flat_map(|message| entries(message.get("content"))))
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(messages: &[&str]) -> Value {
        let point = json!({"cachePoint": {"type": "default"}});
        let message = |text: &&str| json!({"role": "user", "content": [{"text": text}, point]});
        json!({"system": [{"text": "s"}, point], "messages": messages.iter().map(message).collect::<Vec<_>>()})
    }

    #[test]
    fn what_was_sent_before_is_read_and_the_rest_is_written() {
        let cache = PromptCache::default();
        let first = cache.pass("m", &request(&["one"])).unwrap();
        assert!(first.read == 0 && first.written > 0);
        let second = cache.pass("m", &request(&["one", "two"])).unwrap();
        assert_eq!(second.read, first.written);
        assert!(second.written > 0);
        assert_eq!(cache.pass("m", &request(&["one", "two"])).unwrap().written, 0);
        assert_eq!(cache.pass("another", &request(&["one"])).unwrap().read, 0);
    }

    #[test]
    fn the_order_of_a_document_s_members_makes_no_difference() {
        let cache = PromptCache::default();
        let tools = |schema: &str| -> Value {
            let text = format!(r#"{{"toolConfig": {{"tools": [{schema}, {{"cachePoint": {{}}}}]}}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        cache.pass("m", &tools(r#"{"a": 1, "b": {"c": 2, "d": 3}}"#)).unwrap();
        assert_eq!(cache.pass("m", &tools(r#"{"b": {"d": 3, "c": 2}, "a": 1}"#)).unwrap().written, 0);
    }

    #[test]
    fn a_request_without_cache_points_says_nothing_about_the_cache() {
        assert_eq!(PromptCache::default().pass("m", &json!({"messages": []})), None);
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let cache = PromptCache::default();
        for number in 0..REMEMBERED {
            cache.pass("m", &request(&[&number.to_string()])).unwrap();
        }
        assert_eq!(cache.seen.lock().unwrap().len(), REMEMBERED);
    }
}
