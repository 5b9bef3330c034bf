//! Topics and their attributes.

use serde_json::{Value, json};

use crate::service::policy;
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Unread};

/// A topic; without attributes when they could not be read.
pub(super) struct Topic {
    pub arn: String,
    pub attributes: Option<Value>,
}

/// Topics with their attributes, in the order of their names. One that was deleted meanwhile is left out.
pub(super) async fn read_topics(ask: &Ask<'_>) -> Result<Vec<Topic>, Unread> {
    let answer = ask.read("sns:ListTopics", json!({})).await?;
    let arns: Vec<&str> = list(&answer, "Topics").map(|topic| text(topic, "TopicArn")).collect();
    let read = |arn| ask.read_if_any("sns:GetTopicAttributes", json!({"TopicArn": arn}), &["NotFound"]);
    let answers = ask.each(arns.iter(), read).await;
    let topics = arns.iter().zip(answers).filter_map(|(arn, answer)| {
        let attributes = answer.map(|answer| answer.map(|answer| answer["Attributes"].clone()));
        match attributes {
            Ok(None) => None,
            attributes => Some(Topic { arn: (*arn).into(), attributes: attributes.ok().flatten() }),
        }
    });
    let mut topics: Vec<_> = topics.collect();
    topics.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(topics)
}

impl Topic {
    /// `orders` of `arn:aws:sns:us-east-1:123456789012:orders`.
    pub fn name(&self) -> &str {
        name_of(&self.arn)
    }

    fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// An attribute that is a number in text; absent when it is unknown.
    pub fn count(&self, attribute: &str) -> Option<u64> {
        self.attributes.as_ref().map(|attributes| number(attributes, attribute) as u64)
    }

    /// Some text when it is there, `Some("")` when it is not set, absent when it is unknown.
    fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.as_ref().map(|attributes| text(attributes, attribute))
    }
}

pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

pub(super) async fn topics(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let topics = read_topics(ask).await?;
    let mut findings = Findings::table(&["topic", "confirmed", "pending", "kms_key", "fifo"]);
    for topic in &topics {
        findings.push([
            json!(topic.name()),
            json!(topic.count("SubscriptionsConfirmed")),
            json!(topic.count("SubscriptionsPending")),
            json!(topic.text("KmsMasterKeyId").map(|key| if key.is_empty() { "none" } else { key })),
            json!(topic.text("FifoTopic").map(|fifo| fifo == "true")),
        ]);
    }
    let sum = |attribute: &str| topics.iter().filter_map(|topic| topic.count(attribute)).sum::<u64>();
    findings.sum("topics", topics.len());
    findings.sum("confirmed_subscriptions", sum("SubscriptionsConfirmed"));
    findings.sum("pending_subscriptions", sum("SubscriptionsPending"));
    Ok(findings)
}

pub(super) async fn unencrypted(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let topics = read_topics(ask).await?;
    let mut findings = Findings::table(&["topic", "encrypted"]);
    for topic in &topics {
        let is_encrypted = topic.text("KmsMasterKeyId").map(|key| !key.is_empty());
        if is_encrypted != Some(true) {
            findings.push([json!(topic.name()), json!(is_encrypted)]);
        }
    }
    let unknown = topics.iter().filter(|topic| topic.attributes.is_none()).count();
    findings.sum("topics", topics.len());
    findings.sum("unencrypted", findings.rows.len() - unknown);
    findings.sum("unknown", unknown);
    Ok(findings)
}

