//! Which operations may leave the process: configs/read-only-allowlist.toml,
//! compiled in. The gate is on parsed names, compared exactly; an
//! [`AllowedOperation`] cannot be made in any other way, and requests are built
//! from nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::error::ReadError;
use crate::text;

static ALLOWED: LazyLock<BTreeMap<String, Vec<AllowedOperation>>> = LazyLock::new(|| {
    parse(include_str!("../../../configs/read-only-allowlist.toml"))
        .expect("configs/read-only-allowlist.toml is compiled in and read by a test")
});

/// An operation that the allowlist holds.
#[derive(Debug, PartialEq, Eq)]
pub struct AllowedOperation {
    service: String,
    name: String,
    iam_actions: Vec<String>,
}

impl AllowedOperation {
    /// As the service model's folder is called: `s3`.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// In AWS's spelling: `ListBuckets`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the caller's role must allow: `s3:ListAllMyBuckets`.
    pub fn iam_actions(&self) -> &[String] {
        &self.iam_actions
    }

    /// `s3:ListBuckets`
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

/// The allowed operations of a service, sorted by name; empty for an unknown service.
pub fn operations(service: &str) -> &'static [AllowedOperation] {
    ALLOWED.get(service).map_or(&[], Vec::as_slice)
}

/// The services that have an allowed operation.
pub(crate) fn services() -> impl Iterator<Item = &'static str> {
    ALLOWED.keys().map(String::as_str)
}

/// Every IAM action that the allowed operations need, sorted, each once.
pub fn iam_actions() -> Vec<&'static str> {
    let all = ALLOWED.values().flatten().flat_map(|operation| &operation.iam_actions);
    all.map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The gate. Refuses with the nearest allowed name, if there is one.
pub(crate) fn find(service: &str, operation: &str) -> Result<&'static AllowedOperation, ReadError> {
    let candidates = operations(service);
    if let Some(found) = candidates.iter().find(|candidate| candidate.name == operation) {
        return Ok(found);
    }
    let nearest = match candidates {
        [] => text::nearest(service, ALLOWED.keys().map(String::as_str)),
        _ => text::nearest(operation, candidates.iter().map(AllowedOperation::name)),
    };
    Err(ReadError::NotAllowed { service: text::short(service), operation: text::short(operation), nearest })
}

fn parse(file: &str) -> Result<BTreeMap<String, Vec<AllowedOperation>>, toml::de::Error> {
    let services: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(file)?;
    let entries = services.into_iter().map(|(service, operations)| {
        let allowed = operations.into_iter().map(|(name, iam_actions)| AllowedOperation {
            service: service.clone(),
            name,
            iam_actions,
        });
        let allowed = allowed.collect();
        (service, allowed)
    });
    Ok(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_names_pass() {
        assert_eq!(find("s3", "ListBuckets").unwrap().full_name(), "s3:ListBuckets");
        let refused = [
            ("s3", "GetObject"),
            ("s3", "ListObjectsV2"),
            ("s3", "HeadBucket"),
            ("s3", "DeleteBucket"),
            ("s3", "PutBucketTagging"),
            ("s3", "listbuckets"),
            ("s3", "LISTBUCKETS"),
            ("s3", "ListBuckets "),
            ("s3", "ListBuckets\n"),
            ("s3", ""),
            ("S3", "ListBuckets"),
            ("", "ListBuckets"),
            ("s3control", "ListBuckets"),
            ("iam", "ListUsers"),
        ];
        for (service, operation) in refused {
            let error = find(service, operation).unwrap_err();
            assert_eq!(error.code(), "read/not-allowed", "{service}:{operation}");
        }
    }

    #[test]
    fn a_refusal_names_the_nearest_operation() {
        let ReadError::NotAllowed { nearest, .. } = find("s3", "listbuckets").unwrap_err() else { panic!() };
        assert_eq!(nearest.as_deref(), Some("ListBuckets"));
    }

    #[test]
    fn no_allowed_operation_has_the_name_of_a_change() {
        for operation in ALLOWED.values().flatten() {
            let reads = ["Get", "List", "Describe"].iter().any(|verb| operation.name.starts_with(verb));
            assert!(reads, "{}", operation.full_name());
        }
    }

    #[test]
    fn iam_actions_are_sorted_single_and_name_no_wildcard() {
        let actions = iam_actions();
        assert!(actions.is_sorted() && actions.contains(&"s3:ListAllMyBuckets"));
        assert!(actions.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(actions.iter().all(|action| action.contains(':') && !action.contains('*')));
        assert!(!actions.contains(&"s3:GetObject") && !actions.contains(&"s3:ListBucket"));
    }

    #[test]
    fn every_operation_needs_at_least_one_action() {
        assert!(ALLOWED.values().flatten().all(|operation| !operation.iam_actions.is_empty()));
    }
}
