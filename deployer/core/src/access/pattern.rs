//! Patterns of IAM: what one of them surely covers of another.
//!
//! `*` stands for any text, `?` for one character (IAM user guide, "Policy
//! element reference: Resource").

use std::collections::BTreeSet;

/// What a policy element names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// What the pattern matches.
    Matching(String),
    /// Everything but what these match: NotAction, NotResource, NotPrincipal.
    AllBut(BTreeSet<String>),
}

impl Term {
    /// True only when everything that `other` names is named by this one too.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Matching(broad), Self::Matching(narrow)) => covers(broad, narrow),
            (Self::Matching(broad), Self::AllBut(_)) => broad == "*",
            (Self::AllBut(left_out), Self::AllBut(narrower)) => left_out.is_subset(narrower),
            (Self::AllBut(left_out), Self::Matching(name)) => {
                !name.contains(['*', '?']) && !left_out.iter().any(|pattern| covers(pattern, name))
            }
        }
    }
}

/// True only when every text that `narrow` matches is matched by `broad`.
///
/// A `*` of the broad one swallows wildcards of the narrow one; anything else
/// has to meet its own character. So a true answer is right, and a false one
/// may also mean that it was not seen.
pub fn covers(broad: &str, narrow: &str) -> bool {
    let (broad, narrow): (Vec<char>, Vec<char>) = (broad.chars().collect(), narrow.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut last_star = None;
    while seen < narrow.len() {
        match broad.get(at) {
            Some('*') => {
                last_star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if meets(*wanted, narrow[seen]) => {
                at += 1;
                seen += 1;
            }
            _ => match &mut last_star {
                Some((star, from)) => {
                    *from += 1;
                    (at, seen) = (*star + 1, *from);
                }
                None => return false,
            },
        }
    }
    broad[at..].iter().all(|rest| *rest == '*')
}

fn meets(wanted: char, found: char) -> bool {
    match wanted {
        '?' => found != '*',
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matching(text: &str) -> Term {
        Term::Matching(text.into())
    }

    fn all_but(texts: &[&str]) -> Term {
        Term::AllBut(texts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_star_covers_what_begins_the_same() {
        assert!(covers("lambda:*", "lambda:InvokeFunction"));
        assert!(covers("lambda:*", "lambda:Invoke*"));
        assert!(!covers("lambda:Invoke*", "lambda:*"));
        assert!(!covers("lambda:InvokeFunction", "lambda:InvokeFunctionUrl"));
        assert!(covers("*", ""));
    }

    #[test]
    fn one_character_covers_no_star() {
        assert!(covers("a?c", "abc") && covers("a?c", "a?c"));
        assert!(!covers("a?c", "a*c"));
    }

    #[test]
    fn everything_but_covers_only_what_it_surely_names() {
        assert!(all_but(&["iam:*"]).covers(&matching("s3:GetObject")));
        assert!(!all_but(&["iam:*"]).covers(&matching("iam:PassRole")));
        assert!(!all_but(&["iam:*"]).covers(&matching("*")));
        assert!(all_but(&["iam:*"]).covers(&all_but(&["iam:*", "s3:*"])));
        assert!(!all_but(&["iam:*", "s3:*"]).covers(&all_but(&["iam:*"])));
        assert!(matching("*").covers(&all_but(&["iam:*"])));
    }

    /// The same question by recursion, for a text without wildcards.
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => matches(&pattern[1..], text) || (!text.is_empty() && matches(pattern, &text[1..])),
            (Some(b'?'), Some(_)) => matches(&pattern[1..], &text[1..]),
            (Some(wanted), Some(found)) if wanted == found => matches(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn what_is_covered_matches_nothing_more(broad in "[ab*?]{0,5}", narrow in "[ab*?]{0,5}", text in "[ab]{0,6}") {
            if covers(&broad, &narrow) && matches(narrow.as_bytes(), text.as_bytes()) {
                prop_assert!(matches(broad.as_bytes(), text.as_bytes()));
            }
        }

        #[test]
        fn a_text_is_covered_exactly_when_it_matches(pattern in "[ab*?]{0,5}", text in "[ab]{0,6}") {
            prop_assert_eq!(covers(&pattern, &text), matches(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
