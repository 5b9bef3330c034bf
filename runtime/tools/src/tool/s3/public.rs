//! Which buckets the world can reach.
//!
//! S3 User Guide, "Blocking public access to your Amazon S3 storage": the settings
//! of the account and of the bucket are joined, and the stricter one holds. A
//! public policy counts unless RestrictPublicBuckets is on, a public grant of an
//! access control list unless IgnorePublicAcls is on or Object Ownership has
//! switched lists off.

use serde_json::{Value, json};

use super::bucket::{self, Bucket};
use super::names;
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

const SETTINGS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
const NO_BLOCK: [&str; 1] = ["NoSuchPublicAccessBlockConfiguration"];
const GROUPS: [&str; 2] = ["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"];

/// The settings that block public access; absent when they could not be read.
type Block = Option<Value>;

/// What decides about one bucket; `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
struct Parts {
    block: Block,
    policy_is_public: Option<bool>,
    /// Permissions that the list grants to everybody or to every AWS account.
    public_grants: Option<Vec<String>>,
    /// False when Object Ownership is BucketOwnerEnforced.
    lists_count: Option<bool>,
}

pub(super) async fn public_buckets(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let buckets = bucket::chosen(ask).await?;
    let account = account_block(ask).await;
    let parts = ask.each(&buckets, |bucket| parts(ask, bucket)).await;
    let mut findings = Findings::table(&[
        "bucket",
        "public",
        "objects_may_be_public",
        "policy_is_public",
        "public_acl_grants",
        "bucket_blocks",
    ]);
    let (mut public, mut unknown) = (0, 0);
    let are_named = !names::given(ask.question).is_empty();
    for (bucket, parts) in buckets.iter().zip(&parts) {
        let (verdict, objects) = (parts.is_public(&account), parts.objects_may_be_public(&account));
        public += usize::from(verdict == Some(true));
        unknown += usize::from(verdict.is_none());
        if !are_named && (verdict, objects) == (Some(false), Some(false)) {
            continue;
        }
        findings.push([
            json!(bucket.name),
            json!(verdict),
            json!(objects),
            json!(parts.policy_is_public),
            json!(parts.public_grants),
            json!(parts.block.as_ref().map(settings_on)),
        ]);
    }
    findings.sort_down_by("public");
    findings.sum("buckets_checked", buckets.len());
    findings.sum("public", public);
    findings.sum("unknown", unknown);
    findings.sum("account_blocks", json!(account.as_ref().map(settings_on)));
    ask.note(
        "Access points and their policies are not part of this verdict. objects_may_be_public means that nothing \
         stops single objects from being public through their own access control lists.",
    );
    Ok(findings)
}

async fn account_block(ask: &Ask<'_>) -> Block {
    let account = ask.account().await.ok()?;
    let answer = ask.read_if_any("s3control:GetPublicAccessBlock", json!({"AccountId": account}), &NO_BLOCK).await;
    answer.ok().map(block)
}

async fn parts(ask: &Ask<'_>, bucket: &Bucket) -> Parts {
    let (block_answer, policy, acl, ownership) = futures::join!(
        bucket.read(ask, "s3:GetPublicAccessBlock", &NO_BLOCK),
        bucket.read(ask, "s3:GetBucketPolicyStatus", &["NoSuchBucketPolicy"]),
        bucket.read(ask, "s3:GetBucketAcl", &[]),
        bucket.read(ask, "s3:GetBucketOwnershipControls", &["OwnershipControlsNotFoundError"]),
    );
    Parts {
        block: block_answer.ok().map(block),
        policy_is_public: policy.ok().and_then(policy_is_public),
        public_grants: acl.ok().flatten().and_then(|output| public_grants(&output)),
        lists_count: ownership.ok().map(lists_count),
    }
}

/// No configuration blocks nothing.
fn block(output: Option<Value>) -> Value {
    output.map(|output| output["PublicAccessBlockConfiguration"].clone()).unwrap_or_default()
}

pub(super) fn settings_on(block: &Value) -> Vec<&'static str> {
    SETTINGS.into_iter().filter(|setting| block[*setting] == true).collect()
}

