//! The account's own settings: root user, password policy, numbers.

use serde_json::{Value, json};

use crate::service::{Ask, Findings, Unread};

/// Members of GetAccountSummary that are settings or counts, and no quotas.
const COUNTS: [&str; 11] = [
    "Users",
    "Groups",
    "Roles",
    "Policies",
    "InstanceProfiles",
    "MFADevices",
    "MFADevicesInUse",
    "ServerCertificates",
    "Providers",
    "UsersQuota",
    "RolesQuota",
];

const RULES: [&str; 9] = [
    "MinimumPasswordLength",
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
    "AllowUsersToChangePassword",
    "MaxPasswordAge",
    "PasswordReusePrevention",
    "HardExpiry",
];

pub(super) async fn account_security(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (summary, policy) = futures::join!(
        ask.read("iam:GetAccountSummary", json!({})),
        ask.read_if_any("iam:GetAccountPasswordPolicy", json!({}), &["NoSuchEntity"]),
    );
    let mut findings = Findings::table(&["about", "setting", "value"]);
    let summary = summary.map(|summary| summary["SummaryMap"].clone()).unwrap_or_default();
    let flag = |member: &str| json!(summary[member].as_i64().map(|value| value == 1));
    findings.push([json!("root user"), json!("has a second factor"), flag("AccountMFAEnabled")]);
    findings.push([json!("root user"), json!("has access keys"), flag("AccountAccessKeysPresent")]);
    for member in COUNTS {
        findings.push([json!("account"), json!(member), summary[member].clone()]);
    }
    let is_set = policy.as_ref().ok().map(Option::is_some);
    findings.push([json!("password policy"), json!("is set"), json!(is_set)]);
    if let Ok(Some(policy)) = policy {
        for rule in RULES {
            findings.push([json!("password policy"), json!(rule), rule_of(&policy["PasswordPolicy"], rule)]);
        }
    }
    if is_set == Some(false) {
        ask.note("The account has no password policy of its own: AWS's default holds, 8 characters of three kinds.");
    }
    Ok(findings)
}

/// IAM leaves out what is not required.
fn rule_of(policy: &Value, rule: &str) -> Value {
    match &policy[rule] {
        Value::Null if ["MaxPasswordAge", "PasswordReusePrevention"].contains(&rule) => json!("none"),
        Value::Null => json!(false),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};
    use serde_json::Map;

    const TOOL: &str = "iam_read_operations";

    fn summary() -> FakeAccount {
        let map = json!({"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "Users": 7, "Roles": 31});
        FakeAccount::default().answering("iam:GetAccountSummary", json!({"SummaryMap": map}))
    }

    fn value<'a>(rows: &'a [Map<String, Value>], setting: &str) -> &'a Value {
        &rows.iter().find(|row| row["setting"] == setting).unwrap_or_else(|| panic!("{setting}"))["value"]
    }

    #[tokio::test]
    async fn root_user_counts_and_password_rules_are_listed() {
        let policy =
            json!({"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireSymbols": true, "ExpirePasswords": false}});
        let account = summary().answering("iam:GetAccountPasswordPolicy", policy);
        let rows = rows(TOOL, "account-security", json!({}), &account).await;
        assert_eq!(*value(&rows, "has a second factor"), true);
        assert_eq!(*value(&rows, "has access keys"), false);
        assert_eq!(*value(&rows, "Users"), 7);
        assert_eq!(*value(&rows, "MinimumPasswordLength"), 14);
        assert_eq!(*value(&rows, "RequireNumbers"), false);
        assert_eq!(*value(&rows, "MaxPasswordAge"), "none");
    }

    #[tokio::test]
    async fn no_password_policy_is_a_fact_and_no_failure() {
        let account = summary().failing("iam:GetAccountPasswordPolicy", 404, "NoSuchEntity");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "account-security"}), &account).await;
        assert_eq!(*value(&rows_of(&answer), "is set"), false);
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed, []);
        assert!(completeness.notes[0].contains("no password policy"));
    }

    #[tokio::test]
    async fn a_denied_part_is_unknown_and_the_other_stays() {
        let account = summary().failing("iam:GetAccountPasswordPolicy", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "account-security"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((value(&rows, "is set"), value(&rows, "Roles")), (&Value::Null, &json!(31)));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "iam:GetAccountPasswordPolicy");
    }
}
