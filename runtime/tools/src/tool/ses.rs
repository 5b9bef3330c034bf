//! `ses_read_operations`: identities, the account's sending status and reputation, suppression.

mod account;
mod identities;
mod reputation;
mod suppression;

use crate::service::{Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "ses_read_operations",
    service: "ses",
    services: &["sesv2", "ses"],
    recipes: &[
        Recipe {
            name: "identities",
            answers: "Email addresses and domains to send from: verified or not, DKIM, MAIL FROM and sending.",
            example: "Which email identities are verified, and do they have DKIM?",
            topic: &[&["identity", "dkim", "verified", "verification", "domain", "address", "sender"]],
            not: &["suppression", "suppressed", "bounce", "complaint", "quota", "sandbox"],
            takes: &[],
            reads: &["sesv2:ListEmailIdentities", "sesv2:GetEmailIdentity"],
            scope: Scope::Region,
            run: |ask| Box::pin(identities::overview(ask)),
        },
        Recipe {
            name: "sending-status",
            answers: "Whether SES is in the sandbox, may send, how much it may send and how much it has sent.",
            example: "Are we in the SES sandbox, and what is our sending quota?",
            topic: &[&[
                "sandbox",
                "quota",
                "limit",
                "status",
                "paused",
                "enabled",
                "production",
                "sent",
                "send",
                "sending",
            ]],
            not: &["identity", "dkim", "verified", "bounce", "complaint", "reputation", "suppression", "suppressed"],
            takes: &[],
            reads: &["sesv2:GetAccount"],
            scope: Scope::Region,
            run: |ask| Box::pin(account::sending_status(ask)),
        },
        Recipe {
            name: "bounces-and-complaints",
            answers: "Bounce and complaint rates of the last two weeks beside those at which AWS reviews an account.",
            example: "What are our bounce and complaint rates?",
            topic: &[&["bounce", "bounced", "complaint", "reputation", "reject", "rejected", "spam", "deliverability"]],
            not: &["suppression", "suppressed", "identity"],
            takes: &[],
            reads: &["ses:GetSendStatistics", "sesv2:GetAccount"],
            scope: Scope::Region,
            run: |ask| Box::pin(reputation::rates(ask)),
        },
        Recipe {
            name: "suppression",
            answers: "What puts addresses on the suppression list, for the account and for each configuration set.",
            example: "How is the suppression list configured?",
            topic: &[&["suppression", "suppressed", "suppress"]],
            not: &["identity"],
            takes: &[],
            reads: &["sesv2:GetAccount", "sesv2:ListConfigurationSets", "sesv2:GetConfigurationSet"],
            scope: Scope::Region,
            run: |ask| Box::pin(suppression::overview(ask)),
        },
    ],
};
