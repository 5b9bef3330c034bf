//! Passwords, second factors and access keys of users.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::service::values::{list, rfc3339, text, time};
use crate::service::{Ask, Findings, Unread};

async fn users(ask: &Ask<'_>) -> Result<Vec<Value>, Unread> {
    let answer = ask.read("iam:ListUsers", json!({})).await?;
    Ok(list(&answer, "Users").cloned().collect())
}

fn name(user: &Value) -> Value {
    json!({"UserName": user["UserName"]})
}

/// Users without a second factor, those who can sign in to the console first; the root user as IAM's summary says.
pub(super) async fn users_without_mfa(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (users, summary) = futures::join!(users(ask), ask.read("iam:GetAccountSummary", json!({})));
    let users = users?;
    let root = summary.ok().and_then(|summary| summary["SummaryMap"]["AccountMFAEnabled"].as_i64());
    let found = ask.each(&users, |user| async move {
        let devices = ask.read("iam:ListMFADevices", name(user)).await.ok();
        let count = devices.map(|devices| list(&devices, "MFADevices").count());
        let has_password = match count {
            Some(0) | None => {
                let profile = ask.read_if_any("iam:GetLoginProfile", name(user), &["NoSuchEntity"]).await;
                profile.ok().map(|profile| profile.is_some())
            }
            Some(_) => None,
        };
        (count, has_password)
    });
    let mut findings = Findings::table(&["user", "console_password", "mfa_devices", "password_last_used", "created"]);
    let (mut without, mut with_password, mut unknown) = (0, 0, 0);
    for (user, (devices, has_password)) in users.iter().zip(found.await) {
        if devices.is_some_and(|count| count > 0) {
            continue;
        }
        without += usize::from(devices == Some(0));
        with_password += usize::from(devices == Some(0) && has_password == Some(true));
        unknown += usize::from(devices.is_none());
        findings.push([
            user["UserName"].clone(),
            json!(has_password),
            json!(devices),
            user["PasswordLastUsed"].clone(),
            user["CreateDate"].clone(),
        ]);
    }
    findings.sort_down_by("console_password");
    findings.sum("users", users.len());
    findings.sum("without_mfa", without);
    findings.sum("without_mfa_with_password", with_password);
    findings.sum("unknown", unknown);
    findings.sum("root_user_has_mfa", json!(root.map(|enabled| enabled == 1)));
    ask.note(
        "A user without a console password needs no second factor to sign in, yet its access keys work without one. \
         People who come through an identity provider are not in this list.",
    );
    Ok(findings)
}

/// One access key; `None` for what could not be read.
struct Key {
    entry: Value,
    last_used: Option<Value>,
}

/// A user's access keys with their last use. Keys that IAM says nothing of were never used.
async fn keys(ask: &Ask<'_>, user: &Value, is_wanted: impl Fn(&Value) -> bool) -> Result<Vec<Key>, Unread> {
    let answer = ask.read("iam:ListAccessKeys", name(user)).await?;
    let wanted: Vec<Value> = list(&answer, "AccessKeyMetadata").filter(|key| is_wanted(key)).cloned().collect();
    let mut keys = Vec::with_capacity(wanted.len());
    for entry in wanted {
        let used = ask.read("iam:GetAccessKeyLastUsed", json!({"AccessKeyId": entry["AccessKeyId"]})).await;
        keys.push(Key { entry, last_used: used.ok().map(|used| used["AccessKeyLastUsed"].clone()) });
    }
    Ok(keys)
}

/// The last characters tell keys apart and give nobody a key's whole id.
fn shortened(key: &Value) -> String {
    let id = text(key, "AccessKeyId");
    let start = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    format!("...{}", &id[start..])
}

pub(super) async fn access_keys(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 90.0);
    let border = ask.now - Duration::seconds_f64(days * 86_400.0);
    let users = users(ask).await?;
    let is_old = |key: &Value| time(key, "CreateDate").is_none_or(|created| created <= border);
    let found = ask.each(&users, |user| keys(ask, user, is_old)).await;
    let mut findings =
        Findings::table(&["user", "key", "status", "age_days", "last_used", "last_service", "last_region"]);
    let (mut active, mut unknown) = (0, 0);
    for (user, keys) in users.iter().zip(found) {
        let Ok(keys) = keys else {
            unknown += 1;
            let unread = || Value::Null;
            findings.push([user["UserName"].clone(), unread(), unread(), unread(), unread(), unread(), unread()]);
            continue;
        };
        for Key { entry, last_used } in &keys {
            active += usize::from(entry["Status"] == "Active");
            let used = last_used.as_ref().unwrap_or(&Value::Null);
            findings.push([
                user["UserName"].clone(),
                json!(shortened(entry)),
                entry["Status"].clone(),
                json!(time(entry, "CreateDate").map(|created| (ask.now - created).whole_days())),
                json!(last_used.as_ref().map(|used| used["LastUsedDate"].as_str().unwrap_or("never"))),
                used["ServiceName"].clone(),
                used["Region"].clone(),
            ]);
        }
    }
    findings.sort_down_by("age_days");
    findings.sum("old_keys", findings.rows.len() - unknown);
    findings.sum("old_active_keys", active);
    findings.sum("users", users.len());
    findings.sum("users_unknown", unknown);
    ask.note(format!("Listed are access keys of users that are at least {days} days old."));
    Ok(findings)
}

