//! What an answer took, in words.

use super::printable;
use crate::answer::{Answer, Usage};

/// `2.3 s · 11 characters · 10 + 4 tokens · conversation c1`
pub(super) fn figures(answer: &Answer) -> String {
    let seconds = answer.duration_ms / 1000;
    let tenths = answer.duration_ms % 1000 / 100;
    let mut parts = vec![format!("{seconds}.{tenths} s"), format!("{} characters", answer.text.chars().count())];
    parts.extend(tokens(answer.usage));
    if let Some(id) = &answer.conversation_id {
        parts.push(format!("conversation {}", printable(id)));
    }
    parts.join(" · ")
}

/// Input and output, and what the model's cache spared; `None` when nothing was counted.
fn tokens(usage: Usage) -> Option<String> {
    let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
    if output_tokens == 0 && input_tokens == 0 {
        return None;
    }
    let mut text = format!("{input_tokens} + {output_tokens} tokens");
    if cache_read_tokens + cache_write_tokens > 0 {
        text.push_str(&format!(", {cache_read_tokens} from the cache, {cache_write_tokens} into it"));
    }
    Some(text)
}

/// `1 message`, `2 messages`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `9 bytes`, `1.5 KB`, `2.0 MB`; in thousands.
pub(super) fn size(bytes: usize) -> String {
    let tenths = |unit: usize| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_told_only_where_it_was_used() {
        let usage = Usage { input_tokens: 10, output_tokens: 4, ..Usage::default() };
        assert_eq!(tokens(usage).unwrap(), "10 + 4 tokens");
        let cached = Usage { cache_read_tokens: 900, ..usage };
        assert_eq!(tokens(cached).unwrap(), "10 + 4 tokens, 900 from the cache, 0 into it");
        assert_eq!(tokens(Usage::default()), None);
    }

    #[test]
    fn sizes_have_a_unit_that_fits() {
        assert_eq!([size(999), size(1_560), size(2_000_000)], ["999 bytes", "1.5 KB", "2.0 MB"]);
    }
}
