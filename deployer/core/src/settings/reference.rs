//! The table of settings as a page to read. Checked in as docs/settings.md.

use std::fmt::Write;

use super::entry::{Absent, Entry, Kind, join};
use super::keys;

const OPENING: &str = "\
# Settings

One file per environment: `environments/<name>.toml`. The name is part of every resource name.

- `extends = \"base\"` builds on another file: tables merge key by key, lists and single values are
  replaced. A file holds only what differs.
- `${NAME}` in a string is replaced by an environment variable, `${NAME:-default}` has a default for a
  missing or empty one, `$${` is a plain `${`. A missing variable is an error.
- `deployer validate` reads an environment and reports every mistake with file and line;
  `deployer validate --all` reads all of them.
- Editors that know JSON schemas for TOML complete and check the keys with
  `configs/schemas/environment.schema.json`.
- No file holds a secret: `[smoke.token.secret]` says where one is.

This page is made from the table in `deployer/core/src/settings/keys.rs`; a test keeps them equal
(`UPDATE_REFERENCE=1 cargo test -p deployer-core settings` writes it anew).
";

/// The reference of all settings in Markdown.
pub fn reference_markdown() -> String {
    let mut page = String::from(OPENING);
    let (tables, keys): (Vec<_>, Vec<_>) = keys::ROOT.iter().partition(|entry| below(entry).is_some());
    write_keys(&mut page, "At the top of the file", "", &keys);
    for entry in tables {
        write_table(&mut page, entry, "");
    }
    page
}

fn below(entry: &Entry) -> Option<&'static [Entry]> {
    match entry.kind {
        Kind::Table(entries) | Kind::Tables(entries) => Some(entries),
        _ => None,
    }
}

fn write_table(page: &mut String, entry: &Entry, parent: &str) {
    let path = join(parent, entry.name);
    let title = match entry.kind {
        Kind::Tables(_) => format!("`[[{path}]]`"),
        _ => format!("`[{path}]`"),
    };
    let entries: &'static [Entry] = below(entry).unwrap_or_default();
    let keys: Vec<&Entry> = entries.iter().filter(|entry| !matches!(entry.kind, Kind::Table(_))).collect();
    write_keys(page, &title, entry.about, &keys);
    for entry in entries.iter().filter(|entry| below(entry).is_some()) {
        write_table(page, entry, &path);
    }
}

fn write_keys(page: &mut String, title: &str, about: &str, keys: &[&Entry]) {
    let about = if about.is_empty() { String::new() } else { format!("{about}\n\n") };
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## {title}\n\n{about}| key | takes | without it | meaning |\n|---|---|---|---|\n");
    for entry in keys {
        let cells = [format!("`{}`", entry.name), takes(&entry.kind), absent(&entry.absent), entry.about.into()];
        let escaped: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(page, "| {} |", escaped.join(" | "));
    }
}

fn takes(kind: &Kind) -> String {
    let quoted = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Boolean => "`true`, `false`".into(),
        Kind::Integer { least, most } => format!("{least} to {most}"),
        Kind::OneOf(numbers) => numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        Kind::Word(words) => quoted(words),
        Kind::Text(form) => form.says.into(),
        Kind::Texts(form) => format!("a list; each {}", form.says),
        Kind::Map { most, .. } => format!("a table of at most {most} names with strings"),
        Kind::Table(_) => "a table".into(),
        Kind::Tables(_) => "a list of tables".into(),
    }
}

fn absent(absent: &Absent) -> String {
    match absent {
        Absent::Required => "required".into(),
        Absent::Default(text) => format!("`{text}`"),
        Absent::Means(words) => (*words).into(),
    }
}
