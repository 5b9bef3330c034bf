//! Queues and their attributes.

use serde_json::{Value, json};
use time::Duration;

use crate::service::policy;
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

/// A queue that was deleted since it was listed; SQS has an older and a newer name for that.
const GONE: [&str; 2] = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

/// A queue; without attributes when they could not be read.
pub(super) struct Queue {
    pub name: String,
    pub attributes: Option<Value>,
}

/// Queues with their attributes, in the order of their names.
pub(super) async fn read_queues(ask: &Ask<'_>) -> Result<Vec<Queue>, Unread> {
    let answer = ask.read("sqs:ListQueues", json!({})).await?;
    let urls: Vec<&str> = list(&answer, "QueueUrls").filter_map(Value::as_str).collect();
    let answers = ask.each(urls.iter(), |url| {
        let parameters = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        ask.read_if_any("sqs:GetQueueAttributes", parameters, &GONE)
    });
    let mut queues = Vec::with_capacity(urls.len());
    for (url, answer) in urls.iter().zip(answers.await) {
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        match answer {
            Ok(None) => {}
            Ok(Some(answer)) => queues.push(Queue { name, attributes: Some(answer["Attributes"].clone()) }),
            Err(Unread) => queues.push(Queue { name, attributes: None }),
        }
    }
    queues.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(queues)
}

impl Queue {
    /// Messages by one of the attributes `ApproximateNumberOfMessages...`.
    fn messages(&self, attribute: &str) -> Option<u64> {
        self.attributes.as_ref().map(|attributes| number(attributes, attribute) as u64)
    }

    /// Messages that can be received now.
    pub fn waiting(&self) -> Option<u64> {
        self.messages("ApproximateNumberOfMessages")
    }

    /// All messages that it holds: those that wait, those that somebody works on and those that are delayed.
    pub fn held(&self) -> Option<u64> {
        let kinds = ["", "NotVisible", "Delayed"];
        kinds.into_iter().map(|kind| self.messages(&format!("ApproximateNumberOfMessages{kind}"))).sum()
    }

    pub fn arn(&self) -> &str {
        self.attributes.as_ref().map_or("", |attributes| text(attributes, "QueueArn"))
    }

    /// The ARN of its dead-letter queue: `Some("")` when it has none, absent when that is unknown.
    pub fn dead_letter_target(&self) -> Option<String> {
        let redrive = text(self.attributes.as_ref()?, "RedrivePolicy");
        let policy: Value = serde_json::from_str(redrive).unwrap_or_default();
        Some(text(&policy, "deadLetterTargetArn").to_owned())
    }

    fn is_encrypted(&self) -> Option<bool> {
        let attributes = self.attributes.as_ref()?;
        Some(text(attributes, "SqsManagedSseEnabled") == "true" || !text(attributes, "KmsMasterKeyId").is_empty())
    }
}

/// Age in seconds of the oldest message of each queue, the latest value of the last
/// quarter of an hour. None for a queue of which CloudWatch has no value: SQS
/// reports nothing of queues that were idle for six hours.
pub(super) async fn ages(ask: &Ask<'_>, queues: &[&Queue]) -> Vec<Option<u64>> {
    let metric = |queue: &&Queue| Metric {
        namespace: "AWS/SQS",
        name: "ApproximateAgeOfOldestMessage",
        dimensions: vec![("QueueName", queue.name.clone())],
        statistic: Statistic::Maximum,
    };
    let metrics: Vec<_> = queues.iter().map(metric).collect();
    match ask.metrics(&metrics, (ask.now - Duration::minutes(15), ask.now), 300).await {
        Ok(values) => values.into_iter().map(|values| values.last().map(|age| *age as u64)).collect(),
        Err(Unread) => vec![None; queues.len()],
    }
}

