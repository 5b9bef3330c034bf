//! What the table of settings is made of: a key's name, what it takes, what
//! holds without it and what it means. Reading, the editors' schema and the
//! reference are all made from these.

use super::form::Form;

/// One key, or one table of keys.
pub(super) struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    pub absent: Absent,
    pub about: &'static str,
}

pub(super) enum Kind {
    Boolean,
    Integer {
        least: u32,
        most: u32,
    },
    OneOf(&'static [u32]),
    Word(&'static [&'static str]),
    Text(&'static Form),
    Texts(&'static Form),
    /// A table with names of the user's choice.
    Map {
        name: &'static Form,
        value: &'static Form,
        most: usize,
    },
    Table(&'static [Entry]),
    /// `[[name]]`
    Tables(&'static [Entry]),
}

/// What holds when no file gives the key.
pub(super) enum Absent {
    /// A fault.
    Required,
    /// This TOML value.
    Default(&'static str),
    /// In words; the code that reads the key knows.
    Means(&'static str),
}

impl Entry {
    pub const fn new(name: &'static str, kind: Kind, absent: Absent, about: &'static str) -> Self {
        Self { name, kind, absent, about }
    }

    pub const fn table(name: &'static str, entries: &'static [Entry], about: &'static str) -> Self {
        Self { name, kind: Kind::Table(entries), absent: Absent::Means(""), about }
    }
}

impl Kind {
    /// For "must be an integer".
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer { .. } | Self::OneOf(_) => "an integer",
            Self::Word(_) | Self::Text(_) => "a string",
            Self::Texts(_) => "a list of strings",
            Self::Map { .. } | Self::Table(_) => "a table",
            Self::Tables(_) => "a list of tables",
        }
    }
}

/// Keys of one table that exclude each other: two of them in one file are a
/// fault, and a file's choice replaces the choice of the file that it extends.
pub(super) struct Choice {
    pub table: &'static str,
    pub keys: &'static [&'static str],
}

pub(super) const CHOICES: &[Choice] = &[
    Choice { table: "conversations", keys: &["ttl_days", "ttl_minutes"] },
    Choice { table: "smoke.token.secret", keys: &["variable", "file", "secrets_manager", "local_platform"] },
];

/// The dotted path of a key.
pub(super) fn join(table: &str, key: &str) -> String {
    if table.is_empty() { key.into() } else { format!("{table}.{key}") }
}