/// One row for each statement that lets somebody in from outside the topic's account.
pub(super) async fn open(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let topics = read_topics(ask).await?;
    let mut findings = Findings::table(&["topic", "who", "actions", "conditions", "open_to_everyone"]);
    let (mut open, mut unknown) = (0, 0);
    for topic in &topics {
        // A topic without a policy is its owner's alone.
        let statements = topic.text("Policy").and_then(|policy| match policy {
            "" => Some(Vec::new()),
            policy => policy::statements(&json!(policy)),
        });
        let Some(statements) = statements else {
            unknown += 1;
            findings.push([json!(topic.name()), Value::Null, Value::Null, Value::Null, Value::Null]);
            continue;
        };
        open += usize::from(statements.iter().any(|statement| statement.is_open_to_everyone()));
        for statement in &statements {
            let who = statement.outsiders(topic.account());
            if !who.is_empty() {
                findings.push([
                    json!(topic.name()),
                    json!(who),
                    json!(statement.actions()),
                    json!(statement.condition_keys()),
                    json!(statement.is_open_to_everyone()),
                ]);
            }
        }
    }
    findings.sort_down_by("open_to_everyone");
    findings.sum("topics", topics.len());
    findings.sum("open_to_everyone", open);
    findings.sum("unknown", unknown);
    ask.note("Deny statements are not weighed: what one statement allows, another may deny.");
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "sns_read_operations";

    fn arn(name: &str) -> String {
        format!("arn:aws:sns:us-east-1:111122223333:{name}")
    }

    /// Topics with these attributes beside the numbers of their subscriptions.
    fn account(topics: &[(&str, Value)]) -> FakeAccount {
        let listed: Vec<_> = topics.iter().map(|(name, _)| json!({"TopicArn": arn(name)})).collect();
        let account = FakeAccount::default().answering("sns:ListTopics", json!({"Topics": listed}));
        topics.iter().fold(account, |account, (name, attributes)| {
            account.answering_when(
                "sns:GetTopicAttributes",
                json!({"TopicArn": arn(name)}),
                json!({"Attributes": attributes}),
            )
        })
    }

    #[tokio::test]
    async fn topics_are_sorted_and_counted_and_a_deleted_one_is_left_out() {
        let account = account(&[
            (
                "orders",
                json!({"SubscriptionsConfirmed": "2", "SubscriptionsPending": "1", "KmsMasterKeyId": "alias/aws/sns"}),
            ),
            ("alarms.fifo", json!({"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "FifoTopic": "true"})),
            ("gone", json!({})),
        ])
        .failing_when("sns:GetTopicAttributes", json!({"TopicArn": arn("gone")}), 404, "NotFound");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "topics"}), &account).await;
        assert_eq!(
            answer.result.as_ref().unwrap()["rows"],
            json!([["alarms.fifo", 0, 0, "none", true], ["orders", 2, 1, "alias/aws/sns", false]])
        );
        assert_eq!(answer.result.unwrap()["summary"]["confirmed_subscriptions"], 2);
        assert_eq!(answer.completeness.unwrap().failed, []);
    }

    #[tokio::test]
    async fn unencrypted_topics_are_those_without_a_key_and_unknown_ones_stay() {
        let account = account(&[("plain", json!({})), ("safe", json!({"KmsMasterKeyId": "k"})), ("denied", json!({}))])
            .failing_when("sns:GetTopicAttributes", json!({"TopicArn": arn("denied")}), 403, "AuthorizationError");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "unencrypted-topics"}), &account).await;
        assert_eq!(answer.result.as_ref().unwrap()["rows"], json!([["denied", null], ["plain", false]]));
        assert_eq!(answer.result.unwrap()["summary"], json!({"topics": 3, "unencrypted": 1, "unknown": 1}));
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AuthorizationError");
    }

    #[tokio::test]
    async fn the_policy_that_sns_makes_is_not_open() {
        let default = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"],
            "Resource": arn("own"), "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}}]});
        let open =
            json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "SNS:Subscribe", "Resource": "*"}]});
        let shared =
            json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "SNS:Publish"}]});
        let account = account(&[
            ("own", json!({"Policy": default.to_string()})),
            ("shared", json!({"Policy": shared.to_string()})),
            ("open", json!({"Policy": open.to_string()})),
            ("none", json!({})),
        ]);
        let rows = rows(TOOL, "open-topics", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["topic"], &row["who"], &row["open_to_everyone"])).collect();
        assert_eq!(
            found,
            [
                (&json!("open"), &json!(["*"]), &json!(true)),
                (&json!("shared"), &json!(["999988887777"]), &json!(false)),
            ]
        );
    }

    #[tokio::test]
    async fn an_account_without_topics_is_an_answer_for_every_recipe() {
        let account = account(&[]);
        for recipe in ["topics", "unencrypted-topics", "open-topics"] {
            let answer = testing::ask(TOOL, json!({"query": "", "operation": recipe}), &account).await;
            assert_eq!((answer.success, rows_of(&answer).len()), (true, 0), "{recipe}");
        }
    }
}
