//! What looks like a secret in a text.
//!
//! The text is read once: where a byte may begin something, one form is tried
//! there, and reading goes on behind what was found or ruled out. Every form
//! either consumes what it looks at or looks at a bounded length, so that the time
//! is in proportion to the text, whoever wrote it. A regular expression for each
//! form would read the text once per form.

mod assignment;

use std::ops::Range;
use std::sync::LazyLock;

use super::REDACTED;

/// What was seen at a place of a text.
struct Seen {
    /// What has to go.
    hidden: Option<Range<usize>>,
    /// Where reading goes on.
    next: usize,
}

impl Seen {
    fn hidden(hidden: Range<usize>) -> Option<Self> {
        Some(Self { next: hidden.end, hidden: Some(hidden) })
    }

    fn nothing_until(next: usize) -> Option<Self> {
        Some(Self { hidden: None, next })
    }
}

/// Length of a letter run that a personal name in front of a host does not have.
const LONG_USER: usize = 20;

/// Tokens that services begin with a mark of their own, and how long what follows is at least.
const MARKED: [(&str, usize); 18] = [
    ("AIza", 30),
    ("dop_v1_", 30),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("npm_", 30),
    ("rk_live_", 16),
    ("sk-ant-", 16),
    ("sk-proj-", 16),
    ("sk_live_", 16),
    ("xapp-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
];

/// Addresses to which anybody who knows them can post.
const WEBHOOKS: [&str; 5] = [
    "hooks.slack.com/",
    "webhook.office.com/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "api.telegram.org/bot",
];

/// A form of secret, tried where a text has the form's first letter.
#[derive(Clone, Copy)]
enum Form {
    AccessKey,
    PrivateKey,
    JsonWebToken,
    UserOfAddress,
    Marked(&'static str, usize),
    Webhook(&'static str),
    /// A name in lower case; letter case does not matter.
    Assignment(&'static str),
}

/// By first letter, so that nothing is tried at most places of a text.
static FORMS: LazyLock<[Vec<Form>; 256]> = LazyLock::new(|| {
    let mut forms = [const { Vec::new() }; 256];
    let mut add = |first: u8, form: Form| forms[usize::from(first)].push(form);
    add(b'A', Form::AccessKey);
    add(b'-', Form::PrivateKey);
    add(b'e', Form::JsonWebToken);
    add(b':', Form::UserOfAddress);
    MARKED.into_iter().for_each(|(mark, length)| add(mark.as_bytes()[0], Form::Marked(mark, length)));
    WEBHOOKS.into_iter().for_each(|address| add(address.as_bytes()[0], Form::Webhook(address)));
    for name in assignment::names() {
        add(name.as_bytes()[0], Form::Assignment(name));
        add(name.as_bytes()[0].to_ascii_uppercase(), Form::Assignment(name));
    }
    forms
});

/// The places that have to go, in order and apart from each other.
pub(super) fn in_text(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text.as_bytes().get(at) {
        at = match FORMS[usize::from(*first)].iter().find_map(|form| form.seen(text, at)) {
            Some(Seen { hidden, next }) => {
                found.extend(hidden.filter(|range| &text[range.clone()] != REDACTED));
                next.max(at + 1)
            }
            None => at + 1,
        };
    }
    found
}

impl Form {
    fn seen(self, text: &str, at: usize) -> Option<Seen> {
        let bytes = text.as_bytes();
        match self {
            Self::AccessKey => access_key(bytes, at),
            Self::PrivateKey => private_key(text, at),
            Self::JsonWebToken => json_web_token(bytes, at),
            Self::UserOfAddress => user_of_address(bytes, at),
            Self::Marked(mark, length) => marked_token(bytes, at, mark, length),
            Self::Webhook(address) => webhook(bytes, at, address),
            Self::Assignment(name) => assignment::seen(text, at, name),
        }
    }
}

/// `AKIA...` and `ASIA...`, with the secret key when that stands beside it.
fn access_key(bytes: &[u8], at: usize) -> Option<Seen> {
    const LENGTH: usize = 20;
    const SECRET: usize = 40;
    let is_marked = bytes[at..].starts_with(b"AKIA") || bytes[at..].starts_with(b"ASIA");
    let end = run_end(bytes, at, LENGTH + 1, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_marked || is_inside_word(bytes, at) || end - at != LENGTH || bytes.get(end).is_some_and(is_word) {
        return None;
    }
    let secret = run_end(bytes, end, 4, |byte| b" \t:,/\"|".contains(byte));
    let secret_end = run_end(bytes, secret, SECRET + 1, |byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    let has_secret = secret > end && secret_end - secret == SECRET;
    Seen::hidden(at..if has_secret { secret_end } else { end })
}

/// A PEM block of a private key; one without an end goes until the end of the text.
fn private_key(text: &str, at: usize) -> Option<Seen> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    const LABEL: usize = 64;
    let bytes = text.as_bytes();
    if !bytes[at..].starts_with(BEGIN.as_bytes()) {
        return None;
    }
    let label = run_end(bytes, at + BEGIN.len(), LABEL, |byte| byte.is_ascii_uppercase() || *byte == b' ');
    if !text[at..label].contains("PRIVATE KEY") {
        return Seen::nothing_until(label);
    }
    let Some(end) = text[label..].find(END).map(|end| label + end + END.len()) else {
        return Seen::hidden(at..text.len());
    };
    let label = run_end(bytes, end, LABEL, |byte| byte.is_ascii_uppercase() || *byte == b' ');
    Seen::hidden(at..run_end(bytes, label, 5, |byte| *byte == b'-'))
}

/// `eyJ....eyJ....<signature>`
fn json_web_token(bytes: &[u8], at: usize) -> Option<Seen> {
    const SHORTEST: usize = 8;
    if !bytes[at..].starts_with(b"eyJ") || is_inside_word(bytes, at) {
        return None;
    }
    let mut end = run_end(bytes, at, usize::MAX, is_token);
    let first = end;
    while bytes.get(end) == Some(&b'.') {
        let part = run_end(bytes, end + 1, usize::MAX, is_token);
        if part == end + 1 {
            break;
        }
        end = part;
    }
    match end - first > SHORTEST {
        true => Seen::hidden(at..end),
        false => Seen::nothing_until(end),
    }
}

/// `user:password` in `https://user:password@host`, and a token that stands there alone.
fn user_of_address(bytes: &[u8], at: usize) -> Option<Seen> {
    if !bytes[at..].starts_with(b"://") {
        return None;
    }
    let start = at + 3;
    let end = run_end(bytes, start, usize::MAX, |byte| !byte.is_ascii_whitespace() && !b"/?#@\"'<>\\".contains(byte));
    let user = &bytes[start..end];
    let is_secret = user.contains(&b':') || user.len() >= LONG_USER;
    match bytes.get(end) == Some(&b'@') && is_secret {
        true => Seen::hidden(start..end),
        false => Seen::nothing_until(start),
    }
}

fn marked_token(bytes: &[u8], at: usize, mark: &str, length: usize) -> Option<Seen> {
    if !bytes[at..].starts_with(mark.as_bytes()) || is_inside_word(bytes, at) {
        return None;
    }
    let end = run_end(bytes, at, usize::MAX, is_token);
    match end - at >= mark.len() + length {
        true => Seen::hidden(at..end),
        false => Seen::nothing_until(at + mark.len()),
    }
}

fn webhook(bytes: &[u8], at: usize, address: &str) -> Option<Seen> {
    if !bytes[at..].starts_with(address.as_bytes()) {
        return None;
    }
    let start = at + address.len();
    let end = run_end(bytes, start, usize::MAX, |byte| !byte.is_ascii_whitespace() && !b"\"'<>\\".contains(byte));
    if end > start { Seen::hidden(start..end) } else { Seen::nothing_until(end) }
}

/// Where a run of such bytes ends, looking at no more than `most`.
fn run_end(bytes: &[u8], start: usize, most: usize, belongs: impl Fn(&u8) -> bool) -> usize {
    start + bytes[start..].iter().take(most).take_while(|byte| belongs(byte)).count()
}

fn is_inside_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| is_word(&bytes[before]))
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(byte)
}
