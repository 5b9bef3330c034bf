//! Policy documents: who is let do what, and what narrows it.
//!
//! The rules are those of the IAM User Guide, "IAM JSON policy elements reference".
//! Documents come as JSON text (SNS, SQS, S3), as percent-encoded JSON text (IAM)
//! or as objects.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) use super::principal::Principal;

/// One statement of a policy document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement(Value);

/// Conditions that bind a statement to callers or sources that somebody chose. The list is S3's for
/// "The meaning of public" (S3 User Guide, "Blocking public access"), with the organization's keys.
const NARROWING_KEYS: [&str; 15] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpcsourceip",
    "kms:calleraccount",
];

/// The statements of a document; absent when it is no policy.
pub(crate) fn statements(document: &Value) -> Option<Vec<Statement>> {
    let document = match document {
        Value::String(text) => Cow::Owned(parsed(text)?),
        Value::Object(_) => Cow::Borrowed(document),
        _ => return None,
    };
    match &document["Statement"] {
        Value::Array(statements) => Some(statements.iter().cloned().map(Statement).collect()),
        statement @ Value::Object(_) => Some(vec![Statement(statement.clone())]),
        _ => None,
    }
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let decoded = percent_decode_str(text).decode_utf8().ok()?;
        serde_json::from_str(&decoded).ok()
    })
}

impl Statement {
    pub fn is_allow(&self) -> bool {
        self.0["Effect"] == "Allow"
    }

    pub fn is_deny(&self) -> bool {
        self.0["Effect"] == "Deny"
    }

    /// `Action` as it stands there; empty for a statement with `NotAction`.
    pub fn actions(&self) -> Vec<&str> {
        texts(&self.0["Action"])
    }

    /// True when the statement speaks of this action (`iam:PassRole`), whatever the resource.
    pub fn names_action(&self, action: &str) -> bool {
        match self.0.get("NotAction") {
            Some(others) => !texts(others).into_iter().any(|pattern| fits(pattern, action)),
            None => self.actions().into_iter().any(|pattern| fits(pattern, action)),
        }
    }

    /// True for `*` and for what means the same.
    pub fn names_every_action(&self) -> bool {
        match self.0.get("NotAction") {
            Some(others) => texts(others).is_empty(),
            None => self.actions().into_iter().any(|pattern| matches!(pattern, "*" | "*:*")),
        }
    }

    /// `Resource` as it stands there; empty for a statement with `NotResource`, and in a trust policy.
    pub fn resources(&self) -> Vec<&str> {
        texts(&self.0["Resource"])
    }

    /// True when the statement is about all resources, not some. All but those of `NotResource` are still all.
    pub fn names_every_resource(&self) -> bool {
        self.leaves_out_resources()
            || self.resources().into_iter().any(|pattern| pattern.bytes().all(|byte| byte == b'*'))
    }

    /// True when it names the resources that it is not about.
    pub fn leaves_out_resources(&self) -> bool {
        self.0.get("NotResource").is_some()
    }

    /// `Principal`; empty where a policy has none, as an identity's own policies do.
    pub fn principals(&self) -> Vec<Principal> {
        let principals = match &self.0["Principal"] {
            Value::String(text) => Principal::of_kind("AWS", vec![text]),
            Value::Object(kinds) => {
                kinds.iter().flat_map(|(kind, names)| Principal::of_kind(kind, texts(names))).collect()
            }
            _ => Vec::new(),
        };
        // Everyone but some is still everyone.
        let inverted = self.0.get("NotPrincipal").map(|_| Principal::Everyone);
        principals.into_iter().chain(inverted).collect()
    }

    /// Lets anybody in: its principal is `*`, and no condition binds it to chosen callers or sources.
    pub fn is_open_to_everyone(&self) -> bool {
        self.is_allow() && self.principals().contains(&Principal::Everyone) && !self.is_narrowed()
    }

    /// Whom the statement lets in from outside this account. AWS services are not among them, nor everyone when a
    /// condition names nothing but the account itself, as the policies that SNS makes do.
    pub fn outsiders(&self, own: &str) -> Vec<String> {
        let is_outside = |principal: &Principal| match principal {
            Principal::Service(_) => false,
            Principal::Everyone => !self.is_narrowed_to(own),
            principal => principal.account() != Some(own),
        };
        let principals = self.principals().into_iter().filter(|principal| self.is_allow() && is_outside(principal));
        principals.map(|principal| principal.text().to_owned()).collect()
    }

    /// The keys of its conditions, as they stand there.
    pub fn condition_keys(&self) -> Vec<&str> {
        let operators = self.0["Condition"].as_object();
        let mut keys: Vec<_> = operators
            .into_iter()
            .flatten()
            .filter_map(|(_, conditions)| conditions.as_object())
            .flat_map(|conditions| conditions.keys().map(String::as_str))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub fn has_condition(&self, key: &str) -> bool {
        self.condition_keys().into_iter().any(|found| found.eq_ignore_ascii_case(key))
    }

    /// Several conditions must all hold, so one that narrows is enough.
    fn is_narrowed(&self) -> bool {
        self.narrowing_values().next().is_some()
    }

    /// Some condition narrows to sources or callers of this account.
    fn is_narrowed_to(&self, account: &str) -> bool {
        let is_of_account = |value: &&str| value.split(':').any(|part| part == account);
        self.narrowing_values().any(|values| values.iter().all(is_of_account))
    }

    /// The values of each condition that narrows.
    fn narrowing_values(&self) -> impl Iterator<Item = Vec<&str>> {
        let operators = self.0["Condition"].as_object().into_iter().flatten();
        let conditions = operators.flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, values)| (operator, key, values))
        });
        conditions.filter(|(operator, key, values)| narrows(operator, key, values)).map(|(_, _, values)| texts(values))
    }
}

