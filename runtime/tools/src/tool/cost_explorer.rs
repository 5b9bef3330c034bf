//! `cost_explorer_read_operations`: what the account costs, its forecast, budgets, commitments and savings.

mod anomalies;
mod budgets;
mod commitments;
mod costs;
mod forecast;
mod period;
mod rightsizing;
mod spend;
mod trend;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cost_explorer_read_operations",
    service: "cost_explorer",
    services: &["ce", "budgets"],
    recipes: &[
        Recipe {
            name: "top-services",
            answers: "The services that cost most in a month, before and after credits and refunds.",
            example: "What are the top ten services by cost this month?",
            topic: &[
                &["service", "product"],
                &["cost", "spend", "spending", "expensive", "bill", "pay", "top", "dollar"],
            ],
            not: &["account", "region", "tag", "forecast", "budget", "daily", "anomaly", "coverage", "utilization"],
            takes: &[MONTH, Parameter { name: "top", kind: Kind::Number, means: "How many services; 10 without it." }],
            reads: &["ce:GetCostAndUsage"],
            scope: Scope::Account,
            run: |ask| Box::pin(spend::by_service(ask)),
        },
        Recipe {
            name: "cost-by-account",
            answers: "Cost of a month by account of the organization, before and after credits and refunds.",
            example: "How much does each account cost this month?",
            topic: &[&["account"], COST],
            not: &["forecast", "budget", "daily", "trend", "anomaly", "coverage", "utilization", "rightsizing"],
            takes: &[MONTH],
            reads: &["ce:GetCostAndUsage"],
            scope: Scope::Account,
            run: |ask| Box::pin(spend::by_account(ask)),
        },
        Recipe {
            name: "cost-by-region",
            answers: "Cost of a month by region, before and after credits and refunds.",
            example: "What does each region cost?",
            topic: &[&["region"], COST],
            not: &[
                "account",
                "forecast",
                "budget",
                "daily",
                "trend",
                "anomaly",
                "coverage",
                "utilization",
                "rightsizing",
            ],
            takes: &[MONTH],
            reads: &["ce:GetCostAndUsage"],
            scope: Scope::Account,
            run: |ask| Box::pin(spend::by_region(ask)),
        },
        Recipe {
            name: "cost-by-tag",
            answers: "Cost of a month by the values of a cost allocation tag; without a tag's name, the active tags.",
            example: "Show cost by tag `Project`",
            topic: &[&["tag", "tagged", "label"], COST],
            not: &["forecast", "budget", "daily", "trend", "anomaly", "coverage", "utilization", "rightsizing"],
            takes: &[
                Parameter { name: "tag", kind: Kind::Text, means: "Key of an active cost allocation tag." },
                MONTH,
            ],
            reads: &["ce:GetCostAndUsage", "ce:ListCostAllocationTags"],
            scope: Scope::Account,
            run: |ask| Box::pin(spend::by_tag(ask)),
        },
        Recipe {
            name: "daily-trend",
            answers: "Cost of each whole day before credits and refunds, its change, and the service behind it.",
            example: "How did our daily cost change over the last 14 days?",
            topic: &[
                &["cost", "spend", "spending", "bill", "dollar"],
                &[
                    "daily",
                    "day",
                    "trend",
                    "change",
                    "changed",
                    "increase",
                    "increased",
                    "rise",
                    "grew",
                    "jump",
                    "spike",
                ],
            ],
            not: &["forecast", "budget", "anomaly", "coverage", "utilization", "rightsizing", "tag"],
            takes: &[Parameter {
                name: "days",
                kind: Kind::Number,
                means: "Whole days back; 14 without it, at most 90.",
            }],
            reads: &["ce:GetCostAndUsage"],
            scope: Scope::Account,
            run: |ask| Box::pin(trend::daily(ask)),
        },
        Recipe {
            name: "month-forecast",
            answers: "What this month will cost: so far, forecast for the rest, both together, and the month before.",
            example: "What is the cost forecast for this month?",
            topic: &[&[
                "forecast",
                "predict",
                "predicted",
                "projected",
                "projection",
                "expect",
                "expected",
                "estimate",
                "end",
            ]],
            not: &["budget", "anomaly", "rightsizing"],
            takes: &[],
            reads: &["ce:GetCostAndUsage", "ce:GetCostForecast"],
            scope: Scope::Account,
            run: |ask| Box::pin(forecast::month(ask)),
        },
        Recipe {
            name: "budgets-over-limit",
            answers: "Budgets with limit, actual and forecast spend, those over their limit first.",
            example: "Which budgets are over their limit?",
            topic: &[&["budget"]],
            not: &[],
            takes: &[],
            reads: &["sts:GetCallerIdentity", "budgets:DescribeBudgets"],
            scope: Scope::Account,
            run: |ask| Box::pin(budgets::over_limit(ask)),
        },
        Recipe {
            name: "commitments",
            answers: "How far reserved instances and Savings Plans are used and cover the usage, in the last days.",
            example: "What is our Savings Plans and reserved instance coverage and utilization?",
            topic: &[
                &["reservation", "reserved", "ri", "saving", "sp", "plan", "commitment"],
                &["coverage", "cover", "covered", "utilization", "utilisation", "used", "unused", "use", "wasted"],
            ],
            not: &["rightsizing", "anomaly", "budget"],
            takes: &[Parameter {
                name: "days",
                kind: Kind::Number,
                means: "Whole days back; 30 without it, at most 365.",
            }],
            reads: &[
                "ce:GetReservationUtilization",
                "ce:GetReservationCoverage",
                "ce:GetSavingsPlansUtilization",
                "ce:GetSavingsPlansCoverage",
            ],
            scope: Scope::Account,
            run: |ask| Box::pin(commitments::run(ask)),
        },
        Recipe {
            name: "rightsizing",
            answers: "EC2 instances that AWS recommends to stop or to make smaller, with the monthly saving of each.",
            example: "Which rightsizing recommendations do we have?",
            topic: &[&[
                "rightsizing",
                "rightsize",
                "oversized",
                "overprovisioned",
                "downsize",
                "smaller",
                "idle",
                "recommendation",
            ]],
            not: &["budget", "anomaly"],
            takes: &[],
            reads: &["ce:GetRightsizingRecommendation"],
            scope: Scope::Account,
            run: |ask| Box::pin(rightsizing::run(ask)),
        },
        Recipe {
            name: "cost-anomalies",
            answers: "Cost anomalies that AWS detected, with impact and the service, region and account behind it.",
            example: "Were there any cost anomalies in the last 30 days?",
            topic: &[&["anomaly", "anomalous", "unusual", "unexpected", "suspicious"]],
            not: &["budget", "log", "alarm"],
            takes: &[Parameter { name: "days", kind: Kind::Number, means: "Days back; 30 without it, at most 90." }],
            reads: &["ce:GetAnomalies", "ce:GetAnomalyMonitors"],
            scope: Scope::Account,
            run: |ask| Box::pin(anomalies::run(ask)),
        },
    ],
};

const COST: &[&str] = &["cost", "spend", "spending", "expensive", "bill", "pay", "dollar", "charge"];

const MONTH: Parameter =
    Parameter { name: "month", kind: Kind::Text, means: "For example 2026-10, or last; this month so far without it." };
