//! What is to be adopted, how it is, and what `up` would make of it.

use deployer_core::plan::{Change, Step};
use serde_json::Value;

use super::foreign::escaped;
use super::out::say;

/// `found` is the resource as it was observed, `later` what `up` would then do, where that is known.
pub fn show(step: &Step, found: &Value, later: Option<&[Step]>) {
    say!("Adopt {}: {}", step.resource, step.reason);
    let found = found.get("present").unwrap_or(found);
    for name in ["name", "arn", "id", "status", "role_arn"] {
        if let Some(value) = found.get(name).and_then(Value::as_str) {
            say!("  {name:<9} {}", escaped(value));
        }
    }
    let tags = found.get("tags").and_then(Value::as_object);
    for (key, value) in tags.into_iter().flatten() {
        say!("  tag       {} = {}", escaped(key), escaped(value.as_str().unwrap_or_default()));
    }
    say!("\nAdopting it changes:");
    match step.changes.is_empty() {
        true => say!("    nothing of its own: it has our tags already"),
        false => changes(&step.changes),
    }
    match later {
        None => say!("\n`deployer plan` shows what `up` would then change."),
        Some([]) => say!("\nThe next `up` would not change it further."),
        Some(later) => {
            say!("\nThe next `up` would change:");
            later.iter().for_each(|step| {
                say!("  {}: {}", step.resource, step.reason);
                changes(&step.changes);
            });
        }
    }
}

fn changes(changes: &[Change]) {
    for change in changes {
        let path = escaped(&change.path);
        match (&change.before, &change.after) {
            (None, Some(after)) => say!("    + {path}: {}", escaped(after)),
            (Some(before), None) => say!("    - {path}: {}", escaped(before)),
            (before, after) => {
                let text = |value: &Option<String>| escaped(value.as_deref().unwrap_or("(none)")).into_owned();
                say!("    ~ {path}: {} → {}", text(before), text(after));
            }
        }
    }
}
