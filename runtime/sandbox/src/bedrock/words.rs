//! Texts as sets of comparable words.

use std::collections::BTreeSet;

use super::stop_words::is_stop_word;

/// The words of a text or a name, in lower case and in the singular, without
/// stop words. `get_time`, `getTime` and "the times" all hold `time`.
pub fn words(text: &str) -> BTreeSet<String> {
    let separated = separate_camel_case(text).to_lowercase();
    let parts = separated.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(singular).filter(|word| !is_stop_word(word)).collect()
}

fn separate_camel_case(text: &str) -> String {
    let mut separated = String::with_capacity(text.len() + 8);
    let mut after_lower = false;
    for character in text.chars() {
        if after_lower && character.is_uppercase() {
            separated.push(' ');
        }
        after_lower = character.is_lowercase();
        separated.push(character);
    }
    separated
}

/// A plain plural's singular: buckets, policies, addresses. Short words (s3,
/// sns, ecs) and words in -ss or -us stay.
fn singular(word: &str) -> String {
    if word.len() < 4 || word.ends_with("ss") || word.ends_with("us") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Vec<String> {
        words(text).into_iter().collect()
    }

    #[test]
    fn plurals_and_ways_of_writing_meet() {
        assert_eq!(set("List my S3 Buckets!"), ["bucket", "s3"]);
        assert_eq!(set("aws___get_time"), ["time"]);
        assert_eq!(set("getTime"), ["time"]);
        assert_eq!(set("policies addresses status DNS"), ["address", "dns", "policy", "status"]);
    }
}
