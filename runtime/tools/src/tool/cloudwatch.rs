//! `cloudwatch_read_operations`: alarms and their history, metrics, dashboards, log groups and what they hold.

mod alarm_history;
mod alarms;
mod dashboards;
mod log_errors;
mod log_groups;
mod metric_values;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cloudwatch_read_operations",
    service: "cloudwatch",
    services: &["cloudwatch", "logs"],
    recipes: &[
        Recipe {
            name: "alarms-firing",
            answers: "Alarms in state ALARM now, composite ones among them, with since when, what they watch and why.",
            example: "Which alarms are firing now?",
            topic: &[
                &["alarm"],
                &["firing", "now", "current", "currently", "active", "alarming", "ringing", "red", "open"],
            ],
            not: &["fired", "hour", "day", "yesterday", "week", "history", "action", "insufficient"],
            takes: &[],
            reads: &["cloudwatch:DescribeAlarms"],
            scope: Scope::Region,
            run: |ask| Box::pin(alarms::firing(ask)),
        },
        Recipe {
            name: "alarms-fired",
            answers: "Alarms that went to ALARM in the last hours: how often, when last, why, and their state now.",
            example: "Which alarms fired in the last 24 hours?",
            topic: &[
                &["alarm"],
                &[
                    "fired",
                    "history",
                    "triggered",
                    "hour",
                    "day",
                    "yesterday",
                    "today",
                    "week",
                    "transition",
                    "flapping",
                ],
            ],
            not: &["action", "insufficient"],
            takes: &[HOURS],
            reads: &["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"],
            scope: Scope::Region,
            run: |ask| Box::pin(alarm_history::fired(ask)),
        },
        Recipe {
            name: "alarms-without-actions",
            answers: "Alarms that tell nobody: without an action for ALARM or with actions switched off.",
            example: "Which alarms have no actions?",
            topic: &[&["alarm"], &["action", "notification", "notify", "target", "silent", "muted"]],
            not: &["insufficient", "dashboard"],
            takes: &[],
            reads: &["cloudwatch:DescribeAlarms"],
            scope: Scope::Region,
            run: |ask| Box::pin(alarms::without_actions(ask)),
        },
        Recipe {
            name: "alarms-insufficient-data",
            answers: "Alarms in state INSUFFICIENT_DATA, the longest first, with what they watch.",
            example: "Which alarms have insufficient data?",
            topic: &[&["alarm"], &["insufficient", "data", "stale", "broken"]],
            not: &["action", "fired"],
            takes: &[],
            reads: &["cloudwatch:DescribeAlarms"],
            scope: Scope::Region,
            run: |ask| Box::pin(alarms::insufficient_data(ask)),
        },
        Recipe {
            name: "log-groups-without-retention",
            answers: "Log groups that keep their events forever, with stored bytes and age, and the sum of their GiB.",
            example: "Which log groups never expire, and how big are they?",
            topic: &[&["log"], &["retention", "never", "expire", "expiry", "expiration", "forever", "keep", "kept"]],
            not: &["error", "exception", "alarm"],
            takes: &[],
            reads: &["logs:DescribeLogGroups"],
            scope: Scope::Region,
            run: |ask| Box::pin(log_groups::without_retention(ask)),
        },
        Recipe {
            name: "largest-log-groups",
            answers: "The log groups that store most, with bytes, retention in days and class, and the sum over all.",
            example: "What are the largest log groups?",
            topic: &[
                &["log"],
                &["largest", "biggest", "big", "large", "size", "storage", "top", "byte", "gb", "gib", "most"],
            ],
            not: &["retention", "never", "expire", "forever", "error", "exception", "alarm"],
            takes: &[Parameter {
                name: "top",
                kind: Kind::Number,
                means: "How many log groups to name; 20 without it.",
            }],
            reads: &["logs:DescribeLogGroups"],
            scope: Scope::Region,
            run: |ask| Box::pin(log_groups::largest(ask)),
        },
        Recipe {
            name: "recent-log-errors",
            answers: "The newest log events that look like errors in the named log groups, the newest first; \
                      needs log reads among the environment's data_operations.",
            example: "Show recent errors in log group `/aws/lambda/orders`",
            topic: &[
                &["error", "exception", "failure", "fatal", "traceback", "crash"],
                &["log", "logged", "message", "event"],
            ],
            not: &["alarm", "retention"],
            takes: &[
                Parameter {
                    name: "log_groups",
                    kind: Kind::List,
                    means: "Names of log groups, or parts of names; at most 10 groups are read.",
                },
                Parameter {
                    name: "pattern",
                    kind: Kind::Text,
                    means: "Text that the events hold; without it common words for errors.",
                },
                HOURS,
                Parameter { name: "limit", kind: Kind::Number, means: "Most events; 50 without it, at most 500." },
            ],
            reads: &[
                "logs:DescribeLogGroups",
                "logs:StartQuery",
                "logs:GetQueryResults",
                "logs:StopQuery",
                "logs:FilterLogEvents",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(log_errors::recent(ask)),
        },
        Recipe {
            name: "metric-values",
            answers: "Values of a metric over time, or of all its series the newest, lowest, highest and mean value.",
            example: "Show the values of a metric over the last hours",
            topic: &[
                &["metric", "datapoint"],
                &["value", "show", "get", "average", "maximum", "minimum", "sum", "statistic", "last", "over", "hour"],
            ],
            not: &["alarm", "log", "dashboard"],
            takes: &[
                Parameter { name: "namespace", kind: Kind::Text, means: "For example AWS/EC2; required." },
                Parameter { name: "metric", kind: Kind::Text, means: "For example CPUUtilization; required." },
                Parameter {
                    name: "dimensions",
                    kind: Kind::List,
                    means: "Name=Value each, for example InstanceId=i-0123456789abcdef0. Without them every series \
                            of the metric is summed up in one row.",
                },
                Parameter {
                    name: "statistic",
                    kind: Kind::Text,
                    means: "Average (default), Sum, Minimum, Maximum, SampleCount or a percentile such as p99.",
                },
                Parameter {
                    name: "period",
                    kind: Kind::Number,
                    means: "Seconds; without it one that gives about 100 values.",
                },
                HOURS,
            ],
            reads: &["cloudwatch:ListMetrics", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(metric_values::run(ask)),
        },
        Recipe {
            name: "dashboards",
            answers: "CloudWatch dashboards with size and last change, without what is on them.",
            example: "Which CloudWatch dashboards are there?",
            topic: &[&["dashboard"]],
            not: &["alarm", "log"],
            takes: &[],
            reads: &["cloudwatch:ListDashboards"],
            scope: Scope::Account,
            run: |ask| Box::pin(dashboards::overview(ask)),
        },
    ],
};

const HOURS: Parameter = Parameter {
    name: "hours",
    kind: Kind::Number,
    means: "How far to look back, in hours; the question may name a number of hours or days too.",
};
