//! What can be looked at in a bucket: per aspect the reads, the columns they
//! fill and the error codes that mean "there is none".

use serde_json::{Map, Value, json};

use super::bucket;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    Location,
    Encryption,
    Versioning,
    PublicAccess,
    Tags,
    Lifecycle,
    Logging,
}

/// One read of a bucket that fills one column.
#[derive(Debug)]
pub(super) struct Probe {
    pub operation: &'static str,
    pub column: &'static str,
    /// AWS's error code for a bucket without such a configuration.
    pub absent_code: &'static str,
    /// From the operation's output; `null` for a bucket without one.
    pub cell: fn(&Value) -> Value,
}

const NEVER: &str = "";

static LOCATION: [Probe; 1] =
    [Probe { operation: "GetBucketLocation", column: "region", absent_code: NEVER, cell: location }];

static ENCRYPTION: [Probe; 1] = [Probe {
    operation: "GetBucketEncryption",
    column: "encryption",
    absent_code: "ServerSideEncryptionConfigurationNotFoundError",
    cell: encryption,
}];

static VERSIONING: [Probe; 1] =
    [Probe { operation: "GetBucketVersioning", column: "versioning", absent_code: NEVER, cell: versioning }];

static PUBLIC_ACCESS: [Probe; 3] = [
    Probe {
        operation: "GetPublicAccessBlock",
        column: BLOCK,
        absent_code: "NoSuchPublicAccessBlockConfiguration",
        cell: block,
    },
    Probe { operation: "GetBucketPolicyStatus", column: POLICY, absent_code: "NoSuchBucketPolicy", cell: policy },
    Probe { operation: "GetBucketAcl", column: ACL, absent_code: NEVER, cell: acl },
];

static TAGS: [Probe; 1] =
    [Probe { operation: "GetBucketTagging", column: "tags", absent_code: "NoSuchTagSet", cell: tags }];

static LIFECYCLE: [Probe; 1] = [Probe {
    operation: "GetBucketLifecycleConfiguration",
    column: "lifecycle_rules",
    absent_code: "NoSuchLifecycleConfiguration",
    cell: lifecycle,
}];

static LOGGING: [Probe; 1] =
    [Probe { operation: "GetBucketLogging", column: "access_log", absent_code: NEVER, cell: logging }];

const BLOCK: &str = "public_access_block";
const POLICY: &str = "policy_is_public";
const ACL: &str = "acl_is_public";
const BLOCKS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

impl Aspect {
    pub const ALL: [Self; 7] = [
        Self::Location,
        Self::Encryption,
        Self::Versioning,
        Self::PublicAccess,
        Self::Tags,
        Self::Lifecycle,
        Self::Logging,
    ];

    /// True when the word, in lower case, asks for this aspect.
    pub fn is_meant(self, word: &str) -> bool {
        let (stems, words): (&[&str], &[&str]) = match self {
            Self::Location => (&["locat"], &["region", "regions", "where"]),
            Self::Encryption => (&["encrypt", "unencrypt", "sse"], &["kms", "server-side"]),
            Self::Versioning => (&["version", "unversion"], &["mfa"]),
            Self::PublicAccess => (&["public", "non-public"], &["anonymous", "exposed", "internet", "private"]),
            Self::Tags => (&["tagg", "untagg"], &["tag", "tags"]),
            Self::Lifecycle => (&["lifecycle", "expir"], &[]),
            Self::Logging => (&["logg"], &[]),
        };
        stems.iter().any(|stem| word.starts_with(stem)) || words.contains(&word)
    }

    pub fn probes(self) -> &'static [Probe] {
        match self {
            Self::Location => &LOCATION,
            Self::Encryption => &ENCRYPTION,
            Self::Versioning => &VERSIONING,
            Self::PublicAccess => &PUBLIC_ACCESS,
            Self::Tags => &TAGS,
            Self::Lifecycle => &LIFECYCLE,
            Self::Logging => &LOGGING,
        }
    }
}

/// Whether a policy or an access list opens the bucket past its own block; none
/// when that hangs on something unknown. The account's own block is not seen.
pub(super) fn is_public(row: &Map<String, Value>) -> Option<bool> {
    let flag = |column: &str| row.get(column).and_then(Value::as_bool);
    let block = row.get(BLOCK).and_then(Value::as_array);
    let blocked = |setting: &str| block.map(|on| on.iter().any(|name| name == setting));
    let by_policy = opens(flag(POLICY), blocked("RestrictPublicBuckets"));
    let by_acl = opens(flag(ACL), blocked("IgnorePublicAcls"));
    match (by_policy, by_acl) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn opens(is_open: Option<bool>, is_blocked: Option<bool>) -> Option<bool> {
    match (is_open, is_blocked) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        _ => None,
    }
}

fn location(output: &Value) -> Value {
    json!(bucket::region(output))
}

