//! `sqs_read_operations`: queues, what waits in them, where their failures go, and who may reach them.

mod dead_letters;
mod queues;

use crate::service::{Recipe, Scope, ServiceTool};

const QUEUE_READS: &[&str] = &["sqs:ListQueues", "sqs:GetQueueAttributes"];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "sqs_read_operations",
    service: "sqs",
    services: &["sqs"],
    recipes: &[
        Recipe {
            name: "queues",
            answers: "Queues with messages waiting, in flight and delayed, and the age of the oldest message; the \
                      deepest first.",
            example: "How many messages are in my SQS queues, and how old are they?",
            topic: &[&["queue", "sqs"]],
            not: &[
                "dead-letter",
                "dead",
                "dlq",
                "redrive",
                "encrypted",
                "unencrypted",
                "encryption",
                "kms",
                "open",
                "public",
                "publicly",
                "policy",
                "everyone",
                "anyone",
                "cross-account",
                "account",
                "create",
                "delete",
                "purge",
                "job",
            ],
            takes: &[],
            reads: &["sqs:ListQueues", "sqs:GetQueueAttributes", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(queues::queues(ask)),
        },
        Recipe {
            name: "dead-letter-queues",
            answers: "Dead-letter queues that hold messages, with the queues that they come from and the age of the \
                      oldest.",
            example: "Which dead-letter queues are not empty?",
            topic: &[&["dead-letter", "dead", "dlq", "deadletter", "redrive"]],
            not: &["without", "lack", "missing", "lambda", "function"],
            takes: &[],
            reads: &["sqs:ListQueues", "sqs:GetQueueAttributes", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(dead_letters::dead_letter_queues(ask)),
        },
        Recipe {
            name: "queues-without-dead-letters",
            answers: "Queues that have no dead-letter queue, with what waits in them.",
            example: "Which queues have no dead-letter queue?",
            topic: &[
                &["dead-letter", "dead", "dlq", "deadletter", "redrive"],
                &["no", "lack", "missing"],
                &["queue", "sqs"],
            ],
            not: &["empty", "message", "lambda", "function"],
            takes: &[],
            reads: QUEUE_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(dead_letters::queues_without(ask)),
        },
        Recipe {
            name: "unencrypted-queues",
            answers: "Queues without encryption at rest, by neither SQS's own key nor a KMS key.",
            example: "Which SQS queues are not encrypted?",
            topic: &[&["queue", "sqs"], &["encrypted", "unencrypted", "encryption", "encrypt", "kms", "sse"]],
            not: &[],
            takes: &[],
            reads: QUEUE_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(queues::unencrypted(ask)),
        },
        Recipe {
            name: "open-queues",
            answers: "Queues whose policies let everyone or other accounts in, with actions and conditions.",
            example: "Which SQS queues have an open policy?",
            topic: &[
                &["queue", "sqs"],
                &["open", "public", "publicly", "policy", "everyone", "anyone", "cross-account", "account", "shared"],
            ],
            not: &["dead-letter", "dlq", "redrive"],
            takes: &[],
            reads: QUEUE_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(queues::open(ask)),
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::TOOL;
    use crate::service::testing::lead_to;

    #[test]
    fn words_lead_to_the_recipe_that_answers_them() {
        let meant = [
            ("queue depth", "queues"),
            ("how deep are the queues?", "queues"),
            ("which queues have messages waiting", "queues"),
            ("oldest message in each queue", "queues"),
            ("list the SQS queues", "queues"),
            ("non-empty dead-letter queues", "dead-letter-queues"),
            ("messages in DLQs", "dead-letter-queues"),
            ("dead letters", "dead-letter-queues"),
            ("queues without a DLQ", "queues-without-dead-letters"),
            ("queues that have no dead letter queue", "queues-without-dead-letters"),
            ("SQS queues missing a redrive policy", "queues-without-dead-letters"),
            ("unencrypted queues", "unencrypted-queues"),
            ("queues without encryption", "unencrypted-queues"),
            ("queues open to everyone", "open-queues"),
            ("publicly accessible SQS queues", "open-queues"),
            ("queues shared with other accounts", "open-queues"),
            ("hello", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
