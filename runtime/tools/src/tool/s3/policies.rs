//! Bucket policies that let other accounts or everybody in.

use serde_json::{Value, json};

use super::bucket;
use crate::service::policy::{self, Statement};
use crate::service::{Ask, Findings, Unread};

/// One row for each statement that allows something to somebody outside the account.
pub(super) async fn shared_buckets(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let own = ask.account().await?;
    let buckets = bucket::chosen(ask).await?;
    let answers = ask.each(&buckets, |bucket| bucket.read(ask, "s3:GetBucketPolicy", &["NoSuchBucketPolicy"])).await;
    let mut findings = Findings::table(&["bucket", "who", "actions", "conditions", "open_to_everyone"]);
    let (mut with_policy, mut shared, mut unknown) = (0, 0, 0);
    for (bucket, answer) in buckets.iter().zip(answers) {
        let statements = match answer {
            Ok(None) => continue,
            Ok(Some(output)) => policy::statements(&output["Policy"]),
            Err(Unread) => None,
        };
        let Some(statements) = statements else {
            unknown += 1;
            findings.push([json!(bucket.name), Value::Null, Value::Null, Value::Null, Value::Null]);
            continue;
        };
        with_policy += 1;
        let rows: Vec<_> = statements.iter().filter_map(|statement| outside(statement, &own)).collect();
        shared += usize::from(!rows.is_empty());
        for [who, actions, conditions, open] in rows {
            findings.push([json!(bucket.name), who, actions, conditions, open]);
        }
    }
    findings.sort_by("bucket");
    findings.sum("buckets_checked", buckets.len());
    findings.sum("with_a_policy", with_policy);
    findings.sum("shared", shared);
    findings.sum("unknown", unknown);
    ask.note(
        "What a policy allows, Block Public Access may still stop: public-buckets gives that verdict. Deny statements \
         and access points are not weighed here.",
    );
    Ok(findings)
}

/// Absent for a statement that lets in nobody from outside.
fn outside(statement: &Statement, own: &str) -> Option<[Value; 4]> {
    let who = statement.outsiders(own);
    let row = [
        json!(who),
        json!(statement.actions()),
        json!(statement.condition_keys()),
        json!(statement.is_open_to_everyone()),
    ];
    (!who.is_empty()).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::{self, rows};
    use crate::tool::s3::testing::account_with;

    #[tokio::test]
    async fn statements_for_others_are_listed_and_own_ones_are_not() {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:role/r"}, "Action": ["s3:GetObject"], "Resource": "*"},
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"},
        ]});
        let account = account_with(&[("plain", Some("us-east-1")), ("shared", Some("us-east-1"))])
            .answering("sts:GetCallerIdentity", json!({"Account": "111122223333"}))
            .failing("s3:GetBucketPolicy", 404, "NoSuchBucketPolicy")
            .answering_when("s3:GetBucketPolicy", json!({"Bucket": "shared"}), json!({"Policy": policy.to_string()}));
        let answered = rows("s3_read_operations", "shared-buckets", json!({}), &account).await;
        let found: Vec<_> = answered.iter().map(|row| (&row["who"], &row["open_to_everyone"])).collect();
        assert_eq!(
            found,
            [(&json!(["arn:aws:iam::999988887777:role/r"]), &json!(false)), (&json!(["*"]), &json!(true))]
        );
    }

    #[tokio::test]
    async fn a_policy_that_may_not_be_read_leaves_its_bucket_as_unknown() {
        let account = account_with(&[("plain", Some("us-east-1"))])
            .answering("sts:GetCallerIdentity", json!({"Account": "111122223333"}))
            .failing("s3:GetBucketPolicy", 403, "AccessDenied");
        let arguments = json!({"query": "", "operation": "shared-buckets"});
        let answer = testing::ask("s3_read_operations", arguments, &account).await;
        let result = answer.result.unwrap();
        assert_eq!((&result["rows"][0][1], &result["summary"]["unknown"]), (&Value::Null, &json!(1)));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "s3:GetBucketPolicy");
    }
}
