//! Identities for tests.

use serde_json::{Value, json};

use crate::reader::fake::FakeAccount;

/// A document as IAM answers it: percent-encoded.
pub(super) fn document(statements: Value) -> Value {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    json!(text.bytes().map(encode).collect::<String>())
}

pub(super) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::111122223333:{kind}/{name}")
}

pub(super) fn user(name: &str, more: Value) -> Value {
    with(
        json!({"Path": "/", "UserName": name, "UserId": "AIDA", "Arn": arn("user", name),
        "CreateDate": "2025-01-02T03:04:05Z"}),
        more,
    )
}

pub(super) fn role(name: &str, more: Value) -> Value {
    with(
        json!({"Path": "/", "RoleName": name, "RoleId": "AROA", "Arn": arn("role", name),
        "CreateDate": "2025-01-02T03:04:05Z"}),
        more,
    )
}

/// A managed policy, attached by its ARN.
pub(super) fn managed(arn: &str, statements: Value) -> Value {
    let name = arn.rsplit('/').next().unwrap();
    let old = json!({"VersionId": "v1", "IsDefaultVersion": false, "Document": document(json!([]))});
    let version = json!({"VersionId": "v2", "IsDefaultVersion": true, "Document": document(statements)});
    json!({"PolicyName": name, "Arn": arn, "PolicyVersionList": [old, version]})
}

pub(super) fn attached(arn: &str) -> Value {
    json!([{"PolicyName": arn.rsplit('/').next().unwrap(), "PolicyArn": arn}])
}

pub(super) fn details(users: Value, groups: Value, roles: Value, policies: Value) -> FakeAccount {
    let details = json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles,
        "Policies": policies, "IsTruncated": false});
    FakeAccount::default().answering("iam:GetAccountAuthorizationDetails", details)
}

fn with(mut entry: Value, more: Value) -> Value {
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}
