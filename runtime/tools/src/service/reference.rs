//! The list of questions in docs/tools.md, made from the recipes.

use std::fmt::Write;
use std::path::Path;

use super::{Kind, Recipe};
use crate::dispatch;

/// Stands before the list; what is above it is written by hand.
const MARK: &str = "<!-- From the code: UPDATE_REFERENCE=1 cargo test -p tools reference -->\n";

#[test]
fn the_reference_lists_every_question() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tools.md");
    let text = std::fs::read_to_string(&file).expect("docs/tools.md is part of the checkout");
    let (by_hand, listed) = text.split_once(MARK).expect("docs/tools.md has the mark before the questions");
    let wanted = reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&file, format!("{by_hand}{MARK}{wanted}")).expect("docs/tools.md can be written");
        return;
    }
    assert_eq!(listed, wanted, "run UPDATE_REFERENCE=1 cargo test -p tools reference");
}

fn reference() -> String {
    let mut text = String::new();
    for tool in dispatch::service_tools() {
        let _ = write!(text, "\n### {}\n\n| question | answers | takes |\n|---|---|---|\n", tool.name);
        for recipe in tool.recipes {
            let _ = writeln!(text, "| `{}` | {} | {} |", recipe.name, cell(recipe.answers), takes(recipe));
        }
    }
    text
}

fn takes(recipe: &Recipe) -> String {
    let takes = recipe.takes.iter().map(|parameter| {
        let kind = match parameter.kind {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::List => "list",
        };
        format!("`{}` ({kind}): {}", parameter.name, cell(parameter.means))
    });
    takes.collect::<Vec<_>>().join("<br>")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