/// When a user was last seen.
struct Activity {
    last: Option<OffsetDateTime>,
    active_keys: usize,
    is_complete: bool,
}

async fn activity(ask: &Ask<'_>, user: &Value) -> Result<Activity, Unread> {
    let keys = keys(ask, user, |_| true).await?;
    let used = keys.iter().filter_map(|key| time(key.last_used.as_ref()?, "LastUsedDate"));
    Ok(Activity {
        last: used.chain(time(user, "PasswordLastUsed")).max(),
        active_keys: keys.iter().filter(|key| key.entry["Status"] == "Active").count(),
        is_complete: keys.iter().all(|key| key.last_used.is_some()),
    })
}

/// Users who neither signed in nor used a key for some days; those that nothing is known of stay in the list.
pub(super) async fn unused_users(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 90.0);
    let border = ask.now - Duration::seconds_f64(days * 86_400.0);
    let users = users(ask).await?;
    let found = ask.each(&users, |user| activity(ask, user)).await;
    let mut findings = Findings::table(&["user", "ever_used", "last_used", "active_keys", "created"]);
    let (mut unused, mut unknown) = (0, 0);
    for (user, activity) in users.iter().zip(found) {
        if time(user, "CreateDate").is_some_and(|created| created > border) {
            continue;
        }
        let (last, keys, is_complete) = match activity {
            Ok(activity) => (activity.last, Some(activity.active_keys), activity.is_complete),
            Err(Unread) => (time(user, "PasswordLastUsed"), None, false),
        };
        if last.is_some_and(|last| last > border) {
            continue;
        }
        unused += usize::from(is_complete);
        unknown += usize::from(!is_complete);
        let ever_used = if last.is_some() { Some(true) } else { is_complete.then_some(false) };
        findings.push([
            user["UserName"].clone(),
            json!(ever_used),
            json!(last.map(rfc3339)),
            json!(keys),
            user["CreateDate"].clone(),
        ]);
    }
    findings.sort_by("last_used");
    findings.sum("users", users.len());
    findings.sum("unused", unused);
    findings.sum("unknown", unknown);
    ask.note(format!(
        "Listed are users older than {days} days who neither signed in with a password nor used an access key since; \
         IAM keeps a time for the last use of each only."
    ));
    Ok(findings)
}

