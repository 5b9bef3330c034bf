//! The words of a query, made comparable: lower case, singular, without verb
//! endings, with negations and synonyms made plain.

use std::collections::BTreeSet;

/// What a query says, for finding the recipe that answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Stems of the query's own words in their order, then those of each synonym.
    sequences: Vec<Vec<String>>,
    stems: BTreeSet<String>,
    /// The query's own words, singular and with their verb endings.
    own: Vec<String>,
    is_negated: bool,
}

/// Stands for every negation in a recipe's topic.
const NO: &str = "no";

const NEGATIONS: [&str; 17] = [
    "no", "not", "without", "missing", "never", "none", "lack", "lacks", "lacking", "non", "cannot", "nobody",
    "nothing", "absent", "disabled", "off", "neither",
];

/// Words that begin with `un` and negate nothing.
const NO_NEGATION: [&str; 12] = [
    "under",
    "until",
    "union",
    "unique",
    "unit",
    "units",
    "uniform",
    "unless",
    "understand",
    "universal",
    "unicode",
    "undo",
];

/// What people say, and what recipes call it as well.
const SYNONYMS: [(&str, &str); 52] = [
    ("2fa", "mfa"),
    ("acls", "acl"),
    ("admins", "admin"),
    ("administrator", "admin"),
    ("alb", "load balancer"),
    ("ami", "image"),
    ("asg", "auto scaling group"),
    ("autoscaling", "auto scaling"),
    ("bill", "cost"),
    ("charge", "cost"),
    ("crash", "fail"),
    ("db", "database"),
    ("dlq", "dead letter queue"),
    ("drive", "volume"),
    ("disk", "volume"),
    ("ebs", "volume"),
    ("eip", "elastic ip"),
    ("elb", "load balancer"),
    ("eol", "end of life"),
    ("eol", "deprecated"),
    ("expense", "cost"),
    ("expensive", "cost"),
    ("exposed", "public"),
    ("failure", "fail"),
    ("idle", "unused"),
    ("internet", "public"),
    ("kubernetes", "cluster"),
    ("k8s", "cluster"),
    ("lb", "load balancer"),
    ("lambda", "function"),
    ("machine", "instance"),
    ("multifactor", "mfa"),
    ("nlb", "load balancer"),
    ("obsolete", "deprecated"),
    ("orphaned", "unused"),
    ("orphaned", "unattached"),
    ("outdated", "deprecated"),
    ("pitr", "point in time recovery"),
    ("price", "cost"),
    ("quota", "limit"),
    ("ri", "reservation"),
    ("ri", "reserved"),
    ("rightsize", "rightsizing"),
    ("server", "instance"),
    ("sg", "security group"),
    ("sp", "savings plan"),
    ("spend", "cost"),
    ("spent", "cost"),
    ("unsupported", "deprecated"),
    ("vm", "instance"),
    ("world", "public"),
    ("worldwide", "public"),
];

impl Words {
    /// The words of a text.
    pub fn of(text: &str) -> Self {
        let spoken = split(text);
        let mut words = Self { own: spoken.iter().map(|word| singular(word)).collect(), ..Self::default() };
        for word in &spoken {
            if let Some(positive) = negated(word) {
                words.is_negated = true;
                words.stems.insert(stem(positive));
            }
        }
        let stems: Vec<String> = spoken.iter().map(|word| stem(word)).collect();
        for (word, meant) in SYNONYMS {
            if stems.contains(&stem(word)) {
                words.add(split(meant).iter().map(|word| stem(word)).collect());
            }
        }
        words.add(stems);
        words
    }

    /// True when the word, or all words of the phrase one after the other, are said
    /// in any form, or a synonym is.
    pub fn has(&self, phrase: &str) -> bool {
        let wanted: Vec<String> = split(phrase).iter().map(|word| stem(word)).collect();
        match &wanted[..] {
            [] => false,
            [word] if word == NO => self.is_negated,
            [word] => self.stems.contains(word),
            wanted => self.sequences.iter().any(|said| said.windows(wanted.len()).any(|part| part == wanted)),
        }
    }

    /// As [`Self::has`], in this very form: `fired` and not `firing`.
    pub fn has_exactly(&self, phrase: &str) -> bool {
        let wanted: Vec<String> = split(phrase).iter().map(|word| singular(word)).collect();
        match &wanted[..] {
            [] => false,
            [word] if word == NO => self.is_negated,
            wanted => self.own.windows(wanted.len()).any(|part| part == wanted),
        }
    }

