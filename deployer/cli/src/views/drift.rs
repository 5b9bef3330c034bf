//! Drift by resource: what should be, what is, and who repairs it.

use deployer_core::drift::{Cause, DriftReport, Finding, Repair};
use owo_colors::OwoColorize;

use super::out::say;

pub fn show(report: &DriftReport) {
    let mut resource = "";
    for finding in &report.findings {
        if finding.resource != resource {
            resource = &finding.resource;
            say!("{}", resource.bold());
        }
        difference(finding);
    }
    if !report.unchecked.is_empty() {
        say!("{}", "unchecked".bold());
        for unchecked in &report.unchecked {
            say!("  {}: {}", unchecked.resource, unchecked.reason);
        }
    }
    say!("{}", summary(report));
}

fn difference(finding: &Finding) {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".into());
    let mark = match finding.cause {
        Cause::Drift => "drift".red().to_string(),
        Cause::Pending => "pending".yellow().to_string(),
    };
    say!("  {mark} {}", finding.path);
    say!("      should be {}", text(&finding.expected).green());
    say!("      is        {}", text(&finding.actual).red());
    if finding.repair == Repair::NotOurs {
        say!("      not ours to repair");
    }
    if let Some(note) = &finding.note {
        say!("      {note}");
    }
}

/// One line: how many differences there are and what repairs them.
fn summary(report: &DriftReport) -> String {
    let DriftReport { environment, findings, unchecked, .. } = report;
    let unchecked = match unchecked.len() {
        0 => String::new(),
        count => format!(" {count} could not be checked."),
    };
    if findings.is_empty() {
        let all = if unchecked.is_empty() { "Everything" } else { "Everything that could be checked" };
        return format!("{all} in environment {environment} is as it should be.{unchecked}");
    }
    let count = findings.len();
    let differences = if count == 1 { "difference" } else { "differences" };
    let repair = match (report.ours(), count) {
        (0, _) => "none of them ours to repair".to_string(),
        (ours, count) if ours == count => format!("`deployer up --env {environment}` repairs all"),
        (ours, _) => format!("`deployer up --env {environment}` repairs {ours}"),
    };
    format!("{count} {differences}; {repair}.{unchecked}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::drift::Unchecked;

    #[test]
    fn the_last_line_says_how_to_repair_and_what_was_not_checked() {
        let mut report = DriftReport { environment: "test".into(), clean: true, findings: vec![], unchecked: vec![] };
        assert_eq!(summary(&report), "Everything in environment test is as it should be.");
        report.unchecked.push(Unchecked { resource: "role x".into(), reason: "denied".into() });
        assert!(summary(&report).starts_with("Everything that could be checked"));
        let finding = Finding::drifted("role x", "path", None, None);
        report.findings = vec![finding.clone(), finding.clone().of_others("ann")];
        assert_eq!(summary(&report), "2 differences; `deployer up --env test` repairs 1. 1 could not be checked.");
        report.findings = vec![finding.of_others("ann")];
        assert_eq!(summary(&report), "1 difference; none of them ours to repair. 1 could not be checked.");
    }
}
