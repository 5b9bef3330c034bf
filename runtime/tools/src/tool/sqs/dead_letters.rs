//! Dead-letter queues: which hold messages, and which queues have none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::queues::{Queue, ages, read_queues};
use crate::service::{Ask, Findings, Unread};

/// Names that people give to dead-letter queues of topics and functions, which no queue points to.
const TELLING: [&str; 4] = ["dlq", "dead-letter", "deadletter", "dead_letter"];

/// The names of the queues whose failures go to each ARN.
fn sources(queues: &[Queue]) -> BTreeMap<String, Vec<&str>> {
    let mut sources: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for queue in queues {
        if let Some(target) = queue.dead_letter_target().filter(|target| !target.is_empty()) {
            sources.entry(target).or_default().push(&queue.name);
        }
    }
    sources
}

fn is_telling(name: &str) -> bool {
    let name = name.to_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

fn is_dead_letter(queue: &Queue, sources: &BTreeMap<String, Vec<&str>>) -> bool {
    sources.contains_key(queue.arn()) || is_telling(&queue.name)
}

pub(super) async fn dead_letter_queues(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let queues = read_queues(ask).await?;
    let sources = sources(&queues);
    let dead: Vec<&Queue> = queues.iter().filter(|queue| is_dead_letter(queue, &sources)).collect();
    let filled: Vec<&Queue> = dead.iter().copied().filter(|queue| queue.held() != Some(0)).collect();
    let ages = ages(ask, &filled).await;
    let mut findings = Findings::table(&["queue", "messages", "oldest_seconds", "from_queues"]);
    for (queue, age) in filled.iter().zip(ages) {
        let from = sources.get(queue.arn()).cloned().unwrap_or_default();
        findings.push([json!(queue.name), json!(queue.held()), json!(age), json!(from)]);
    }
    findings.sort_down_by("messages");
    findings.sum("dead_letter_queues", dead.len());
    findings.sum("not_empty", filled.iter().filter(|queue| queue.held().is_some()).count());
    findings.sum("messages", filled.iter().filter_map(|queue| queue.held()).sum::<u64>());
    findings.sum("queues_unknown", queues.iter().filter(|queue| queue.attributes.is_none()).count());
    ask.note(
        "A dead-letter queue is one that another queue of the region names in its redrive policy, or whose name says so: \
         those of topics and functions are known by name only.",
    );
    Ok(findings)
}

pub(super) async fn queues_without(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let queues = read_queues(ask).await?;
    let sources = sources(&queues);
    let mut findings = Findings::table(&["queue", "has_dead_letter_queue", "waiting"]);
    let others = || queues.iter().filter(|queue| !is_dead_letter(queue, &sources));
    for queue in others() {
        let has_target = queue.dead_letter_target().map(|target| !target.is_empty());
        if has_target != Some(true) {
            findings.push([json!(queue.name), json!(has_target), json!(queue.waiting())]);
        }
    }
    let unknown = findings.rows.iter().filter(|row| row[1] == Value::Null).count();
    findings.sum("queues", queues.len());
    findings.sum("dead_letter_queues_left_out", queues.len() - others().count());
    findings.sum("without_dead_letter_queue", findings.rows.len() - unknown);
    findings.sum("unknown", unknown);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::sqs::queues::tests::{account, arn, oldest, url};
    use serde_json::{Value, json};

    const TOOL: &str = "sqs_read_operations";

    fn redrive(target: &str) -> Value {
        json!({"RedrivePolicy": json!({"deadLetterTargetArn": arn(target), "maxReceiveCount": 3}).to_string()})
    }

    #[tokio::test]
    async fn dead_letter_queues_with_messages_name_their_sources() {
        let account = account(&[
            ("orders", 4, redrive("failed-orders")),
            ("refunds", 0, redrive("failed-orders")),
            ("failed-orders", 12, json!({})),
            ("mailer-DLQ", 3, json!({})),
            ("quiet-dlq", 0, json!({"ApproximateNumberOfMessagesNotVisible": "0"})),
            ("plain", 7, json!({})),
        ])
        .answering("cloudwatch:GetMetricData", oldest(&[86_400, 60]));
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "dead-letter-queues"}), &account).await;
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["queue"], &row["messages"], &row["from_queues"])).collect();
        assert_eq!(
            found,
            [
                (&json!("failed-orders"), &json!(13), &json!(["orders", "refunds"])),
                (&json!("mailer-DLQ"), &json!(4), &json!([])),
            ]
        );
        assert_eq!(rows[0]["oldest_seconds"], 86_400);
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!((&summary["dead_letter_queues"], &summary["messages"]), (&json!(3), &json!(17)));
    }

    #[tokio::test]
    async fn messages_that_somebody_works_on_are_still_in_their_dead_letter_queue() {
        let in_work = json!({"ApproximateNumberOfMessagesNotVisible": "2", "ApproximateNumberOfMessagesDelayed": "1"});
        let account = account(&[("mailer-dlq", 0, in_work)]).answering("cloudwatch:GetMetricData", oldest(&[60]));
        let rows = rows(TOOL, "dead-letter-queues", json!({}), &account).await;
        assert_eq!((rows.len(), &rows[0]["messages"]), (1, &json!(3)));
    }

    #[tokio::test]
    async fn queues_without_a_target_are_listed_and_dead_letter_queues_are_not() {
        let account = account(&[("orders", 4, redrive("failed")), ("failed", 0, json!({})), ("plain", 7, json!({}))]);
        let rows = rows(TOOL, "queues-without-dead-letters", json!({}), &account).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["queue"], &rows[0]["waiting"]), (&json!("plain"), &json!(7)));
    }

    #[tokio::test]
    async fn a_queue_that_cannot_be_read_is_unknown() {
        let account = account(&[("plain", 7, json!({})), ("denied", 0, json!({}))]).failing_when(
            "sqs:GetQueueAttributes",
            json!({"QueueUrl": url("denied")}),
            403,
            "AccessDenied",
        );
        let answer =
            testing::ask(TOOL, json!({"query": "", "operation": "queues-without-dead-letters"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(result["rows"], json!([["denied", null, null], ["plain", false, 7]]));
        assert_eq!(
            (&result["summary"]["unknown"], &result["summary"]["without_dead_letter_queue"]),
            (&json!(1), &json!(1))
        );
    }
}
