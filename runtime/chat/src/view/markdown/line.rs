//! What a line of Markdown is: the block structure that a terminal shows
//! (CommonMark 0.31, chapters 4 and 5; tables as GitHub has them). Pure.

/// A whole line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'l> {
    Blank,
    Rule,
    /// Opens a code block; its fence.
    Fence(String),
    /// Of a table.
    Row,
    /// With the text after the prefix.
    Text(Prefix, &'l str),
}

/// How a line of text begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix {
    /// Columns before the mark.
    pub indent: usize,
    pub mark: Mark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Heading,
    Bullet,
    /// With its number, as in `12.`.
    Number(String),
    Quote,
}

pub(super) fn kind(line: &str) -> Kind<'_> {
    let rest = line.trim_start();
    if rest.trim_end().is_empty() {
        return Kind::Blank;
    }
    if is_rule(rest) {
        return Kind::Rule;
    }
    if let Some(fence) = fence(rest) {
        return Kind::Fence(fence);
    }
    if is_row(line) {
        return Kind::Row;
    }
    let (prefix, text) = prefix(line);
    Kind::Text(prefix, text)
}

/// The prefix and the text of a line that is not whole, once nothing that follows can make it another kind.
pub(super) fn certain(partial: &str) -> Option<(Prefix, &str)> {
    let rest = partial.trim_start();
    let first = rest.split_once(char::is_whitespace)?.0;
    if first.starts_with('|') || first.starts_with("```") || first.starts_with("~~~") {
        return None;
    }
    let (prefix, text) = prefix(partial);
    // `- - -` may still become a rule, and `*` `-` `_` alone its beginning.
    text.contains(|character: char| !"-*_ \t".contains(character)).then_some((prefix, text))
}

pub(super) fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// Whether the line ends the code block that this fence opened.
pub(super) fn closes(line: &str, fence: &str) -> bool {
    let line = line.trim();
    let character = fence.chars().next().unwrap_or('`');
    line.len() >= fence.len() && line.chars().all(|one| one == character)
}

fn is_rule(rest: &str) -> bool {
    let marks: String = rest.split_whitespace().collect();
    marks.len() >= 3 && ["-", "*", "_"].iter().any(|mark| marks.trim_matches(|one| mark.contains(one)).is_empty())
}

fn fence(rest: &str) -> Option<String> {
    let character = rest.chars().next().filter(|one| "`~".contains(*one))?;
    let run: String = rest.chars().take_while(|one| *one == character).collect();
    let info = &rest[run.len()..];
    (run.len() >= 3 && !(character == '`' && info.contains('`'))).then_some(run)
}

fn prefix(line: &str) -> (Prefix, &str) {
    let rest = line.trim_start();
    let indent = line[..line.len() - rest.len()].chars().map(|one| if one == '\t' { 4 } else { 1 }).sum();
    let (mark, text) = mark(rest);
    (Prefix { indent, mark }, text)
}

fn mark(rest: &str) -> (Mark, &str) {
    let (word, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let after = after.trim_start();
    match word {
        "-" | "*" | "+" => (Mark::Bullet, after),
        ">" => (Mark::Quote, after),
        _ if (1..=6).contains(&word.len()) && word.bytes().all(|byte| byte == b'#') => {
            (Mark::Heading, after.trim_end().trim_end_matches('#').trim_end_matches(' '))
        }
        _ if is_number(word) => (Mark::Number(word.into()), after),
        _ => (Mark::None, rest),
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(['.', ')']);
    word.len() == digits.len() + 1
        && (1..=9).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark_of(line: &str) -> Option<(Mark, &str)> {
        match kind(line) {
            Kind::Text(prefix, text) => Some((prefix.mark, text)),
            _ => None,
        }
    }

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(kind("  "), Kind::Blank);
        assert_eq!(kind("- - -"), Kind::Rule);
        assert_eq!(kind("***"), Kind::Rule);
        assert_eq!(kind("~~~~ sh"), Kind::Fence("~~~~".into()));
        assert_eq!(kind("| a | b |"), Kind::Row);
        assert_eq!(mark_of("## Title ##"), Some((Mark::Heading, "Title")));
        assert_eq!(mark_of("12) twelve"), Some((Mark::Number("12)".into()), "twelve")));
        assert_eq!(mark_of("> said"), Some((Mark::Quote, "said")));
        assert_eq!(mark_of("#hashtag"), Some((Mark::None, "#hashtag")));
        assert_eq!(mark_of("```not` a fence"), Some((Mark::None, "```not` a fence")));
    }

    #[test]
    fn a_fence_is_closed_by_its_own_kind() {
        assert!(closes("````", "```") && closes("  ~~~ ", "~~~"));
        assert!(!closes("``", "```") && !closes("~~~", "```") && !closes("``` x", "```"));
    }

    #[test]
    fn an_unfinished_line_is_certain_when_nothing_can_change_its_kind() {
        for open in ["", "-", "- ", "- - ", "* ", "##", "1.", "word", "| a ", "``` sh ", "**"] {
            assert_eq!(certain(open), None, "{open:?}");
        }
        assert_eq!(certain("- a").map(|(prefix, text)| (prefix.mark, text)), Some((Mark::Bullet, "a")));
        assert_eq!(certain("## T").map(|(prefix, _)| prefix.mark), Some(Mark::Heading));
        assert_eq!(certain("**a ").map(|(prefix, text)| (prefix.mark, text)), Some((Mark::None, "**a ")));
    }
}
