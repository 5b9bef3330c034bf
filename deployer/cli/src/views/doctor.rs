//! The chain, a line a link.

use deployer_core::doctor::{DoctorReport, Link, LinkState};
use owo_colors::OwoColorize;

use super::out::say;

pub fn show(report: &DoctorReport) {
    say!("Environment {}", report.environment);
    let width = report.links.iter().map(|link| link.name.chars().count()).max().unwrap_or_default();
    for link in &report.links {
        line(link, width);
    }
    say!();
    say!("{}", summary(report));
}

fn line(link: &Link, width: usize) {
    let mark = match link.state {
        LinkState::Ok => "ok".green().to_string(),
        LinkState::Warning => "warning".yellow().to_string(),
        LinkState::Broken => "BROKEN".red().to_string(),
        LinkState::Unchecked => "unchecked".to_string(),
        LinkState::NotDeployedYet => "not deployed yet".to_string(),
        LinkState::Skipped => "skipped".to_string(),
    };
    say!("  {:width$}  {mark}: {}", link.name, link.detail);
    if let Some(hint) = link.hint.as_ref().filter(|_| link.state != LinkState::NotDeployedYet) {
        say!("  {:width$}  {} {hint}", "", "hint:".cyan());
    }
}

/// "link `target` is broken (target/not-ready)", or how the others stand.
fn summary(report: &DoctorReport) -> String {
    if let Some(link) = report.broken() {
        let code = link.code.map(|code| format!(" [{code}]")).unwrap_or_default();
        return format!("The first broken link is `{}`{code}.", link.name);
    }
    let others = [
        (LinkState::Warning, "with a warning"),
        (LinkState::Unchecked, "unchecked"),
        (LinkState::NotDeployedYet, "not deployed yet"),
    ];
    let counted = others.into_iter().map(|(state, words)| (report.count(state), words)).filter(|(count, _)| *count > 0);
    let counted: Vec<_> = counted.map(|(count, words)| format!("{count} {words}")).collect();
    match counted.is_empty() {
        true => "Every link holds.".into(),
        false => format!("No link is broken; {}.", counted.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::doctor::Verdict;

    #[test]
    fn the_last_line_names_the_first_broken_link_or_counts_the_rest() {
        let mut report = DoctorReport::new("test");
        report.add("settings", Verdict::ok("valid"));
        assert_eq!(summary(&report), "Every link holds.");
        report.add("token", Verdict::unchecked("no source"));
        assert_eq!(summary(&report), "No link is broken; 1 unchecked.");
        report.add("target", Verdict::broken("target/not-ready", "is FAILED", "repair"));
        assert_eq!(summary(&report), "The first broken link is `target` [target/not-ready].");
    }
}