/// No policy is not public; an answer that does not say stays unknown.
fn policy_is_public(output: Option<Value>) -> Option<bool> {
    match output {
        None => Some(false),
        Some(output) => output["PolicyStatus"]["IsPublic"].as_bool(),
    }
}

/// An answer without a list of grants stays unknown.
fn public_grants(output: &Value) -> Option<Vec<String>> {
    let is_public = |grant: &&Value| GROUPS.iter().any(|group| text(&grant["Grantee"], "URI").ends_with(group));
    let grant = |grant: &Value| {
        let group = text(&grant["Grantee"], "URI").rsplit('/').next().unwrap_or_default();
        format!("{} to {group}", text(grant, "Permission"))
    };
    output["Grants"].as_array()?;
    Some(list(output, "Grants").filter(is_public).map(grant).collect())
}

/// Lists count unless the bucket's owner owns everything in it; a bucket from before Object Ownership has no rule.
fn lists_count(output: Option<Value>) -> bool {
    let controls = output.unwrap_or_default();
    let enforced =
        list(&controls["OwnershipControls"], "Rules").any(|rule| rule["ObjectOwnership"] == "BucketOwnerEnforced");
    !enforced
}

impl Parts {
    fn is_public(&self, account: &Block) -> Option<bool> {
        let restricted = either(is_on(account, "RestrictPublicBuckets"), is_on(&self.block, "RestrictPublicBuckets"));
        let by_policy = both(self.policy_is_public, not(restricted));
        let is_granted = self.public_grants.as_ref().map(|grants| !grants.is_empty());
        let by_list = both(is_granted, self.lists_reach(account));
        either(by_policy, by_list)
    }

    fn objects_may_be_public(&self, account: &Block) -> Option<bool> {
        self.lists_reach(account)
    }

    /// True when public grants of access control lists have an effect.
    fn lists_reach(&self, account: &Block) -> Option<bool> {
        let ignored = either(is_on(account, "IgnorePublicAcls"), is_on(&self.block, "IgnorePublicAcls"));
        both(self.lists_count, not(ignored))
    }
}

fn is_on(block: &Block, setting: &str) -> Option<bool> {
    block.as_ref().map(|settings| settings[setting] == true)
}

/// True when one is true, whatever the other; false when both are false.
fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    not(either(not(a), not(b)))
}

