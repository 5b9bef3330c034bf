//! The issuer and a token of it.

use super::link::Verdict;
use crate::issuer_check::IssuerCheck;
use crate::settings::Issuer;
use crate::token_check;

/// Tokens that end sooner may end while a question is answered.
const SHORT_SECONDS: i64 = 60;

pub fn issuer(discovery_url: &str, check: &IssuerCheck) -> Verdict {
    match check {
        IssuerCheck::Sound { keys: 1 } => Verdict::ok(format!("{discovery_url} answers, with one signing key")),
        IssuerCheck::Sound { keys } => Verdict::ok(format!("{discovery_url} answers, with {keys} signing keys")),
        IssuerCheck::Faulty(fault) => {
            let cause = format!("{}: {} instead of {}", fault.path, fault.actual, fault.expected);
            Verdict::broken("issuer/wrong", cause, &fault.hint)
        }
        IssuerCheck::Unanswered(reason) => Verdict::broken(
            "issuer/unreachable",
            reason,
            "check issuer.discovery_url and the network; without the issuer the gateway accepts no token",
        ),
    }
}

/// Whether the gateway will take a token; `now` in seconds since 1970.
pub fn token(token: &str, settings: &Issuer, now: i64) -> Verdict {
    match token_check::judge(token, settings, now) {
        Ok(summary) => {
            let audience = match summary.audience.is_empty() {
                true => "no audience".to_string(),
                false => format!("audience {}", summary.audience.join(", ")),
            };
            let left = summary.seconds_left.unwrap_or_default();
            match left < SHORT_SECONDS {
                true => Verdict::warning(
                    format!("{audience}; it ends in {left} seconds"),
                    "let the issuer give longer lives to its tokens",
                ),
                false => Verdict::ok(format!("{audience}, valid for {} more minutes", left / 60)),
            }
        }
        Err(faults) => {
            let causes: Vec<_> = faults.iter().map(|fault| fault.cause.as_str()).collect();
            let hints: Vec<_> = faults.iter().map(|fault| fault.hint.as_str()).collect();
            Verdict::broken("token/refused", causes.join("; "), hints.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;
    use crate::issuer_check::IssuerFault;

    #[test]
    fn an_issuer_that_is_wrong_or_silent_is_broken() {
        let faulty = IssuerCheck::Faulty(IssuerFault::unavailable("discovery document", "HTTP 404"));
        assert_eq!(issuer("d", &faulty).code, Some("issuer/wrong"));
        assert_eq!(issuer("d", &IssuerCheck::Unanswered("timed out".into())).code, Some("issuer/unreachable"));
        assert_eq!(issuer("d", &IssuerCheck::Sound { keys: 2 }).state, LinkState::Ok);
    }

    #[test]
    fn a_refused_token_is_broken_with_advice() {
        let verdict = token("opaque", &crate::samples::settings().issuer, 0);
        assert_eq!((verdict.state, verdict.code), (LinkState::Broken, Some("token/refused")));
        assert!(verdict.hint.is_some_and(|hint| hint.contains("authorization server")));
    }
}
