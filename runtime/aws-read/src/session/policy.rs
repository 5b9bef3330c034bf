//! Session policies (IAM user guide, "Session policies"): what remains of the
//! role's permissions is what both allow.

use std::collections::BTreeSet;

use serde_json::json;

use crate::allowlist::{self, AllowedOperation, DataOptIn};

/// Longest inline session policy, in characters (STS API reference, AssumeRole).
const MAX_LENGTH: usize = 2048;

/// What a session may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    /// All allowed reads of a service.
    Service(String),
    Operation {
        service: String,
        name: String,
    },
}

impl Scope {
    /// As CloudTrail shows the caller: `aws-read-ec2-DescribeVolumes`, at most 64 characters.
    pub fn session_name(&self) -> String {
        let name = match self {
            Self::Service(service) => format!("aws-read-{service}"),
            Self::Operation { service, name } => format!("aws-read-{service}-{name}"),
        };
        name.chars().take(64).collect()
    }
}

/// The widest scope around the operation whose policy is short enough.
pub(super) fn of(operation: &AllowedOperation, data: &DataOptIn) -> (Scope, String) {
    let service = operation.service();
    let callable = allowlist::operations(service).iter().filter(|other| data.lets_pass(other));
    let policy = document(callable.flat_map(AllowedOperation::iam_actions));
    if policy.len() <= MAX_LENGTH {
        return (Scope::Service(service.to_owned()), policy);
    }
    let scope = Scope::Operation { service: service.to_owned(), name: operation.name().to_owned() };
    (scope, document(operation.iam_actions()))
}

fn document<'a>(actions: impl IntoIterator<Item = &'a String>) -> String {
    let actions: BTreeSet<_> = actions.into_iter().collect();
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use serde_json::Value;

    /// Every operation that could be called, with all of the data tier opted in.
    fn everything() -> (DataOptIn, Vec<&'static AllowedOperation>) {
        let all: Vec<_> = model::SERVICES.iter().flat_map(|service| allowlist::operations(service)).collect();
        let closed = all.iter().filter(|operation| !operation.tier().is_open()).map(|operation| operation.full_name());
        (DataOptIn::parse(&closed.collect::<Vec<_>>()).unwrap(), all)
    }

    fn actions(policy: &str) -> Vec<String> {
        let policy: Value = serde_json::from_str(policy).unwrap();
        serde_json::from_value(policy["Statement"][0]["Action"].clone()).unwrap()
    }

    #[test]
    fn every_operations_policy_is_short_enough_and_allows_it() {
        let (all_data, operations) = everything();
        for data in [DataOptIn::default(), all_data] {
            for operation in operations.iter().filter(|operation| data.lets_pass(operation)) {
                let (_, policy) = of(operation, &data);
                assert!(policy.len() <= MAX_LENGTH, "{}: {}", operation.full_name(), policy.len());
                let allowed = actions(&policy);
                assert!(operation.iam_actions().iter().all(|action| allowed.contains(action)), "{policy}");
            }
        }
    }

    #[test]
    fn a_long_list_is_narrowed_to_the_operation_and_a_short_one_is_not() {
        let scope =
            |service: &str, name: &str| of(allowlist::operation(service, name).unwrap(), &DataOptIn::default()).0;
        assert!(matches!(scope("ec2", "DescribeVolumes"), Scope::Operation { .. }));
        assert_eq!(scope("sts", "GetCallerIdentity"), Scope::Service("sts".into()));
    }

    #[test]
    fn operations_that_are_not_opted_in_add_nothing() {
        let operation = allowlist::operation("logs", "DescribeLogGroups").unwrap();
        let (_, policy) = of(operation, &DataOptIn::default());
        assert!(!actions(&policy).contains(&"logs:StartQuery".to_owned()), "{policy}");
    }

    #[test]
    fn session_names_are_short_and_plain() {
        for operation in everything().1 {
            let (service, name) = (operation.service().to_owned(), operation.name().to_owned());
            let name = Scope::Operation { service, name }.session_name();
            assert!(
                name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "{name}"
            );
        }
    }
}
