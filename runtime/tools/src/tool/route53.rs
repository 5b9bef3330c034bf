//! `route53_read_operations`: hosted zones, their records, health checks.

mod health;
mod records;
mod zones;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "route53_read_operations",
    service: "route53",
    services: &["route53"],
    recipes: &[
        Recipe {
            name: "zones",
            answers: "Hosted zones, private or public, with their number of records and the VPCs of private ones.",
            example: "Which hosted zones do we have?",
            topic: &[&["zone", "domain"]],
            not: &["record", "health", "logging", "log", "point", "resolve"],
            takes: &[],
            reads: &["route53:ListHostedZones", "route53:GetHostedZone"],
            scope: Scope::Account,
            run: |ask| Box::pin(zones::overview(ask)),
        },
        Recipe {
            name: "find-record",
            answers: "Where a DNS name is defined: the records of that name with type, TTL, values and routing.",
            example: "Find the record `www.example.com`",
            topic: &[&["find", "where", "point", "resolve", "lookup", "look", "search", "defined", "target"]],
            not: &["health", "logging"],
            takes: &[NAME, Parameter { name: "type", kind: Kind::Text, means: "Only records of this type: A, CNAME." }],
            reads: &["route53:ListHostedZones", "route53:ListResourceRecordSets"],
            scope: Scope::Account,
            run: |ask| Box::pin(records::find(ask)),
        },
        Recipe {
            name: "zone-records",
            answers: "All records of one hosted zone with type, TTL, values and routing.",
            example: "List all records of zone `example.com`",
            topic: &[&["record"], &["zone", "list", "all", "show", "every"]],
            not: &["find", "where", "point", "resolve", "health", "search"],
            takes: &[
                Parameter { name: "zone", kind: Kind::Text, means: "Name or id of the hosted zone." },
                Parameter { name: "type", kind: Kind::Text, means: "Only records of this type: A, CNAME." },
            ],
            reads: &["route53:ListHostedZones", "route53:ListResourceRecordSets"],
            scope: Scope::Account,
            run: |ask| Box::pin(records::of_zone(ask)),
        },
        Recipe {
            name: "health-checks-failing",
            answers: "Health checks that Route 53 considers unhealthy, with what they check and what checkers report.",
            example: "Which health checks are failing?",
            topic: &[&["health", "healthcheck", "unhealthy"]],
            not: &["record"],
            takes: &[],
            reads: &["route53:ListHealthChecks", "route53:GetHealthCheckStatus", "cloudwatch:GetMetricData"],
            scope: Scope::Account,
            run: |ask| Box::pin(health::failing(ask)),
        },
        Recipe {
            name: "zones-without-query-logging",
            answers: "Public hosted zones whose DNS queries are not logged.",
            example: "Which hosted zones have no query logging?",
            topic: &[&["zone", "dns", "query", "domain"], &["logging", "log", "logged"]],
            not: &["health", "record"],
            takes: &[],
            reads: &["route53:ListHostedZones", "route53:ListQueryLoggingConfigs"],
            scope: Scope::Account,
            run: |ask| Box::pin(zones::without_query_logging(ask)),
        },
    ],
};

const NAME: Parameter = Parameter {
    name: "name",
    kind: Kind::Text,
    means: "DNS name, in full or in part; quotes in the question name it too.",
};
