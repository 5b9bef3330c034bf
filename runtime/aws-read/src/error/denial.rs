//! Why a call was denied, read from AWS's message (IAM user guide, "Troubleshoot
//! access denied error messages").

use super::refusal::Fault;

/// What a message says about a denial.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denial {
    /// `ec2:DescribeVolumes`
    pub action: Option<String>,
    cause: Option<Cause>,
}

/// The kind of policy that stands against the call.
#[derive(Debug, PartialEq, Eq)]
enum Cause {
    /// A statement forbids it; no permission helps.
    ExplicitDeny(&'static str),
    /// A policy that only limits does not allow it.
    NotAllowedBy(&'static str),
}

/// As messages name them; `no identity-based policy allows` is the usual case.
const POLICIES: [&str; 8] = [
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
    "role trust policy",
    "resource-based policy",
    "identity-based policy",
];

impl Denial {
    /// None when the fault is no denial.
    pub fn of(fault: &Fault) -> Option<Self> {
        fault.is_denied().then(|| Self { action: action(&fault.message), cause: cause(&fault.message) })
    }

    pub fn hint(&self, iam_actions: &[String]) -> String {
        let actions = iam_actions.join(", ");
        match self.cause {
            Some(Cause::ExplicitDeny(policy)) => {
                format!("an explicit deny in the {policy} forbids {actions}; allowing it to the role does not help")
            }
            Some(Cause::NotAllowedBy(policy)) => format!("the {policy} must allow {actions} as well as the role"),
            None => format!("the tool function's role needs {actions}"),
        }
    }
}

/// The action in "is not authorized to perform: service:Action on resource".
fn action(message: &str) -> Option<String> {
    let (_, after) = message.split_once("not authorized to perform: ")?;
    let action = after.split_whitespace().next()?.trim_end_matches(['.', ',']);
    let (service, name) = action.split_once(':')?;
    let is_service = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_service && is_name).then(|| action.to_owned())
}

fn cause(message: &str) -> Option<Cause> {
    let policy = |text: &str| POLICIES.into_iter().find(|policy| text.contains(policy));
    if let Some((_, after)) = message.split_once("explicit deny") {
        return Some(Cause::ExplicitDeny(policy(after).unwrap_or("policies")));
    }
    let (_, after) = message.split_once("because no ")?;
    policy(after).filter(|policy| *policy != "identity-based policy").map(Cause::NotAllowedBy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(message: &str) -> Denial {
        let message = message.to_owned();
        Denial::of(&Fault { status: 403, code: "AccessDenied".into(), message, request_id: None, region: None })
            .unwrap()
    }

    fn hint(end: &str) -> String {
        let start = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:ListAllMyBuckets";
        let denial = denial(&format!("{start} {end}"));
        assert_eq!(denial.action.as_deref(), Some("s3:ListAllMyBuckets"), "{end}");
        denial.hint(&["s3:ListAllMyBuckets".into()])
    }

    #[test]
    fn an_explicit_deny_says_that_a_permission_does_not_help() {
        let hint = hint("with an explicit deny in a service control policy");
        assert!(hint.starts_with("an explicit deny in the service control policy forbids"), "{hint}");
    }

    #[test]
    fn a_limiting_policy_is_named() {
        for (end, policy) in [
            ("because no session policy allows the s3:ListAllMyBuckets action", "session policy"),
            ("because no permissions boundary allows the s3:ListAllMyBuckets action", "permissions boundary"),
            ("on resource: x because no service control policy allows it", "service control policy"),
        ] {
            assert_eq!(hint(end), format!("the {policy} must allow s3:ListAllMyBuckets as well as the role"));
        }
    }

    #[test]
    fn the_usual_denial_names_what_the_role_needs() {
        let usual = "the tool function's role needs s3:ListAllMyBuckets";
        assert_eq!(hint("because no identity-based policy allows the s3:ListAllMyBuckets action"), usual);
        assert_eq!(hint("on resource: *"), usual);
    }

    #[test]
    fn what_is_no_action_is_not_taken_for_one() {
        for message in ["", "You are not authorized", "not authorized to perform: <script>:x y", "perform: a:b"] {
            assert_eq!(denial(message).action, None, "{message}");
        }
    }
}
