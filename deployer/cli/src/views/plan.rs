//! The plan as a reviewer reads it: what is done and why, then what others did,
//! who may do what, and what is lost.

mod losses;

use std::collections::HashSet;
use std::fmt::Write;

use deployer_core::only::LEFT_OUT;
use deployer_core::plan::{AccessEffect, Action, Change, Plan, Step};
use owo_colors::OwoColorize;

use super::foreign::escaped;
use super::out::say;

/// Whether resources that stay as they are get lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Changes,
    Everything,
}

impl Detail {
    pub fn of(verbose: bool) -> Self {
        if verbose { Self::Everything } else { Self::Changes }
    }
}

/// Prints the plan to stdout.
pub fn show(plan: &Plan, detail: Detail) {
    say!("{}", text(plan, detail));
}

/// The whole plan, without a newline at its end.
pub fn text(plan: &Plan, detail: Detail) -> String {
    let mut page = Page::default();
    page.line(format!("Plan for environment {} (account {}, {})", plan.environment, plan.account, plan.region));
    for step in plan.steps.iter().filter(|step| detail == Detail::Everything || is_news(step)) {
        page.step(step);
    }
    page.foreign(plan);
    page.access(plan);
    page.losses(plan);
    page.line(format!("\n{}", summary(plan)));
    page.0.trim_end().to_string()
}

/// A person has to read it: something is done, or could not be looked at.
fn is_news(step: &Step) -> bool {
    step.operation.is_some() || step.action == Action::Unchecked
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{text}");
    }

    fn step(&mut self, step: &Step) {
        self.line(format!("\n{} {:<9} {}", mark(step.action), word(step.action), escaped(&step.resource).bold()));
        self.line(format!("    {}", escaped(&step.reason)));
        for replacement in losses::replacements(step) {
            self.line(format!("    {}", replacement.red()));
        }
        step.changes.iter().for_each(|change| self.line(format!("    {}", difference(change))));
    }

    fn foreign(&mut self, plan: &Plan) {
        let touched: Vec<_> = plan.steps.iter().filter(|step| !step.foreign.is_empty()).collect();
        if touched.is_empty() {
            return;
        }
        self.line("\nNot ours to repair");
        for step in touched {
            self.line(format!("  {}", escaped(&step.resource)));
            step.foreign.iter().for_each(|change| self.line(format!("    {}", difference(change))));
        }
    }

    fn access(&mut self, plan: &Plan) {
        if plan.access.is_empty() {
            return;
        }
        self.line("\nAccess");
        // Role and function each have to allow an invocation: one sentence of the two is enough to read.
        let mut told = HashSet::new();
        for change in plan.access.iter().filter(|change| told.insert(&change.sentence)) {
            let mark = match change.effect {
                AccessEffect::Widens => "+".yellow().bold().to_string(),
                AccessEffect::Narrows => "-".green().bold().to_string(),
            };
            self.line(format!("  {mark} {}", escaped(&change.sentence)));
        }
    }

    fn losses(&mut self, plan: &Plan) {
        let lost = losses::of(plan);
        if lost.is_empty() {
            return;
        }
        self.line(format!("\n{}", "Deleted".red().bold()));
        lost.iter().for_each(|loss| self.line(format!("  {} {}", "-".red(), loss.red())));
    }
}

/// "~ memory_mb: 512 → 1024"
fn difference(change: &Change) -> String {
    let path = escaped(&change.path);
    let text = |value: &Option<String>| value.as_deref().map_or("(none)".into(), |value| escaped(value).into_owned());
    let (before, after) = (text(&change.before), text(&change.after));
    match (&change.before, &change.after) {
        (None, Some(_)) => format!("{} {path}: {after}", "+".green()),
        (Some(_), None) => format!("{} {path}: {before}", "-".red()),
        _ => format!("{} {path}: {before} → {after}", "~".yellow()),
    }
}

/// "3 to create, 1 to update, 5 unchanged"; what `--only` leaves out is counted apart.
fn summary(plan: &Plan) -> String {
    let left_out = plan.steps.iter().filter(|step| is_left_out(step)).count();
    let counted = [
        (plan.count(Action::Create), "to create"),
        (plan.count(Action::Update), "to update"),
        (plan.count(Action::Replace), "to replace"),
        (plan.count(Action::Delete), "to delete"),
        (plan.count(Action::Adopt), "to adopt"),
        (plan.count(Action::Keep) - left_out, "unchanged"),
        (left_out, LEFT_OUT),
        (plan.count(Action::Unchecked), "unchecked"),
    ];
    let parts = counted.into_iter().filter(|(count, _)| *count > 0);
    let counts = parts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ");
    let nothing = plan.is_empty() && plan.count(Action::Unchecked) == 0;
    if nothing { format!("Nothing to change: {counts}") } else { counts }
}

fn is_left_out(step: &Step) -> bool {
    step.action == Action::Keep && step.operation.is_none() && step.reason == LEFT_OUT
}

fn mark(action: Action) -> String {
    match action {
        Action::Create | Action::Adopt => "+".green().bold().to_string(),
        Action::Update => "~".yellow().bold().to_string(),
        Action::Replace => "!".red().bold().to_string(),
        Action::Delete => "-".red().bold().to_string(),
        Action::Keep => " ".into(),
        Action::Unchecked => "?".yellow().bold().to_string(),
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Keep => "keep",
        Action::Unchecked => "unchecked",
    }
}

#[cfg(test)]
mod tests;