    fn add(&mut self, sequence: Vec<String>) {
        self.stems.extend(sequence.iter().cloned());
        self.sequences.push(sequence);
    }
}

/// Words in lower case. `don't` becomes `don` and `not`.
pub(crate) fn split(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('\u{2019}', "'").replace("n't", " not");
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What a negation denies: `attached` for `unattached`, the word itself for `without`.
fn negated(word: &str) -> Option<&str> {
    if NEGATIONS.contains(&word) {
        return Some(word);
    }
    let rest = word.strip_prefix("un").filter(|rest| rest.len() >= 4);
    rest.filter(|_| !NO_NEGATION.contains(&word))
}

/// A word without the endings of plural and verb forms, equal for all forms of
/// one word; not always a word itself.
pub(crate) fn stem(word: &str) -> String {
    let singular = singular(word);
    let bare = ["ing", "ed"].iter().find_map(|ending| singular.strip_suffix(ending).filter(|rest| rest.len() >= 3));
    let bare = bare.map_or_else(|| singular.clone(), undoubled);
    let without_e = bare.strip_suffix('e').filter(|rest| rest.len() >= 4);
    without_e.map_or(bare.clone(), str::to_owned)
}

/// `running` is a form of `run`, `failing` one of `fail`.
fn undoubled(word: &str) -> String {
    let mut letters = word.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !"lsz".contains(last) => word[..word.len() - 1].to_owned(),
        _ => word.to_owned(),
    }
}

fn singular(word: &str) -> String {
    const PLURALS: [(&str, &str); 10] = [
        ("amis", "ami"),
        ("apis", "api"),
        ("dbs", "db"),
        ("ids", "id"),
        ("indices", "index"),
        ("ips", "ip"),
        ("lbs", "lb"),
        ("policies", "policy"),
        ("sgs", "sg"),
        ("vms", "vm"),
    ];
    if let Some((_, single)) = PLURALS.iter().find(|(plural, _)| *plural == word) {
        return (*single).to_owned();
    }
    let replaced = |ending: &str, by: &str| word.strip_suffix(ending).map(|rest| format!("{rest}{by}"));
    let kept = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if word.len() <= 3 || kept {
        return word.to_owned();
    }
    let sibilant = ["sses", "shes", "ches", "xes", "zzes"].iter().any(|ending| word.ends_with(ending));
    let single = match word {
        _ if word.ends_with("ies") => replaced("ies", "y"),
        _ if sibilant => replaced("es", ""),
        _ => replaced("s", ""),
    };
    single.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one() {
        let families: [&[&str]; 14] = [
            &["volume", "volumes"],
            &["policy", "policies"],
            &["address", "addresses"],
            &["run", "running"],
            &["stop", "stopped", "stopping", "stops"],
            &["attach", "attached", "attaching"],
            &["expose", "exposed", "exposing"],
            &["encrypt", "encrypted", "encrypts"],
            &["fail", "failed", "failing", "fails"],
            &["expire", "expired", "expiring", "expires"],
            &["status", "status"],
            &["access", "access"],
            &["api", "apis"],
            &["database", "databases"],
        ];
        for family in families {
            assert!(family.iter().all(|word| stem(word) == stem(family[0])), "{family:?}");
        }
        assert_ne!(stem("database"), stem("data"));
    }

    #[test]
    fn every_negation_is_a_no() {
        for text in [
            "buckets without encryption",
            "buckets not encrypted",
            "unencrypted buckets",
            "buckets that aren't encrypted",
            "buckets that don\u{2019}t encrypt",
            "missing encryption",
            "encryption disabled",
        ] {
            assert!(Words::of(text).has("no"), "{text}");
        }
        for text in ["encrypted buckets", "units under test", "unique names"] {
            assert!(!Words::of(text).has("no"), "{text}");
        }
        assert!(Words::of("unencrypted buckets").has("encrypted"));
    }

    #[test]
    fn a_phrase_is_words_in_a_row() {
        assert!(Words::of("Open security groups?").has("security group"));
        assert!(Words::of("open SGs").has("security group"));
        assert!(!Words::of("the group for security").has("security group"));
        assert!(!Words::of("anything").has(""));
    }

    #[test]
    fn forms_of_a_verb_can_be_told_apart() {
        let words = Words::of("alarms that fired");
        assert!(words.has("firing") && words.has_exactly("fired") && words.has_exactly("alarm"));
        assert!(!words.has_exactly("firing"));
    }
}