fn not(a: Option<bool>) -> Option<bool> {
    a.map(|known| !known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};
    use crate::tool::s3::testing::account_with;

    const ALL: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

    fn on(settings: &[&str]) -> Value {
        Value::Object(SETTINGS.into_iter().map(|name| (name.into(), json!(settings.contains(&name)))).collect())
    }

    fn parts(block: &[&str], policy: Option<bool>, grants: &[&str], lists_count: bool) -> Parts {
        Parts {
            block: Some(on(block)),
            policy_is_public: policy,
            public_grants: Some(grants.iter().map(|grant| (*grant).to_owned()).collect()),
            lists_count: Some(lists_count),
        }
    }

    #[test]
    fn a_bucket_is_public_when_no_block_stands_before_policy_or_list() {
        let open = Some(json!({}));
        let read = ["READ to AllUsers"];
        for (parts, expected) in [
            (parts(&[], Some(true), &[], true), true),
            (parts(&["RestrictPublicBuckets"], Some(true), &[], true), false),
            (parts(&["BlockPublicPolicy"], Some(true), &[], true), true),
            (parts(&["RestrictPublicBuckets"], Some(true), &read, true), true),
            (parts(&["IgnorePublicAcls"], Some(false), &read, true), false),
            (parts(&["BlockPublicAcls"], Some(false), &read, true), true),
            (parts(&[], Some(false), &read, false), false),
            (parts(&[], Some(false), &[], true), false),
        ] {
            assert_eq!(parts.is_public(&open), Some(expected), "{parts:?}");
        }
    }

    #[test]
    fn the_account_s_settings_hold_for_every_bucket() {
        let blocked = Some(on(&SETTINGS));
        let open_bucket = parts(&[], Some(true), &["READ to AllUsers"], true);
        assert_eq!(open_bucket.is_public(&blocked), Some(false));
        assert_eq!(open_bucket.objects_may_be_public(&blocked), Some(false));
        let unread = Parts::default();
        assert_eq!(unread.is_public(&blocked), Some(false), "the account alone decides");
    }

    #[test]
    fn an_unknown_part_leaves_the_verdict_open_unless_the_rest_decides() {
        let open = Some(json!({}));
        assert_eq!(parts(&[], None, &[], true).is_public(&open), None);
        assert_eq!(parts(&[], None, &["READ to AllUsers"], true).is_public(&open), Some(true));
        assert_eq!(parts(&["RestrictPublicBuckets"], None, &[], true).is_public(&open), Some(false));
        assert_eq!(parts(&[], Some(true), &[], true).is_public(&None), None);
        assert_eq!(parts(&[], Some(false), &[], true).is_public(&None), Some(false));
    }

    #[test]
    fn what_an_answer_does_not_say_is_unknown_and_not_no() {
        assert_eq!(policy_is_public(Some(json!({}))), None);
        assert_eq!(policy_is_public(None), Some(false));
        assert_eq!(public_grants(&json!({})), None);
        assert!(lists_count(None));
    }

    fn account() -> FakeAccount {
        account_with(&[("closed", Some("us-east-1")), ("open", Some("eu-west-1"))])
            .answering("sts:GetCallerIdentity", json!({"Account": "111122223333"}))
            .failing("s3control:GetPublicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration")
            .answering("s3:GetPublicAccessBlock", json!({"PublicAccessBlockConfiguration": on(&SETTINGS)}))
            .failing_when("s3:GetPublicAccessBlock", json!({"Bucket": "open"}), 404, NO_BLOCK[0])
            .failing("s3:GetBucketPolicyStatus", 404, "NoSuchBucketPolicy")
            .answering("s3:GetBucketAcl", json!({"Grants": []}))
            .answering_when(
                "s3:GetBucketAcl",
                json!({"Bucket": "open"}),
                json!({"Grants": [{"Grantee": {"Type": "Group", "URI": ALL}, "Permission": "READ"}]}),
            )
            .failing("s3:GetBucketOwnershipControls", 404, "OwnershipControlsNotFoundError")
    }

    async fn asked(query: &str, account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        testing::ask("s3_read_operations", json!({"query": query, "operation": "public-buckets"}), account).await
    }

    #[tokio::test]
    async fn public_buckets_are_listed_and_the_rest_is_counted() {
        let account = account();
        let answer = asked("is any bucket public?", &account).await;
        assert_eq!(answer.completeness.as_ref().unwrap().failed, []);
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["bucket"], &rows[0]["public"]), (&json!("open"), &json!(true)));
        assert_eq!(rows[0]["public_acl_grants"], json!(["READ to AllUsers"]));
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!((&summary["buckets_checked"], &summary["public"]), (&json!(2), &json!(1)));
        assert_eq!(summary["account_blocks"], json!([]));
        assert!(account.asked().contains(&r#"s3:GetBucketAcl eu-west-1 {"Bucket":"open"}"#.to_owned()));
    }

    #[tokio::test]
    async fn a_named_bucket_is_shown_even_when_it_is_closed_and_nothing_is_listed() {
        let account = account();
        let rows = rows_of(&asked("is bucket 'closed' public?", &account).await);
        assert_eq!((&rows[0]["bucket"], &rows[0]["public"]), (&json!("closed"), &json!(false)));
        assert!(!account.asked().iter().any(|call| call.starts_with("s3:ListBuckets")));
    }

    #[tokio::test]
    async fn a_denied_part_leaves_the_bucket_in_the_answer_as_unknown() {
        let account =
            account().failing_when("s3:GetBucketPolicyStatus", json!({"Bucket": "closed"}), 403, "AccessDenied");
        let account = account.failing_when("s3:GetPublicAccessBlock", json!({"Bucket": "closed"}), 403, "AccessDenied");
        let answer = asked("public buckets", &account).await;
        let rows = rows_of(&answer);
        let closed = rows.iter().find(|row| row["bucket"] == "closed").unwrap();
        assert_eq!((&closed["public"], &closed["policy_is_public"]), (&Value::Null, &Value::Null));
        let mut failed: Vec<_> = answer.completeness.unwrap().failed.into_iter().map(|read| read.operation).collect();
        failed.sort();
        assert_eq!(failed, ["s3:GetBucketPolicyStatus", "s3:GetPublicAccessBlock"]);
    }
}
