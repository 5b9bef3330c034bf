//! Subscriptions: who listens, who has not confirmed yet, which topics nobody hears.
//!
//! Endpoints come redacted unless they are ARNs: addresses and numbers are people's, and web addresses hold tokens.

use serde_json::{Value, json};

use super::topics::{name_of, read_topics};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// What stands for the ARN of a subscription until it is confirmed.
const PENDING: &str = "PendingConfirmation";

pub(super) async fn gaps(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (topics, subscriptions) = futures::join!(read_topics(ask), ask.read("sns:ListSubscriptions", json!({})));
    let topics = topics?;
    let mut findings = Findings::table(&["topic", "problem", "protocol", "endpoint"]);
    for topic in &topics {
        let problem = match (topic.count("SubscriptionsConfirmed"), topic.count("SubscriptionsPending")) {
            (Some(0), Some(0)) => json!("no subscription"),
            (Some(0), _) => json!("no confirmed subscription"),
            (Some(_), _) => continue,
            (None, _) => Value::Null,
        };
        findings.push([json!(topic.name()), problem, Value::Null, Value::Null]);
    }
    let silent = findings.rows.iter().filter(|row| !row[1].is_null()).count();
    let unknown = findings.rows.len() - silent;
    let mut pending = 0;
    for subscription in list(&subscriptions.unwrap_or_default(), "Subscriptions") {
        if text(subscription, "SubscriptionArn") == PENDING {
            pending += 1;
            let topic = json!(name_of(text(subscription, "TopicArn")));
            findings.push([
                topic,
                json!("waits for confirmation"),
                subscription["Protocol"].clone(),
                subscription["Endpoint"].clone(),
            ]);
        }
    }
    findings.sort_by("topic");
    findings.sum("topics", topics.len());
    findings.sum("topics_without_confirmed_subscription", silent);
    findings.sum("topics_unknown", unknown);
    findings.sum("pending_subscriptions_of_this_account", pending);
    ask.note(
        "Pending subscriptions are those that this account made; the numbers of a topic also count other accounts'. A \
         pending one that nobody confirms disappears after two days.",
    );
    Ok(findings)
}

pub(super) async fn subscriptions(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("sns:ListSubscriptions", json!({})).await?;
    let mut findings = Findings::table(&["topic", "protocol", "endpoint", "confirmed"]);
    for subscription in list(&answer, "Subscriptions") {
        findings.push([
            json!(name_of(text(subscription, "TopicArn"))),
            subscription["Protocol"].clone(),
            subscription["Endpoint"].clone(),
            json!(text(subscription, "SubscriptionArn").starts_with("arn:")),
        ]);
    }
    findings.sort_by("topic");
    findings.sum("subscriptions", findings.rows.len());
    findings.sum("not_confirmed", findings.rows.iter().filter(|row| row[3] == false).count());
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "sns_read_operations";

    fn subscription(arn: &str, protocol: &str, endpoint: &str) -> Value {
        json!({"SubscriptionArn": arn, "Owner": "111122223333", "Protocol": protocol, "Endpoint": endpoint,
            "TopicArn": "arn:aws:sns:us-east-1:111122223333:orders"})
    }

    fn account(subscriptions: &[Value]) -> FakeAccount {
        let topic = |name: &str| json!({"TopicArn": format!("arn:aws:sns:us-east-1:111122223333:{name}")});
        let counts = |confirmed: &str, pending: &str| json!({"Attributes": {"SubscriptionsConfirmed": confirmed, "SubscriptionsPending": pending}});
        FakeAccount::default()
            .answering("sns:ListTopics", json!({"Topics": [topic("orders"), topic("empty"), topic("busy")]}))
            .answering("sns:GetTopicAttributes", counts("3", "0"))
            .answering_when("sns:GetTopicAttributes", topic("orders"), counts("0", "1"))
            .answering_when("sns:GetTopicAttributes", topic("empty"), counts("0", "0"))
            .answering("sns:ListSubscriptions", json!({"Subscriptions": subscriptions}))
    }

    #[tokio::test]
    async fn silent_topics_and_pending_subscriptions_are_listed() {
        let account = account(&[
            subscription(PENDING, "email", "ops@example.com"),
            subscription("arn:aws:sns:us-east-1:111122223333:busy:1", "sqs", "arn:aws:sqs:us-east-1:111122223333:q"),
        ]);
        let rows = rows(TOOL, "subscription-gaps", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["topic"], &row["problem"], &row["endpoint"])).collect();
        assert_eq!(
            found,
            [
                (&json!("empty"), &json!("no subscription"), &Value::Null),
                (&json!("orders"), &json!("no confirmed subscription"), &Value::Null),
                (&json!("orders"), &json!("waits for confirmation"), &json!("ops@example.com")),
            ]
        );
    }

    #[tokio::test]
    async fn silent_topics_stay_when_the_subscriptions_cannot_be_listed() {
        let account = account(&[]).failing("sns:ListSubscriptions", 403, "AuthorizationError");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "subscription-gaps"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 2);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "sns:ListSubscriptions");
    }

    #[tokio::test]
    async fn subscriptions_say_where_they_lead_and_whether_they_are_confirmed() {
        let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
        let account = account(&[
            subscription(PENDING, "https", "***redacted***"),
            subscription("arn:aws:sns:us-east-1:111122223333:orders:1", "lambda", function),
        ]);
        let rows = rows(TOOL, "subscriptions", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["endpoint"], &row["confirmed"])).collect();
        assert_eq!(found, [(&json!("***redacted***"), &json!(false)), (&json!(function), &json!(true))]);
    }
}