/// The algorithm of every rule; there is one.
fn encryption(output: &Value) -> Value {
    let rules = output["ServerSideEncryptionConfiguration"]["Rules"].as_array().into_iter().flatten();
    let algorithms = rules.filter_map(|rule| rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"].as_str());
    match algorithms.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => json!("none"),
        algorithms => json!(algorithms),
    }
}

/// S3 answers nothing for a bucket that never had versioning.
fn versioning(output: &Value) -> Value {
    let status = output["Status"].as_str().unwrap_or("Off");
    let mfa_delete = if output["MFADelete"] == "Enabled" { ", MFA delete" } else { "" };
    json!(format!("{status}{mfa_delete}"))
}

/// Names of the settings that are on.
fn block(output: &Value) -> Value {
    let settings = &output["PublicAccessBlockConfiguration"];
    BLOCKS.into_iter().filter(|name| settings[name] == true).collect()
}

/// No policy is not public; an answer that does not say stays unknown.
fn policy(output: &Value) -> Value {
    match output {
        Value::Null => json!(false),
        _ => json!(output["PolicyStatus"]["IsPublic"].as_bool()),
    }
}

/// An answer without a list of grants stays unknown.
fn acl(output: &Value) -> Value {
    const GROUPS: [&str; 2] = ["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"];
    let is_public = |uri: &str| GROUPS.iter().any(|group| uri.ends_with(group));
    let grants = output["Grants"].as_array();
    let any_public =
        grants.map(|grants| grants.iter().any(|grant| grant["Grantee"]["URI"].as_str().is_some_and(is_public)));
    json!(any_public)
}

fn tags(output: &Value) -> Value {
    let tags = output["TagSet"].as_array().into_iter().flatten();
    let pairs = tags.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].clone())));
    Value::Object(pairs.collect())
}

fn lifecycle(output: &Value) -> Value {
    let rules = output["Rules"].as_array().into_iter().flatten();
    rules.map(|rule| json!({"id": rule["ID"], "status": rule["Status"]})).collect()
}

fn logging(output: &Value) -> Value {
    let target = &output["LoggingEnabled"];
    let text = |name: &str| target[name].as_str().unwrap_or_default();
    match target {
        Value::Null => json!("off"),
        _ => json!(format!("s3://{}/{}", text("TargetBucket"), text("TargetPrefix"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_an_allowed_operation() {
        let allowed: Vec<_> = aws_read::operations("s3").iter().map(|operation| operation.name()).collect();
        for probe in Aspect::ALL.into_iter().flat_map(Aspect::probes) {
            assert!(allowed.contains(&probe.operation), "{}", probe.operation);
        }
    }

    #[test]
    fn outputs_become_cells() {
        let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}});
        assert_eq!(encryption(&json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})), "aws:kms");
        assert_eq!(versioning(&json!({"Status": "Enabled", "MFADelete": "Enabled"})), "Enabled, MFA delete");
        assert_eq!(tags(&json!({"TagSet": [{"Key": "a", "Value": "b"}]})), json!({"a": "b"}));
        let target = json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "p/"}});
        assert_eq!(logging(&target), "s3://logs/p/");
    }

    #[test]
    fn without_a_configuration_a_cell_says_so() {
        assert_eq!(encryption(&Value::Null), "none");
        assert_eq!(versioning(&Value::Null), "Off");
        assert_eq!(block(&Value::Null), json!([]));
        assert_eq!(tags(&Value::Null), json!({}));
        assert_eq!(logging(&Value::Null), "off");
    }

    #[test]
    fn what_an_answer_does_not_say_is_unknown_and_not_no() {
        assert_eq!(policy(&json!({})), Value::Null);
        assert_eq!(acl(&json!({})), Value::Null);
        assert_eq!(policy(&Value::Null), false);
    }

    #[test]
    fn an_unknown_part_leaves_the_verdict_open_unless_the_rest_decides() {
        let verdict = |row: Value| is_public(row.as_object().unwrap());
        assert_eq!(verdict(json!({BLOCK: [], POLICY: null, ACL: false})), None);
        assert_eq!(verdict(json!({BLOCK: [], POLICY: null, ACL: true})), Some(true));
        assert_eq!(verdict(json!({BLOCK: ["RestrictPublicBuckets"], POLICY: null, ACL: false})), Some(false));
        assert_eq!(verdict(json!({POLICY: true, ACL: false})), None);
        assert_eq!(verdict(json!({POLICY: false, ACL: false})), Some(false));
    }

    #[test]
    fn a_bucket_is_public_when_no_block_stands_before_policy_or_list() {
        let row = |block: &[&str], policy: bool, acl: bool| {
            let row = json!({BLOCK: block, POLICY: policy, ACL: acl});
            is_public(row.as_object().unwrap())
        };
        assert_eq!(row(&[], true, false), Some(true));
        assert_eq!(row(&["RestrictPublicBuckets"], true, false), Some(false));
        assert_eq!(row(&["RestrictPublicBuckets"], true, true), Some(true));
        assert_eq!(row(&[], false, false), Some(false));
    }
}