pub(super) async fn queues(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let queues = read_queues(ask).await?;
    let filled: Vec<&Queue> = queues.iter().filter(|queue| queue.held().is_some_and(|count| count > 0)).collect();
    let ages = ages(ask, &filled).await;
    let age_of = |queue: &Queue| {
        let found = filled.iter().position(|filled| filled.name == queue.name)?;
        ages[found]
    };
    let mut findings = Findings::table(&["queue", "waiting", "in_flight", "delayed", "oldest_seconds"]);
    for queue in &queues {
        findings.push([
            json!(queue.name),
            json!(queue.waiting()),
            json!(queue.messages("ApproximateNumberOfMessagesNotVisible")),
            json!(queue.messages("ApproximateNumberOfMessagesDelayed")),
            json!(age_of(queue)),
        ]);
    }
    findings.sort_down_by("waiting");
    findings.sum("queues", queues.len());
    findings.sum("queues_with_messages", filled.len());
    findings.sum("waiting", queues.iter().filter_map(Queue::waiting).sum::<u64>());
    findings.sum("unknown", queues.iter().filter(|queue| queue.attributes.is_none()).count());
    ask.note("Numbers of messages are SQS's approximate ones; ages are CloudWatch's of the last quarter of an hour.");
    Ok(findings)
}

pub(super) async fn unencrypted(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let queues = read_queues(ask).await?;
    let mut findings = Findings::table(&["queue", "encrypted"]);
    for queue in queues.iter().filter(|queue| queue.is_encrypted() != Some(true)) {
        findings.push([json!(queue.name), json!(queue.is_encrypted())]);
    }
    let unknown = queues.iter().filter(|queue| queue.attributes.is_none()).count();
    findings.sum("queues", queues.len());
    findings.sum("unencrypted", findings.rows.len() - unknown);
    findings.sum("unknown", unknown);
    Ok(findings)
}

