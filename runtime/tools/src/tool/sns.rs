//! `sns_read_operations`: topics, who listens to them, and who may reach them.

mod subscriptions;
mod topics;

use crate::service::{Recipe, Scope, ServiceTool};

const TOPIC_READS: &[&str] = &["sns:ListTopics", "sns:GetTopicAttributes"];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "sns_read_operations",
    service: "sns",
    services: &["sns"],
    recipes: &[
        Recipe {
            name: "topics",
            answers: "Topics with the numbers of their subscriptions, encryption and kind.",
            example: "List the SNS topics",
            topic: &[&["topic", "sns"]],
            not: &[
                "subscription",
                "subscriber",
                "subscribed",
                "pending",
                "unconfirmed",
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
                "alarm",
                "unsubscribed",
                "unused",
                "create",
                "delete",
            ],
            takes: &[],
            reads: TOPIC_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(topics::topics(ask)),
        },
        Recipe {
            name: "subscription-gaps",
            answers: "Topics that nobody listens to, and subscriptions that wait for their confirmation.",
            example: "Which topics have no subscribers or pending subscriptions?",
            topic: &[
                &["topic", "sns", "subscription", "subscriber"],
                &["subscription", "subscriber", "subscribed", "pending", "unconfirmed", "unsubscribed", "unused"],
                &["no", "pending", "unconfirmed", "unsubscribed", "unused", "waiting"],
            ],
            not: &["policy", "encrypted"],
            takes: &[],
            reads: &["sns:ListTopics", "sns:GetTopicAttributes", "sns:ListSubscriptions"],
            scope: Scope::Region,
            run: |ask| Box::pin(subscriptions::gaps(ask)),
        },
        Recipe {
            name: "subscriptions",
            answers: "Subscriptions with topic, protocol, endpoint and whether they are confirmed; of endpoints that are no \
                      ARNs only that they are there.",
            example: "List all SNS subscriptions",
            topic: &[&["subscription", "subscriber", "subscribed", "endpoint"]],
            not: &["no", "pending", "unconfirmed", "unused", "policy", "waiting"],
            takes: &[],
            reads: &["sns:ListSubscriptions"],
            scope: Scope::Region,
            run: |ask| Box::pin(subscriptions::subscriptions(ask)),
        },
        Recipe {
            name: "unencrypted-topics",
            answers: "Topics without encryption at rest by a KMS key.",
            example: "Which SNS topics are not encrypted?",
            topic: &[&["topic", "sns"], &["encrypted", "unencrypted", "encryption", "encrypt", "kms"]],
            not: &["subscription"],
            takes: &[],
            reads: TOPIC_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(topics::unencrypted(ask)),
        },
        Recipe {
            name: "open-topics",
            answers: "Topics whose policies let everyone or other accounts in, with actions and conditions.",
            example: "Which SNS topics have an open policy?",
            topic: &[
                &["topic", "sns"],
                &["open", "public", "publicly", "policy", "everyone", "anyone", "cross-account", "account", "shared"],
            ],
            not: &["subscription", "subscriber"],
            takes: &[],
            reads: TOPIC_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(topics::open(ask)),
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
            ("which topics exist?", "topics"),
            ("how many SNS topics are there", "topics"),
            ("topics with no subscribers", "subscription-gaps"),
            ("topics without subscriptions", "subscription-gaps"),
            ("pending subscriptions", "subscription-gaps"),
            ("unconfirmed SNS subscriptions", "subscription-gaps"),
            ("unused topics", "subscription-gaps"),
            ("who is subscribed to the topic?", "subscriptions"),
            ("list subscriptions by protocol", "subscriptions"),
            ("unencrypted topics", "unencrypted-topics"),
            ("SNS topics without KMS", "unencrypted-topics"),
            ("topics open to everyone", "open-topics"),
            ("public SNS topics", "open-topics"),
            ("topic policies with other accounts", "open-topics"),
            ("hello", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
