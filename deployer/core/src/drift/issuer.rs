//! The issuer's side of the estate, which is never ours to repair.

use super::report::{Finding, Findings};
use crate::issuer_check::IssuerCheck;

/// What is wrong with the issuer; an issuer that did not answer is unchecked.
pub fn issuer_findings(discovery_url: &str, check: &IssuerCheck) -> Findings {
    let resource = format!("issuer {discovery_url}");
    match check {
        IssuerCheck::Sound { .. } => Findings::default(),
        IssuerCheck::Unanswered(reason) => Findings::unchecked(resource, reason),
        IssuerCheck::Faulty(fault) => {
            let finding = Finding::drifted(&resource, fault.path, Some(&fault.expected), Some(&fault.actual));
            vec![finding.of_others(format!("the issuer's administrators: {}", fault.hint))].into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Repair;
    use crate::issuer_check::judge_document;
    use serde_json::json;

    #[test]
    fn a_wrong_issuer_is_found_and_is_not_ours() {
        let fault = judge_document("https://a", &json!({"issuer": "https://b", "jwks_uri": "https://a/keys"}));
        let findings = issuer_findings("https://a/d", &IssuerCheck::Faulty(fault.unwrap_err()));
        assert_eq!((findings.found[0].path.as_str(), findings.found[0].repair), ("issuer", Repair::NotOurs));
    }

    #[test]
    fn an_issuer_that_does_not_answer_is_unchecked() {
        let findings = issuer_findings("https://a/d", &IssuerCheck::Unanswered("timed out".into()));
        assert!(findings.found.is_empty());
        assert_eq!(findings.unchecked[0].reason, "timed out");
    }
}