/// One row for each statement that lets somebody in from outside the queue's account.
pub(super) async fn open(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let queues = read_queues(ask).await?;
    let mut findings = Findings::table(&["queue", "who", "actions", "conditions", "open_to_everyone"]);
    let (mut open, mut unknown) = (0, 0);
    for queue in &queues {
        // A queue without a policy is its owner's alone.
        let statements = queue.attributes.as_ref().and_then(|attributes| match text(attributes, "Policy") {
            "" => Some(Vec::new()),
            policy => policy::statements(&json!(policy)),
        });
        let Some(statements) = statements else {
            unknown += 1;
            findings.push([json!(queue.name), Value::Null, Value::Null, Value::Null, Value::Null]);
            continue;
        };
        let own = queue.arn().split(':').nth(4).unwrap_or_default();
        open += usize::from(statements.iter().any(|statement| statement.is_open_to_everyone()));
        for statement in &statements {
            let who = statement.outsiders(own);
            if !who.is_empty() {
                findings.push([
                    json!(queue.name),
                    json!(who),
                    json!(statement.actions()),
                    json!(statement.condition_keys()),
                    json!(statement.is_open_to_everyone()),
                ]);
            }
        }
    }
    findings.sort_down_by("open_to_everyone");
    findings.sum("queues", queues.len());
    findings.sum("open_to_everyone", open);
    findings.sum("unknown", unknown);
    ask.note("Deny statements are not weighed: what one statement allows, another may deny.");
    Ok(findings)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "sqs_read_operations";

    pub fn url(name: &str) -> String {
        format!("https://sqs.us-east-1.amazonaws.com/111122223333/{name}")
    }

    pub fn arn(name: &str) -> String {
        format!("arn:aws:sqs:us-east-1:111122223333:{name}")
    }

    /// Queues with so many messages and these further attributes.
    pub fn account(queues: &[(&str, u64, Value)]) -> FakeAccount {
        let urls: Vec<_> = queues.iter().map(|(name, ..)| url(name)).collect();
        let account = FakeAccount::default().answering("sqs:ListQueues", json!({"QueueUrls": urls}));
        queues.iter().fold(account, |account, (name, messages, more)| {
            let mut attributes = json!({
                "QueueArn": arn(name), "ApproximateNumberOfMessages": messages.to_string(),
                "ApproximateNumberOfMessagesNotVisible": "1", "ApproximateNumberOfMessagesDelayed": "0",
            });
            attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = json!({"Attributes": attributes});
            account.answering_when("sqs:GetQueueAttributes", json!({"QueueUrl": url(name)}), answer)
        })
    }

    pub fn oldest(seconds: &[u64]) -> Value {
        let results = seconds.iter().enumerate();
        let results = results
            .map(|(index, age)| json!({"Id": format!("m{index}"), "Values": [1, age], "StatusCode": "Complete"}));
        json!({"MetricDataResults": results.collect::<Vec<_>>()})
    }

    #[tokio::test]
    async fn the_deepest_queue_comes_first_with_the_age_of_its_oldest_message() {
        let account = account(&[("empty", 0, json!({})), ("a", 5, json!({})), ("deep", 900, json!({}))])
            .answering("cloudwatch:GetMetricData", oldest(&[30, 7200]));
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "queues"}), &account).await;
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["queue"], &row["waiting"], &row["oldest_seconds"])).collect();
        assert_eq!(
            found,
            [
                (&json!("deep"), &json!(900), &json!(7200)),
                (&json!("a"), &json!(5), &json!(30)),
                (&json!("empty"), &json!(0), &Value::Null),
            ]
        );
        assert_eq!(answer.result.unwrap()["summary"]["waiting"], 905);
    }

    #[tokio::test]
    async fn depths_stay_when_cloudwatch_is_denied_and_deleted_queues_are_left_out() {
        let account = account(&[("a", 5, json!({})), ("gone", 0, json!({}))])
            .failing_when("sqs:GetQueueAttributes", json!({"QueueUrl": url("gone")}), 400, GONE[1])
            .failing("cloudwatch:GetMetricData", 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "queues"}), &account).await;
        assert_eq!(answer.result.as_ref().unwrap()["rows"], json!([["a", 5, 1, 0, null]]));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "cloudwatch:GetMetricData");
    }

    #[tokio::test]
    async fn either_kind_of_key_encrypts_and_what_is_unknown_stays() {
        let account = account(&[
            ("own-key", 0, json!({"SqsManagedSseEnabled": "true"})),
            ("kms", 0, json!({"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/aws/sqs"})),
            ("plain", 0, json!({"SqsManagedSseEnabled": "false"})),
            ("denied", 0, json!({})),
        ])
        .failing_when("sqs:GetQueueAttributes", json!({"QueueUrl": url("denied")}), 403, "AccessDenied");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "unencrypted-queues"}), &account).await;
        assert_eq!(answer.result.unwrap()["rows"], json!([["denied", null], ["plain", false]]));
    }

    #[tokio::test]
    async fn open_policies_are_told_from_those_for_the_own_account() {
        let statement = |principal: Value, condition: Value| {
            let statement =
                json!({"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Condition": condition});
            json!({"Policy": json!({"Statement": [statement]}).to_string()})
        };
        let account = account(&[
            ("events", 0, statement(json!({"Service": "s3.amazonaws.com"}), json!({}))),
            ("own", 0, statement(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({}))),
            ("open", 0, statement(json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}}))),
            ("bucket", 0, statement(json!("*"), json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}))),
        ]);
        let rows = rows(TOOL, "open-queues", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["queue"], &row["open_to_everyone"])).collect();
        assert_eq!(found, [(&json!("open"), &json!(true)), (&json!("bucket"), &json!(false))]);
    }

    #[tokio::test]
    async fn an_account_without_queues_is_an_answer_for_every_recipe() {
        let account = FakeAccount::default().answering("sqs:ListQueues", json!({}));
        for recipe in
            ["queues", "unencrypted-queues", "open-queues", "dead-letter-queues", "queues-without-dead-letters"]
        {
            assert!(rows(TOOL, recipe, json!({}), &account).await.is_empty(), "{recipe}");
        }
    }
}
