//! `password=...`, `"secret": "..."`, `--token ...`, `<Password>...`: a name that
//! says secret, and the value after it.

use std::ops::Range;

use super::super::form;
use super::{Seen, run_end};

/// Names that are looked for beside [`form::SECRET_NAMES`]: condition keys of
/// policies whose values are shared secrets, and signatures of addresses.
const OTHER_NAMES: [&str; 5] = ["accountkey", "aws:referer", "lambda:eventsourcetoken", "signature", "sts:externalid"];

/// Longest part of a name before and after what says secret.
const NAME: usize = 64;

/// Most blanks around the sign between name and value.
const BLANKS: usize = 8;

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equals,
    /// `: `, of which prose is full.
    Colon,
    /// After a name in quotes, as JSON has it.
    QuotedColon,
    /// After an option of a command.
    Blank,
    /// After an opening tag.
    Tag,
}

/// A name with the sign after it.
struct Named {
    sign: Sign,
    /// Where the value begins.
    value: usize,
}

/// The names that are looked for, in lower case.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OTHER_NAMES.into_iter().chain(form::SECRET_NAMES)
}

pub(super) fn seen(text: &str, at: usize, name: &str) -> Option<Seen> {
    let start = text.as_bytes().get(at..at + name.len())?;
    if !start.eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    let behind = Seen::nothing_until(at + name.len());
    let Some(named) = named(text, at, name) else { return behind };
    match value(text, &named) {
        Some(range) if is_secret(text, &named, &range) => Seen::hidden(range),
        _ => behind,
    }
}

fn named(text: &str, at: usize, name: &str) -> Option<Named> {
    let bytes = text.as_bytes();
    let start = word_start(bytes, at);
    let end = run_end(bytes, at + name.len(), NAME, is_name);
    if end - at - name.len() == NAME || is_harmless(&text[start..end], name) {
        return None;
    }
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let quote = quote_end(bytes, end);
    let sign_at = run_end(bytes, quote, BLANKS, |byte| is_blank(*byte));
    let sign = match bytes.get(sign_at)? {
        b'=' => Sign::Equals,
        b':' if quote > end => Sign::QuotedColon,
        // Not within ARNs, and not in the names of identity providers.
        b':' if before != Some(b':') && !bytes[at..end].contains(&b'.') => Sign::Colon,
        b'>' if before == Some(b'<') => Sign::Tag,
        _ if text[start..].starts_with('-') && sign_at > end && quote == end => {
            return Some(Named { sign: Sign::Blank, value: sign_at });
        }
        _ => return None,
    };
    if name == "signature" && sign != Sign::Equals {
        return None;
    }
    let after = run_end(bytes, sign_at + 1, 1, |byte| sign == Sign::Equals && b"=>".contains(byte));
    Some(Named { sign, value: run_end(bytes, after, BLANKS, |byte| is_blank(*byte)) })
}

/// A condition key or a signature is named in full; any other name has to say
/// secret as a whole.
fn is_harmless(word: &str, name: &str) -> bool {
    !OTHER_NAMES.contains(&name) && !form::is_secret_name(word)
}

fn word_start(bytes: &[u8], at: usize) -> usize {
    let before = bytes[..at].iter().rev().take(NAME).take_while(|byte| is_name(byte)).count();
    at - before
}

/// What the value takes, without its quotes.
fn value(text: &str, named: &Named) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = named.value;
    let opening = &text[start..quote_end(bytes, start)];
    if !opening.is_empty() {
        let start = start + opening.len();
        return Some(start..quoted_end(text, start, opening));
    }
    let range = match bytes.get(start)? {
        b'[' => listed(text, start + 1),
        b'{' => return None,
        _ if named.sign == Sign::Tag => start..text[start..].find('<').map_or(text.len(), |end| start + end),
        _ => {
            let start = scheme_end(bytes, start);
            start..run_end(bytes, start, usize::MAX, is_bare)
        }
    };
    (!range.is_empty()).then_some(range)
}

/// The elements of a list behind its bracket; of texts, without the first and the
/// last quote, so that JSON stays JSON.
fn listed(text: &str, start: usize) -> Range<usize> {
    let start = start + text[start..].len() - text[start..].trim_ascii_start().len();
    let opening = &text[start..quote_end(text.as_bytes(), start)];
    if opening.is_empty() {
        return start..text[start..].find(']').map_or(text.len(), |end| start + end);
    }
    let start = start + opening.len();
    let mut quotes = text[start..].match_indices(opening).map(|(at, _)| start + at);
    let is_last = |quote: &usize| text[quote + opening.len()..].trim_ascii_start().starts_with(']');
    start..quotes.find(is_last).unwrap_or(text.len())
}

/// The end of a text in quotes, and of the whole text when they are not closed.
fn quoted_end(text: &str, start: usize, quote: &str) -> usize {
    let mut from = start;
    while let Some(found) = text[from..].find(quote).map(|found| from + found) {
        let is_escaped = found > start && text.as_bytes()[found - 1] == b'\\';
        if !is_escaped {
            return found;
        }
        from = found + quote.len();
    }
    text.len()
}

/// Behind `Bearer ` and its like, whose value is the secret.
fn scheme_end(bytes: &[u8], start: usize) -> usize {
    let schemes: [&[u8]; 3] = [b"Bearer ", b"Basic ", b"AWS4-HMAC-SHA256 "];
    let begins = |scheme: &&&[u8]| {
        bytes[start..].len() >= scheme.len() && bytes[start..][..scheme.len()].eq_ignore_ascii_case(scheme)
    };
    start + schemes.iter().find(begins).map_or(0, |scheme| scheme.len())
}

fn is_secret(text: &str, named: &Named, range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    // A list goes as a whole, whatever it begins with: it may go on until the end of the text.
    let is_list = text.as_bytes()[named.value] == b'[';
    let is_reference = value.starts_with("{{resolve:") && !is_list;
    let is_prose = named.sign == Sign::Colon && is_blank(text.as_bytes()[range.start - 1]) && is_prose(text, range);
    !(value.is_empty() || form::is_identifier(value) || is_reference || is_prose)
}

/// A word of a sentence: no digit in it, and an ordinary word after one blank.
/// Where line breaks have become blanks, the next name of a list of settings is
/// no such word.
fn is_prose(text: &str, range: &Range<usize>) -> bool {
    let Some(rest) = text[range.end..].strip_prefix(' ') else { return false };
    let next = rest.split(is_white).next().unwrap_or_default();
    let is_word = next.starts_with(char::is_alphanumeric) && !next.ends_with(':') && !next.contains('=');
    is_word && !text[range.clone()].bytes().any(|byte| byte.is_ascii_digit())
}

/// Behind a quote, which may be escaped once or twice.
fn quote_end(bytes: &[u8], at: usize) -> usize {
    let quote = run_end(bytes, at, 3, |byte| *byte == b'\\');
    match bytes.get(quote) {
        Some(b'"' | b'\'') => quote + 1,
        _ => at,
    }
}

fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(byte)
}

/// Part of a value without quotes.
fn is_bare(byte: &u8) -> bool {
    !byte.is_ascii_whitespace() && !b"\"'`,;&<>()[]{}\\".contains(byte)
}

fn is_white(character: char) -> bool {
    character.is_ascii_whitespace()
}

fn is_blank(byte: u8) -> bool {
    b" \t".contains(&byte)
}
