//! Syntax faults of a TOML file, and the text without what they spoiled.
//!
//! A list or string that is never closed swallows the lines below it, and a
//! parser then complains about each of them. Such a statement is reported once
//! and blanked out, so that the rest of the file is still examined.

use toml::de::{DeTable, Error};

pub(super) struct Syntax {
    /// The text to read on: lines keep their numbers.
    pub text: String,
    pub faults: Vec<SyntaxFault>,
}

pub(super) struct SyntaxFault {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

pub(super) fn examine(text: &str) -> Syntax {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let mut faults = Vec::new();
    let errors = errors(text);
    if errors.iter().any(swallows_statements) {
        blank_unclosed(&mut lines, &mut faults, starts_statement, swallows_statements);
    }
    if errors.iter().any(loses_header) {
        blank_unclosed(&mut lines, &mut faults, starts_table, loses_header);
    }
    let text = lines.join("\n");
    for error in self::errors(&text) {
        let before = error.span().map_or(0, |span| span.start).min(text.len());
        let line = 1 + text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count();
        faults.push(SyntaxFault { line, message: one_line(&error) });
    }
    Syntax { text, faults }
}

fn errors(text: &str) -> Vec<Error> {
    DeTable::parse_recoverable(text).1
}

fn one_line(error: &Error) -> String {
    error.message().replace('\n', "; ")
}

fn swallows_statements(error: &Error) -> bool {
    ["unclosed array,", "unclosed inline table", "invalid multi-line"]
        .iter()
        .any(|beginning| error.message().starts_with(beginning))
}

/// Without its header, a table's keys would be taken for another table's.
fn loses_header(error: &Error) -> bool {
    ["unclosed table", "unclosed array table"].iter().any(|beginning| error.message().starts_with(beginning))
}

/// Cuts the text into parts that begin at lines with `is_start`, reports and
/// blanks each part whose own text has an error of the kind `is_unclosed`.
fn blank_unclosed(
    lines: &mut [&str],
    faults: &mut Vec<SyntaxFault>,
    is_start: fn(&str) -> bool,
    is_unclosed: fn(&Error) -> bool,
) {
    let mut starts: Vec<usize> = (0..lines.len()).filter(|index| is_start(lines[*index])).collect();
    starts.push(lines.len());
    for part in starts.windows(2) {
        let (from, to) = (part[0], part[1]);
        let Some(error) = errors(&lines[from..to].join("\n")).into_iter().find(is_unclosed) else { continue };
        faults.push(SyntaxFault { line: from + 1, message: one_line(&error) });
        lines[from..to].fill("");
    }
}

fn starts_table(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

fn starts_statement(line: &str) -> bool {
    let is_key = |key: &str| {
        let key = key.trim();
        !key.is_empty() && key.chars().all(|character| character.is_alphanumeric() || "_-. \"'".contains(character))
    };
    starts_table(line) || line.split_once('=').is_some_and(|(key, _)| is_key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty_lines(text: &str) -> Vec<usize> {
        examine(text).faults.iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn an_unclosed_list_is_one_fault_and_the_rest_is_kept() {
        let text = "a = 1\nx = [\n  \"a\",\n\n[agent]\nmemory = 5\n";
        assert_eq!(faulty_lines(text), [2]);
        assert_eq!(examine(text).text, "a = 1\n\n\n\n[agent]\nmemory = 5\n");
    }

    #[test]
    fn an_unclosed_header_takes_its_keys_along() {
        let text = "[[a]\nb = 1\n[c]\nd = 1";
        assert_eq!(faulty_lines(text), [1]);
        assert_eq!(examine(text).text, "\n\n[c]\nd = 1");
    }

    #[test]
    fn faults_on_several_lines_are_all_reported() {
        assert_eq!(faulty_lines("a = 1\na = 2\nb = \n[c]\nd = 'x\ne = 2\n"), [2, 3, 5]);
    }

    #[test]
    fn a_sound_file_is_left_alone() {
        let text = "a = [\n 1,\n]\n[b]\nc = \"\"\"\nx = 1\n\"\"\"\n";
        assert!(faulty_lines(text).is_empty());
        assert_eq!(examine(text).text, text);
    }
}
