//! The nearest valid word to a mistyped one.

use super::entry::{Entry, Kind, join};
use super::keys;

/// Below this the words have too little in common to be a slip of the hand.
const LEAST_SIMILARITY: f64 = 0.8;

/// "did you mean `x`?" when a candidate is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|found| format!("did you mean `{found}`?"))
}

/// What to do about an unknown key of the table at `path`: the nearest key, the
/// table that has a key of this name, or all keys that the table has.
pub(super) fn key(key: &str, entries: &[Entry], path: &str) -> String {
    let names = || entries.iter().map(|entry| entry.name);
    did_you_mean(key, names()).or_else(|| elsewhere(key, path)).unwrap_or_else(|| {
        let quoted: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        format!("known here: {}", quoted.join(", "))
    })
}

fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn elsewhere(key: &str, path: &str) -> Option<String> {
    let mut tables = Vec::new();
    tables_with(key, keys::ROOT, "", &mut tables);
    tables.retain(|table| table != path);
    if tables.is_empty() {
        return None;
    }
    let places: Vec<String> = tables
        .iter()
        .map(|table| if table.is_empty() { "the top of the file".into() } else { format!("[{table}]") })
        .collect();
    Some(format!("`{key}` belongs to {}", places.join(" or ")))
}

fn tables_with(key: &str, entries: &[Entry], path: &str, tables: &mut Vec<String>) {
    for entry in entries {
        if entry.name == key {
            tables.push(path.into());
        }
        if let Kind::Table(below) | Kind::Tables(below) = entry.kind {
            tables_with(key, below, &join(path, entry.name), tables);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let words = ["memory_mb", "timeout_seconds", "architecture"];
        for (slip, word) in [("memory", "memory_mb"), ("memroy_mb", "memory_mb"), ("timeout", "timeout_seconds")] {
            assert_eq!(nearest(slip, words.into_iter()), Some(word));
        }
        assert_eq!(nearest("colour", words.into_iter()), None);
    }

    #[test]
    fn a_key_of_another_table_is_told_where_it_belongs() {
        assert_eq!(key("region", keys::ROOT, ""), "`region` belongs to [aws]");
        assert_eq!(key("memory_mb", keys::ROOT, ""), "`memory_mb` belongs to [agent] or [tools]");
    }
}
