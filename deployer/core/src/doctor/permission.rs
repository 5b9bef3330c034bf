//! Simulated permissions: what the caller may not do of all that a deployment calls.

use super::link::Verdict;

/// How many denied calls are named before the rest is counted.
const NAMED: usize = 8;

/// One call and what the simulation says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// `iam:PassRole`
    pub action: String,
    pub resource: String,
    /// What the deployer needs it for.
    pub purpose: String,
    pub decision: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// No policy allows it.
    Missing,
    /// A policy forbids it, and no other policy can allow it.
    Forbidden,
    /// It hangs on context that the simulation does not have; these keys.
    Unclear(Vec<String>),
}

/// Whose policies decide about a caller, by the ARN that STS tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account's root user, whom no policy limits.
    Root,
    User(String),
    /// A session's role; its ARN as if the role had no path.
    Role {
        name: String,
        arn: String,
    },
    /// A federated user, a service.
    Other,
}

impl Principal {
    pub fn of(arn: &str) -> Self {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, _, account, resource] = parts[..] else { return Self::Other };
        match (service, resource.split('/').collect::<Vec<_>>().as_slice()) {
            ("iam", ["root"]) => Self::Root,
            ("iam", ["user", ..]) => Self::User(arn.into()),
            ("sts", ["assumed-role", name, _session]) => {
                Self::Role { name: name.to_string(), arn: format!("arn:{partition}:iam::{account}:role/{name}") }
            }
            _ => Self::Other,
        }
    }
}

/// The verdict over all calls.
pub fn permissions(simulated: &[Simulated]) -> Verdict {
    let refused: Vec<_> = simulated
        .iter()
        .filter_map(|call| match call.decision {
            Decision::Missing => Some(format!("{} on {} (to {})", call.action, call.resource, call.purpose)),
            Decision::Forbidden => {
                Some(format!("{} on {} is forbidden (to {})", call.action, call.resource, call.purpose))
            }
            Decision::Allowed | Decision::Unclear(_) => None,
        })
        .collect();
    if !refused.is_empty() {
        return Verdict::broken("aws/denied", listed(&refused), HINT);
    }
    let unclear: Vec<_> = simulated
        .iter()
        .filter_map(|call| match &call.decision {
            Decision::Unclear(keys) => Some(format!("{} depends on {}", call.action, keys.join(", "))),
            _ => None,
        })
        .collect();
    match unclear.is_empty() {
        true => Verdict::ok(format!("all {} planned calls are allowed", simulated.len())),
        false => Verdict::unchecked(format!(
            "{} of {} planned calls are allowed; {}",
            simulated.len() - unclear.len(),
            simulated.len(),
            listed(&unclear)
        )),
    }
}

const HINT: &str = "`deployer render --deployer-policy` prints the policy that the deployer needs";

fn listed(calls: &[String]) -> String {
    let rest = calls.len().saturating_sub(NAMED);
    let named = calls[..calls.len() - rest].join("; ");
    if rest > 0 { format!("{named}; and {rest} more") } else { named }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;

    fn call(action: &str, decision: Decision) -> Simulated {
        Simulated { action: action.into(), resource: "*".into(), purpose: "deploy".into(), decision }
    }

    #[test]
    fn every_call_that_is_not_allowed_is_named() {
        let calls = [call("a:A", Decision::Allowed), call("b:B", Decision::Missing), call("c:C", Decision::Forbidden)];
        let verdict = permissions(&calls);
        assert_eq!((verdict.state, verdict.code), (LinkState::Broken, Some("aws/denied")));
        assert_eq!(verdict.detail, "b:B on * (to deploy); c:C on * is forbidden (to deploy)");
    }

    #[test]
    fn what_hangs_on_unknown_context_is_unchecked() {
        let calls = [call("a:A", Decision::Allowed), call("b:B", Decision::Unclear(vec!["aws:PrincipalTag/x".into()]))];
        let verdict = permissions(&calls);
        assert_eq!(verdict.state, LinkState::Unchecked);
        assert!(verdict.detail.contains("aws:PrincipalTag/x"), "{}", verdict.detail);
        assert_eq!(permissions(&calls[..1]).state, LinkState::Ok);
    }

    #[test]
    fn a_session_is_simulated_as_its_role() {
        let role = Principal::of("arn:aws:sts::111122223333:assumed-role/deploy/ann");
        assert_eq!(
            role,
            Principal::Role { name: "deploy".into(), arn: "arn:aws:iam::111122223333:role/deploy".into() }
        );
        let user = "arn:aws:iam::111122223333:user/team/ann";
        assert_eq!(Principal::of(user), Principal::User(user.into()));
        assert_eq!(Principal::of("arn:aws:iam::111122223333:root"), Principal::Root);
        for other in ["arn:aws:sts::111122223333:federated-user/ann", "", "nonsense"] {
            assert_eq!(Principal::of(other), Principal::Other, "{other}");
        }
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let calls: Vec<_> = (0..11).map(|n| call(&format!("a:A{n}"), Decision::Missing)).collect();
        assert!(permissions(&calls).detail.ends_with("; and 3 more"), "{}", permissions(&calls).detail);
    }
}
