//! `cloudformation_read_operations`: stacks, why they failed, what they cost, what nobody uses.

mod cost;
mod exports;
mod failure;
mod stack;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

const STACKS: Parameter =
    Parameter { name: "stacks", kind: Kind::List, means: "Names of stacks; without it those in quotes in the query." };

const USD: Parameter = Parameter {
    name: "usd",
    kind: Kind::Number,
    means: "Dollars of the last 30 days above which a stack is listed; default 100.",
};

const DAYS: Parameter = Parameter { name: "days", kind: Kind::Number, means: "Days without a change; default 180." };

/// Words of questions that other recipes than the list of stacks answer, or none.
const MORE_THAN_A_LIST: &[&str] = &[
    "cost",
    "costing",
    "create",
    "delete",
    "drift",
    "drifted",
    "error",
    "expensive",
    "export",
    "exported",
    "fail",
    "failed",
    "failure",
    "import",
    "nested",
    "old",
    "oldest",
    "output",
    "parameter",
    "protected",
    "protection",
    "resource",
    "rollback",
    "rolled",
    "stackset",
    "stale",
    "template",
    "termination",
    "unchanged",
    "unprotected",
    "untouched",
    "update",
    "updated",
];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cloudformation_read_operations",
    service: "cloudformation",
    services: &["cloudformation"],
    recipes: &[
        Recipe {
            name: "stacks",
            answers: "The stacks that are not deleted with status, times, termination protection and last known drift.",
            example: "List my CloudFormation stacks",
            topic: &[&["stack", "cloudformation"]],
            not: MORE_THAN_A_LIST,
            takes: &[],
            reads: &["cloudformation:DescribeStacks"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::stacks(ask)),
        },
        Recipe {
            name: "failed-stacks",
            answers: "Stacks that failed or were rolled back, each with the resource and reason that came first, \
                      followed into nested stacks.",
            example: "Which stacks failed and why?",
            topic: &[
                &["stack", "cloudformation", "deployment"],
                &["fail", "failed", "failure", "failing", "error", "rollback", "rolled", "broken", "cause"],
            ],
            not: &["stackset", "cost"],
            takes: &[STACKS],
            reads: &["cloudformation:ListStacks", "cloudformation:DescribeStackEvents"],
            scope: Scope::Region,
            run: |ask| Box::pin(failure::failed_stacks(ask)),
        },
        Recipe {
            name: "stack-drift",
            answers: "Stacks whose drift was detected, with the resources that changed and when that was checked; \
                      counts of stacks in sync and never checked.",
            example: "Which stacks have drifted?",
            topic: &[&["drift", "drifted", "drifting"]],
            not: &["stackset"],
            takes: &[],
            reads: &["cloudformation:DescribeStacks", "cloudformation:DescribeStackResourceDrifts"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::drifted(ask)),
        },
        Recipe {
            name: "unprotected-stacks",
            answers: "Root stacks without termination protection, with status and times; counts.",
            example: "Which stacks have no termination protection?",
            topic: &[&["stack", "cloudformation"], &["protection", "protected", "unprotected", "termination"]],
            not: &["stackset"],
            takes: &[],
            reads: &["cloudformation:DescribeStacks"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::unprotected(ask)),
        },
        Recipe {
            name: "costly-stacks",
            answers: "Stacks that cost more than an amount in the last 30 days, by region with their status; needs the \
                      active cost allocation tag aws:cloudformation:stack-name.",
            example: "Which stacks cost more than $100 a month?",
            topic: &[
                &["stack", "cloudformation"],
                &["cost", "costing", "expensive", "spend", "spending", "dollar", "usd"],
            ],
            not: &[],
            takes: &[USD],
            reads: &["ce:GetCostAndUsage", "cloudformation:ListStacks"],
            scope: Scope::Account,
            run: |ask| Box::pin(cost::costly_stacks(ask)),
        },
        Recipe {
            name: "unchanged-stacks",
            answers: "Root stacks that nobody created or updated for some days, the longest untouched first.",
            example: "Which stacks have not been updated for 180 days?",
            topic: &[
                &["stack", "cloudformation"],
                &[
                    "unchanged",
                    "untouched",
                    "stale",
                    "old",
                    "oldest",
                    "updated",
                    "update",
                    "changed",
                    "touched",
                    "modified",
                ],
            ],
            not: &["drift", "drifted", "fail", "failed", "rollback", "stackset", "export"],
            takes: &[DAYS],
            reads: &["cloudformation:DescribeStacks"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::unchanged(ask)),
        },
        Recipe {
            name: "unused-exports",
            answers: "Exported outputs that no stack imports, with the stack that exports them; no values.",
            example: "Which CloudFormation exports are not used?",
            topic: &[
                &["export", "exported"],
                &["unused", "no", "used", "import", "imported", "importing", "use", "orphaned", "list", "which"],
            ],
            not: &[],
            takes: &[],
            reads: &["cloudformation:ListExports", "cloudformation:ListImports"],
            scope: Scope::Region,
            run: |ask| Box::pin(exports::unused_exports(ask)),
        },
        Recipe {
            name: "nested-stacks",
            answers: "Nested stacks with their parent and root.",
            example: "Which stacks are nested, and in what?",
            topic: &[&["nested", "child", "parent", "nest"], &["stack", "cloudformation"]],
            not: &["fail", "failed", "failure", "drift", "drifted", "cost"],
            takes: &[],
            reads: &["cloudformation:DescribeStacks"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::nested(ask)),
        },
        Recipe {
            name: "stack-resources",
            answers: "Resources of named stacks with type, physical id and status.",
            example: "What resources are in the stack 'network'?",
            topic: &[&["resource"], &["stack", "cloudformation"]],
            not: &["drift", "drifted", "fail", "failed", "cost", "stackset"],
            takes: &[STACKS],
            reads: &["cloudformation:ListStackResources"],
            scope: Scope::Region,
            run: |ask| Box::pin(stack::resources(ask)),
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
            ("which stacks are there?", "stacks"),
            ("CloudFormation stacks in eu-west-1", "stacks"),
            ("failed stacks and their root cause", "failed-stacks"),
            ("why did the stack 'orders' fail?", "failed-stacks"),
            ("stacks in ROLLBACK_COMPLETE", "failed-stacks"),
            ("which deployments failed?", "failed-stacks"),
            ("drift status of all stacks", "stack-drift"),
            ("which stacks have drifted from their template", "stack-drift"),
            ("stacks without termination protection", "unprotected-stacks"),
            ("unprotected stacks", "unprotected-stacks"),
            ("stacks costing more than $100/mo", "costly-stacks"),
            ("most expensive CloudFormation stacks", "costly-stacks"),
            ("stacks that were not updated in a year", "unchanged-stacks"),
            ("oldest stacks", "unchanged-stacks"),
            ("stale stacks", "unchanged-stacks"),
            ("unused exports", "unused-exports"),
            ("exports that no stack imports", "unused-exports"),
            ("show nested stacks", "nested-stacks"),
            ("list the resources of stack 'network'", "stack-resources"),
            ("hello", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
