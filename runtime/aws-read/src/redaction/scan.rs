//! Texts without what looks like a secret.

use std::ops::Range;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{REDACTED, secrets};

pub(super) struct Found {
    pub text: String,
    pub count: usize,
}

/// None when there is nothing to take out.
pub(super) fn redacted(text: &str) -> Option<Found> {
    match is_encoded_document(text) {
        true => redacted_document(text),
        false => until_nothing_is_found(text),
    }
}

/// What is taken out can change how the text around it reads, so that one looks
/// again. It ends, since there is less to take out each time; mostly at once.
fn until_nothing_is_found(text: &str) -> Option<Found> {
    let mut found = without(text, &secrets::in_text(text))?;
    while let Some(more) = without(&found.text, &secrets::in_text(&found.text)) {
        found = Found { text: more.text, count: found.count + more.count };
    }
    Some(found)
}

/// IAM percent-encodes policy documents.
fn is_encoded_document(text: &str) -> bool {
    text.starts_with("%7B") || text.starts_with("%5B")
}

fn redacted_document(text: &str) -> Option<Found> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    let found = until_nothing_is_found(&decoded)?;
    Some(Found { text: utf8_percent_encode(&found.text, NON_ALPHANUMERIC).to_string(), count: found.count })
}

fn without(text: &str, hidden: &[Range<usize>]) -> Option<Found> {
    if hidden.is_empty() {
        return None;
    }
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for range in hidden {
        kept.push_str(&text[end..range.start]);
        kept.push_str(REDACTED);
        end = range.end;
    }
    kept.push_str(&text[end..]);
    Some(Found { text: kept, count: hidden.len() })
}
