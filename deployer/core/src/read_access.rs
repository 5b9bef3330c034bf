//! What the tool function's role may read, from the same list that its code is
//! held to (configs/read-only-allowlist.toml).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Serialize;

/// Service, operation, IAM actions.
type Allowlist = BTreeMap<String, BTreeMap<String, Vec<String>>>;

static ALLOWLIST: LazyLock<Allowlist> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../configs/read-only-allowlist.toml"))
        .expect("the allowlist is compiled in and read by a test")
});

/// Actions that AWS cannot narrow to a resource (Service Authorization Reference).
const WITHOUT_ARN: [&str; 1] = ["s3:ListAllMyBuckets"];

/// Everything of a service, where its actions can be narrowed.
const RESOURCES: [(&str, &str); 1] = [("s3", "arn:${AWS::Partition}:s3:::*")];

/// One IAM statement of the tool role. `resource` is a YAML value.
#[derive(Debug, Serialize)]
pub struct ReadStatement {
    pub sid: String,
    pub actions: Vec<String>,
    pub resource: String,
}

/// Statements for every allowed read, sorted by service and action.
pub fn statements() -> Vec<ReadStatement> {
    ALLOWLIST.iter().flat_map(|(service, operations)| service_statements(service, operations)).collect()
}

fn service_statements(service: &str, operations: &BTreeMap<String, Vec<String>>) -> Vec<ReadStatement> {
    let actions: BTreeSet<&String> = operations.values().flatten().collect();
    let (open, narrow): (Vec<_>, Vec<_>) =
        actions.into_iter().cloned().partition(|action| WITHOUT_ARN.contains(&action.as_str()));
    let name = service.to_uppercase();
    let narrowed = RESOURCES.iter().find(|(key, _)| *key == service).map(|(_, arn)| *arn);
    [
        ReadStatement { sid: format!("{name}WithoutArn"), actions: open, resource: "\"*\"".into() },
        ReadStatement {
            sid: format!("{name}Resources"),
            actions: narrow,
            resource: format!("{{ Fn::Sub: \"{}\" }}", narrowed.unwrap_or_default()),
        },
    ]
    .into_iter()
    .filter(|statement| !statement.actions.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allowed_action_is_granted_once_and_reads() {
        let statements = statements();
        let granted: Vec<&String> = statements.iter().flat_map(|statement| &statement.actions).collect();
        let unique: BTreeSet<_> = granted.iter().collect();
        assert_eq!(granted.len(), unique.len());
        for action in granted {
            let verb = action.split(':').nth(1).unwrap();
            assert!(["Get", "List", "Describe"].iter().any(|read| verb.starts_with(read)), "{action}");
        }
    }

    #[test]
    fn every_service_that_can_be_narrowed_has_its_resource() {
        for (service, operations) in ALLOWLIST.iter() {
            for statement in service_statements(service, operations) {
                assert!(!statement.resource.contains("\"\""), "{service} has no entry in RESOURCES");
            }
        }
    }
}