/// A negated operator, one that passes when the key is missing and a value that fits everything narrow nothing.
fn narrows(operator: &str, key: &str, values: &Value) -> bool {
    let operator = operator.to_ascii_lowercase();
    let is_positive =
        !operator.contains("not") && !operator.ends_with("ifexists") && !operator.starts_with("forallvalues");
    let values = texts(values);
    let is_everything = |value: &&str| matches!(*value, "0.0.0.0/0" | "::/0") || value.bytes().all(|byte| byte == b'*');
    is_positive
        && NARROWING_KEYS.contains(&key.to_ascii_lowercase().as_str())
        && !values.is_empty()
        && !values.iter().any(is_everything)
}

/// One text or a list of texts.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `*` stands for any characters and `?` for one; actions ignore case.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut pos) = (0, 0);
    // Where to go on when what follows the last star does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while pos < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, pos));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[pos] => (at, pos) = (at + 1, pos + 1),
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (at, pos) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn statement(body: Value) -> Statement {
        statements(&json!({"Statement": body})).unwrap().remove(0)
    }

    #[test]
    fn documents_are_read_as_object_text_and_percent_encoded_text() {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let encoded: String = document.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        for form in [document.clone(), json!(document.to_string()), json!(encoded)] {
            assert_eq!(statements(&form).unwrap().len(), 1);
        }
        assert_eq!(statements(&json!("no policy")), None);
        assert_eq!(statements(&Value::Null), None);
    }

    #[test]
    fn patterns_of_actions_are_matched_without_case() {
        for (pattern, action, expected) in [
            ("*", "s3:GetObject", true),
            ("s3:*", "s3:GetObject", true),
            ("S3:getobject", "s3:GetObject", true),
            ("s3:Get*ion", "s3:GetBucketLocation", true),
            ("s3:Get*ion", "s3:GetBucketLocations", false),
            ("s3:?etObject", "s3:GetObject", true),
            ("s3:GetObject", "s3:GetObjectAcl", false),
            ("iam:*", "iamx:PassRole", false),
            ("", "s3:GetObject", false),
        ] {
            assert_eq!(fits(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn not_action_names_everything_else() {
        let power = statement(json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}));
        assert!(power.names_action("s3:GetObject") && !power.names_action("iam:PassRole"));
        assert!(!power.names_every_action() && power.names_every_resource());
    }

    #[test]
    fn not_resource_names_everything_else() {
        let most = statement(json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secrets/*"}));
        assert!(most.names_every_resource() && most.leaves_out_resources());
        let one = statement(json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::secrets/*"}));
        assert!(!one.names_every_resource() && !one.leaves_out_resources());
    }

    #[test]
    fn principals_are_told_apart() {
        let names = json!({
            "AWS": ["*", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws-cn:iam::444455556666:role/x", "AIDAEXAMPLE"],
            "Service": "lambda.amazonaws.com",
            "Federated": "accounts.google.com",
        });
        let mut found = statement(json!({"Effect": "Allow", "Principal": names})).principals();
        found.sort();
        let account = || Principal::Account("111122223333".into());
        let role =
            Principal::Identity { account: "444455556666".into(), arn: "arn:aws-cn:iam::444455556666:role/x".into() };
        let rest = [
            Principal::Service("lambda.amazonaws.com".into()),
            Principal::Federated("accounts.google.com".into()),
            Principal::Other("AIDAEXAMPLE".into()),
        ];
        let expected: Vec<_> = [Principal::Everyone, account(), account(), role].into_iter().chain(rest).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_star_is_open_unless_a_condition_binds_it() {
        let open = |condition: Value| {
            let body = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Condition": condition});
            statement(body).is_open_to_everyone()
        };
        assert!(!open(json!({"StringEquals": {"AWS:SourceOwner": "111122223333"}})));
        assert!(!open(json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:my-bucket"}})));
        assert!(!open(json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}})));
        for leaky in [
            json!({}),
            json!({"Bool": {"aws:SecureTransport": "true"}}),
            json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}),
            json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}),
            json!({"StringLike": {"aws:SourceArn": "*"}}),
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}),
        ] {
            assert!(open(leaky.clone()), "{leaky}");
        }
    }

    #[test]
    fn everyone_but_some_is_everyone_and_a_deny_opens_nothing() {
        let some = json!({"AWS": "arn:aws:iam::111122223333:user/a"});
        assert!(statement(json!({"Effect": "Allow", "NotPrincipal": some})).is_open_to_everyone());
        assert!(!statement(json!({"Effect": "Deny", "Principal": "*"})).is_open_to_everyone());
    }

    #[test]
    fn outsiders_are_other_accounts_and_everyone_who_is_not_bound_to_the_own_account() {
        let outsiders = |principal: Value, condition: Value| {
            let body = json!({"Effect": "Allow", "Principal": principal, "Condition": condition});
            statement(body).outsiders("111122223333")
        };
        let own = json!({"StringEquals": {"AWS:SourceOwner": "111122223333"}});
        assert_eq!(outsiders(json!({"AWS": "*"}), own), Vec::<String>::new());
        let rule = json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:111122223333:rule/*"}});
        assert_eq!(outsiders(json!("*"), rule), Vec::<String>::new());
        let other = json!({"StringEquals": {"aws:SourceAccount": "999988887777"}});
        assert_eq!(outsiders(json!("*"), other), ["*"]);
        let names = json!({"AWS": ["111122223333", "arn:aws:iam::999988887777:root"], "Service": "s3.amazonaws.com"});
        assert_eq!(outsiders(names, json!({})), ["999988887777"]);
    }
}
