//! `dynamodb_read_operations`: tables, how they are protected, and where they are throttled.

mod tables;
mod throttles;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

const HOURS: Parameter =
    Parameter { name: "hours", kind: Kind::Number, means: "How far back to look, in hours; default 24." };

const DAYS: Parameter = Parameter { name: "days", kind: Kind::Number, means: "The same in days." };

const TABLE_READS: &[&str] = &["dynamodb:ListTables", "dynamodb:DescribeTable"];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "dynamodb_read_operations",
    service: "dynamodb",
    services: &["dynamodb"],
    recipes: &[
        Recipe {
            name: "tables",
            answers: "Tables with size, items, billing, capacity, class, encryption and number of indexes; the largest \
                      first.",
            example: "List the DynamoDB tables with their size",
            topic: &[&["table", "dynamodb"]],
            not: &[
                "throttle",
                "throttled",
                "throttling",
                "pitr",
                "point-in-time",
                "recovery",
                "backup",
                "protection",
                "protected",
                "unprotected",
                "gsi",
                "gsis",
                "index",
                "route",
                "create",
                "delete",
                "item",
                "scan",
            ],
            takes: &[],
            reads: TABLE_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(tables::tables(ask)),
        },
        Recipe {
            name: "unprotected-tables",
            answers: "Tables without point-in-time recovery or without deletion protection.",
            example: "Which DynamoDB tables have no point-in-time recovery?",
            topic: &[
                &["table", "dynamodb"],
                &[
                    "pitr",
                    "point-in-time",
                    "recovery",
                    "backup",
                    "protection",
                    "protected",
                    "unprotected",
                    "continuous",
                    "deletion",
                ],
            ],
            not: &["throttle", "throttled"],
            takes: &[],
            reads: &["dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"],
            scope: Scope::Region,
            run: |ask| Box::pin(tables::unprotected(ask)),
        },
        Recipe {
            name: "throttled-tables",
            answers: "Tables and indexes whose reads or writes were throttled, with counts and billing mode.",
            example: "Which DynamoDB tables were throttled in the last 24 hours?",
            topic: &[&["throttle", "throttled", "throttling"], &["table", "dynamodb", "index", "gsi"]],
            not: &[],
            takes: &[HOURS, DAYS],
            reads: &["dynamodb:ListTables", "dynamodb:DescribeTable", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(throttles::throttled(ask)),
        },
        Recipe {
            name: "table-indexes",
            answers: "Global and local secondary indexes with keys, projection, status and size.",
            example: "Which global secondary indexes do the tables have?",
            topic: &[
                &["gsi", "gsis", "lsi", "lsis", "index", "secondary"],
                &["table", "dynamodb", "secondary", "global", "local", "gsi", "gsis", "lsi", "lsis"],
            ],
            not: &["throttle", "throttled", "throttling"],
            takes: &[],
            reads: TABLE_READS,
            scope: Scope::Region,
            run: |ask| Box::pin(tables::indexes(ask)),
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
            ("which tables are there?", "tables"),
            ("size and billing mode of the DynamoDB tables", "tables"),
            ("largest tables", "tables"),
            ("tables without PITR", "unprotected-tables"),
            ("tables without point in time recovery", "unprotected-tables"),
            ("DynamoDB tables without backups", "unprotected-tables"),
            ("tables without deletion protection", "unprotected-tables"),
            ("throttled tables", "throttled-tables"),
            ("DynamoDB throttling in the last 3 days", "throttled-tables"),
            ("list GSIs", "table-indexes"),
            ("global secondary indexes of the tables", "table-indexes"),
            ("hello", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
