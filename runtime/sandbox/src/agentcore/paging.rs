//! Pages of a listing: `maxResults` and `nextToken`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::fault::{Fault, Faults};

const MAX_RESULTS: usize = 1000;

/// The page of `items` (each with its key, sorted by it) that a query asks for.
/// The token is the last key of the page before, so that it stays valid while
/// items come and go.
pub(super) fn page(items: Vec<(String, Value)>, query: &BTreeMap<String, String>) -> Result<Value, Fault> {
    let size = page_size(query)?;
    let after = query.get("nextToken").map(|token| key(token)).transpose()?;
    let mut rest: Vec<_> =
        items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).collect();
    let more = rest.len() > size;
    rest.truncate(size);
    let next = rest.last().filter(|_| more).map(|(key, _)| URL_SAFE_NO_PAD.encode(key));
    let items: Vec<_> = rest.into_iter().map(|(_, item)| item).collect();
    let mut page = json!({"items": items});
    if let Some(next) = next {
        page["nextToken"] = next.into();
    }
    Ok(page)
}

fn page_size(query: &BTreeMap<String, String>) -> Result<usize, Fault> {
    let Some(asked) = query.get("maxResults") else { return Ok(MAX_RESULTS) };
    let size = asked.parse().ok().filter(|size| (1..=MAX_RESULTS).contains(size));
    let mut faults = Faults::default();
    faults.require(size.is_some(), "maxResults", "Member must be between 1 and 1000");
    faults.into_result().map(|()| size.unwrap_or(MAX_RESULTS))
}

fn key(token: &str) -> Result<String, Fault> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    decoded.ok_or_else(|| Fault::validation("FieldValidationFailed", "The nextToken is not one of ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn following_the_tokens_gives_every_item_once() {
        let items: Vec<_> = ["a", "b", "c"].iter().map(|key| (key.to_string(), json!(key))).collect();
        let first = page(items.clone(), &query(&[("maxResults", "2")])).unwrap();
        assert_eq!(first["items"], json!(["a", "b"]));
        let token = first["nextToken"].as_str().unwrap();
        let second = page(items, &query(&[("maxResults", "2"), ("nextToken", token)])).unwrap();
        assert_eq!(second, json!({"items": ["c"]}));
    }

    #[test]
    fn sizes_out_of_range_and_foreign_tokens_are_refused() {
        for pairs in [[("maxResults", "0")], [("maxResults", "1001")], [("nextToken", "%%")]] {
            assert!(page(vec![], &query(&pairs)).is_err(), "{pairs:?}");
        }
    }
}