/// Users with groups of credentials: when they were made and last seen at the console.
pub(super) async fn all_users(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let users = users(ask).await?;
    let mut findings = Findings::table(&["user", "path", "created", "password_last_used"]);
    for user in &users {
        findings.push(["UserName", "Path", "CreateDate", "PasswordLastUsed"].map(|member| user[member].clone()));
    }
    findings.sort_by("user");
    findings.sum("users", users.len());
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::iam::testing::user;

    const TOOL: &str = "iam_read_operations";

    fn account(users: &[Value]) -> FakeAccount {
        FakeAccount::default().answering("iam:ListUsers", json!({"Users": users, "IsTruncated": false}))
    }

    fn of(name: &str) -> Value {
        json!({"UserName": name})
    }

    fn people() -> FakeAccount {
        let summary = json!({"SummaryMap": {"AccountMFAEnabled": 0, "Users": 3}});
        account(&[user("robot", json!({})), user("safe", json!({})), user("open", json!({}))])
            .answering("iam:GetAccountSummary", summary)
            .answering("iam:ListMFADevices", json!({"MFADevices": []}))
            .answering_when("iam:ListMFADevices", of("safe"), json!({"MFADevices": [{"SerialNumber": "s"}]}))
            .failing("iam:GetLoginProfile", 404, "NoSuchEntity")
            .answering_when("iam:GetLoginProfile", of("open"), json!({"LoginProfile": {"UserName": "open"}}))
    }

    #[tokio::test]
    async fn users_with_a_password_and_no_second_factor_come_first() {
        let account = people();
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "users-without-mfa"}), &account).await;
        assert_eq!(answer.completeness.as_ref().unwrap().failed, []);
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["user"], &row["console_password"])).collect();
        assert_eq!(found, [(&json!("open"), &json!(true)), (&json!("robot"), &json!(false))]);
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!((&summary["root_user_has_mfa"], &summary["without_mfa_with_password"]), (&json!(false), &json!(1)));
        assert!(!account.asked().iter().any(|call| call.contains("GetLoginProfile") && call.contains("safe")));
    }

    #[tokio::test]
    async fn a_user_whose_devices_cannot_be_read_is_unknown_and_listed() {
        let account = people().failing_when("iam:ListMFADevices", of("safe"), 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "users-without-mfa"}), &account).await;
        let rows = rows_of(&answer);
        let safe = rows.iter().find(|row| row["user"] == "safe").unwrap();
        assert_eq!(safe["mfa_devices"], Value::Null);
        assert_eq!(answer.result.unwrap()["summary"]["unknown"], 1);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "iam:ListMFADevices");
    }

    fn key(id: &str, status: &str, created: &str) -> Value {
        json!({"UserName": "ann", "AccessKeyId": id, "Status": status, "CreateDate": created})
    }

    fn with_keys() -> FakeAccount {
        let keys = json!({"AccessKeyMetadata": [
            key("AKIAEXAMPLEOLD11", "Active", "2025-11-22T09:00:00Z"),
            key("AKIAEXAMPLENEW22", "Active", "2026-11-20T09:00:00Z"),
            key("AKIAEXAMPLEOFF33", "Inactive", "2026-01-01T09:00:00Z"),
        ]});
        let used = json!({"UserName": "ann", "AccessKeyLastUsed": {"LastUsedDate": "2026-11-01T00:00:00Z", "ServiceName": "s3", "Region": "us-east-1"}});
        let never = json!({"UserName": "ann", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}});
        account(&[user("ann", json!({}))])
            .answering("iam:ListAccessKeys", keys)
            .answering("iam:GetAccessKeyLastUsed", never)
            .answering_when("iam:GetAccessKeyLastUsed", json!({"AccessKeyId": "AKIAEXAMPLEOLD11"}), used)
    }

    #[tokio::test]
    async fn old_keys_come_with_their_last_use_and_without_their_whole_id() {
        let account = with_keys();
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "access-keys"}), &account).await;
        assert!(!serde_json::to_string(&answer).unwrap().contains("AKIA"));
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["key"], &row["age_days"], &row["last_used"])).collect();
        assert_eq!(
            found,
            [
                (&json!("...LD11"), &json!(365), &json!("2026-11-01T00:00:00Z")),
                (&json!("...FF33"), &json!(325), &json!("never")),
            ]
        );
        assert!(!account.asked().iter().any(|call| call.contains("NEW22")), "a young key is not looked up");
        assert_eq!(answer.result.unwrap()["summary"]["old_active_keys"], 1);
    }

    #[tokio::test]
    async fn a_key_stays_when_its_use_cannot_be_read_and_a_user_when_the_keys_cannot() {
        let account = with_keys().failing("iam:GetAccessKeyLastUsed", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "access-keys"}), &account).await;
        assert!(rows_of(&answer).iter().all(|row| row["last_used"] == Value::Null && row["status"] != Value::Null));
        let account = with_keys().failing("iam:ListAccessKeys", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "access-keys"}), &account).await;
        assert_eq!((&rows_of(&answer)[0]["user"], &rows_of(&answer)[0]["key"]), (&json!("ann"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "iam:ListAccessKeys");
    }

    #[tokio::test]
    async fn a_user_is_unused_when_neither_password_nor_key_was_seen() {
        let users = [
            user("never", json!({})),
            user("signs-in", json!({"PasswordLastUsed": "2026-11-21T00:00:00Z"})),
            user("long-ago", json!({"PasswordLastUsed": "2026-02-01T00:00:00Z"})),
            user("young", json!({"CreateDate": "2026-11-21T00:00:00Z"})),
            user("by-key", json!({})),
        ];
        let one_key = json!({"AccessKeyMetadata": [key("AKIAEXAMPLEBUSY4", "Active", "2026-01-01T00:00:00Z")]});
        let used = json!({"AccessKeyLastUsed": {"LastUsedDate": "2026-11-20T00:00:00Z", "ServiceName": "s3", "Region": "us-east-1"}});
        let account = account(&users)
            .answering("iam:ListAccessKeys", json!({"AccessKeyMetadata": []}))
            .answering_when("iam:ListAccessKeys", of("by-key"), one_key)
            .answering("iam:GetAccessKeyLastUsed", used);
        let rows = rows(TOOL, "unused-users", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["user"], &row["ever_used"])).collect();
        assert_eq!(found, [(&json!("never"), &json!(false)), (&json!("long-ago"), &json!(true))]);
    }

    #[tokio::test]
    async fn an_account_without_users_is_an_answer() {
        let account = account(&[]).answering("iam:GetAccountSummary", json!({"SummaryMap": {"AccountMFAEnabled": 1}}));
        for recipe in ["users", "users-without-mfa", "access-keys", "unused-users"] {
            assert!(rows(TOOL, recipe, json!({}), &account).await.is_empty(), "{recipe}");
        }
    }
}
