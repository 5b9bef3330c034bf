//! The plan as a table, then every change in detail.

use anstream::println;
use comfy_table::{ContentArrangement, Table, presets};
use deployer_core::Failure;
use deployer_core::plan::{Action, Change, Plan};
use owo_colors::OwoColorize;
use serde_json::json;

/// Prints the whole plan to stdout.
pub fn show(plan: &Plan) {
    println!("Plan for environment {} (account {}, {})", plan.environment, plan.account, plan.region);
    println!("{}", table(plan));
    for step in plan.steps.iter().filter(|step| !step.changes.is_empty()) {
        println!("\n{} {}", word(step.action), step.resource);
        step.changes.iter().for_each(change);
    }
    println!("\n{}", summary(plan));
}

/// Prints the plan and what speaks against it as one JSON document, version 1.
pub fn show_json(plan: &Plan, faults: &[Failure]) {
    let document = json!({"version": 1, "changes": !plan.is_empty(), "plan": plan, "faults": faults});
    println!("{document:#}");
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["#", "Action", "Resource", "Why"]);
    for (index, step) in plan.steps.iter().enumerate() {
        table.add_row([
            (index + 1).to_string(),
            word(step.action).to_string(),
            step.resource.clone(),
            step.reason.clone(),
        ]);
    }
    table
}

fn change(change: &Change) {
    match (&change.before, &change.after) {
        (None, Some(after)) => println!("  {} {}: {after}", "+".green(), change.path),
        (Some(before), None) => println!("  {} {}: {before}", "-".red(), change.path),
        (before, after) => {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".into());
            println!("  {} {}: {} → {}", "~".yellow(), change.path, text(before), text(after));
        }
    }
}

/// "3 to create, 1 to update, 5 unchanged"
fn summary(plan: &Plan) -> String {
    let counted = [
        (Action::Create, "to create"),
        (Action::Update, "to update"),
        (Action::Replace, "to replace"),
        (Action::Delete, "to delete"),
        (Action::Keep, "unchanged"),
        (Action::Unchecked, "unchecked"),
    ];
    let parts: Vec<_> = counted
        .into_iter()
        .map(|(action, words)| (plan.count(action), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    parts.join(", ")
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Keep => "keep",
        Action::Unchecked => "unchecked",
    }
}
