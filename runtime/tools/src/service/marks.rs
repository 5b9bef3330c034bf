//! What a query names outright: texts in quotes, ARNs, ids, regions.

use aws_read::Region;

/// Quotes of one kind, opening and closing.
const QUOTES: [(char, char); 6] =
    [('"', '"'), ('`', '`'), ('\'', '\''), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}'), ('\u{ab}', '\u{bb}')];

/// Texts in quotes or backticks, in their order. An apostrophe within a word is no quote.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    spans(text).into_iter().map(|(start, end)| text[start..end].to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The text with blanks for what it quotes, and for ARNs: what is left are the
/// asker's own words.
pub(crate) fn without_names(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in spans(text) {
        rest.push_str(&text[from..start]);
        rest.push(' ');
        from = end;
    }
    rest.push_str(&text[from..]);
    let own = rest.split_whitespace().filter(|word| !trimmed(word).starts_with("arn:"));
    own.collect::<Vec<_>>().join(" ")
}

/// What a text names: what it quotes, or else its ARNs and ids, in their order.
pub(crate) fn names(text: &str) -> Vec<String> {
    let quoted = quoted(text);
    if !quoted.is_empty() {
        return quoted;
    }
    let words = text.split(|character: char| character.is_whitespace() || character == ',').map(trimmed);
    words.filter(|word| is_arn(word) || is_id(word)).map(str::to_owned).collect()
}

fn is_arn(word: &str) -> bool {
    word.starts_with("arn:") && word.split(':').count() >= 6
}

/// `i-0123456789abcdef0`, `vol-...`, `sg-...`
fn is_id(word: &str) -> bool {
    let Some((kind, digits)) = word.rsplit_once('-') else { return false };
    let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_kind && digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Known regions, each once, in their order. The zone `us-east-1a` names its region.
pub(crate) fn regions(text: &str) -> Vec<Region> {
    let lower = text.to_lowercase();
    let words = lower.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'));
    let mut found: Vec<Region> = Vec::new();
    for word in words {
        let word = word.trim_matches('-');
        let zone = word.strip_suffix(|letter: char| letter.is_ascii_lowercase());
        let region = [Some(word), zone].into_iter().flatten().find_map(super::regions::known);
        if let Some(region) = region.filter(|region| !found.contains(region)) {
            found.push(region);
        }
    }
    found
}

/// True for `in all regions`, `across every region`, `in any region`.
pub(crate) fn means_all_regions(text: &str) -> bool {
    let words = super::words::split(text);
    let is_region = |word: &String| word == "region" || word == "regions";
    let every =
        |word: &String| ["all", "every", "each", "any", "across", "multiple", "whichever"].contains(&word.as_str());
    let positions = words.iter().enumerate().filter(|(_, word)| is_region(word)).map(|(index, _)| index);
    positions.into_iter().any(|at| words[at.saturating_sub(3)..at].iter().any(every))
        || words.iter().any(|word| word == "globally" || word == "everywhere")
}

/// Byte ranges of quoted texts, without their quotes.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, close)) = opening(text, from) {
        match closing(text, start, close) {
            Some(end) => {
                found.push((start, end));
                from = end + close.len_utf8();
            }
            None => from = start,
        }
    }
    found
}

/// The first opening quote from here: where its text starts, and the quote that closes it.
fn opening(text: &str, from: usize) -> Option<(usize, char)> {
    let mut before = text[..from].chars().next_back();
    for (index, character) in text[from..].char_indices() {
        let starts_word = before.is_none_or(|before| !before.is_alphanumeric());
        let quote = QUOTES.iter().find(|(open, _)| *open == character);
        if let Some((open, close)) = quote.filter(|_| starts_word || character == '"' || character == '`') {
            return Some((from + index + open.len_utf8(), *close));
        }
        before = Some(character);
    }
    None
}

/// Where the text that starts here ends. A quote in front of a letter is an apostrophe.
fn closing(text: &str, start: usize, close: char) -> Option<usize> {
    let ends = text[start..].match_indices(close).map(|(index, _)| start + index);
    let is_apostrophe = |end: usize| {
        let next = text[end + close.len_utf8()..].chars().next();
        (close == '\'' || close == '\u{2019}') && next.is_some_and(char::is_alphanumeric)
    };
    ends.into_iter().find(|end| !is_apostrophe(*end))
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|character: char| "?,.!;()[]\"'`\u{201c}\u{201d}".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_quotes_and_apostrophes_do_not_count() {
        assert_eq!(quoted(r#"logs of "orders api" and `billing`"#), ["orders api", "billing"]);
        assert_eq!(quoted("don't show the VPC's 'main' route"), ["main"]);
        assert_eq!(quoted("tags \u{201c}Owner\u{201d} and ''"), ["Owner"]);
        assert_eq!(quoted("an open \"quote"), Vec::<String>::new());
    }

    #[test]
    fn what_is_named_is_no_word_of_the_question() {
        assert_eq!(without_names("errors of `delete-bucket` now"), "errors of ` ` now");
        assert_eq!(without_names("policy of arn:aws:iam::1:role/delete, please"), "policy of please");
    }

    #[test]
    fn arns_and_ids_are_names_where_nothing_is_quoted() {
        let text = "is (arn:aws:lambda:eu-west-1:111122223333:function:orders) using i-0123456789abcdef0, or i-beams?";
        assert_eq!(names(text), ["arn:aws:lambda:eu-west-1:111122223333:function:orders", "i-0123456789abcdef0"]);
        assert_eq!(names(&format!("{text} 'main'")), ["main"]);
        assert_eq!(names("in us-east-1 and eu-west-1"), Vec::<String>::new());
    }

    #[test]
    fn regions_are_found_in_words_zones_and_arns() {
        let found = regions("volumes in us-east-1a, EU-WEST-1 and arn:aws:sqs:eu-west-1:1:q, not app-data-1");
        assert_eq!(found.iter().map(Region::as_str).collect::<Vec<_>>(), ["us-east-1", "eu-west-1"]);
    }

    #[test]
    fn all_regions_are_meant_by_several_phrases() {
        for text in ["in all regions", "Across our enabled regions", "in every AWS region", "any region", "globally"] {
            assert!(means_all_regions(text), "{text}");
        }
        for text in ["in this region", "all volumes", "which region is it in"] {
            assert!(!means_all_regions(text), "{text}");
        }
    }
}
