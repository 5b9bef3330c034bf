//! `lambda_read_operations`: functions, their runtimes, errors, limits, triggers and who may call them.

mod access;
mod concurrency;
mod functions;
mod runtimes;
mod triggers;
mod usage;

use serde_json::{Value, json};

use crate::service::values::list;
use crate::service::{Ask, Kind, Parameter, Recipe, Scope, ServiceTool, Unread};

const HOURS: Parameter = Parameter { name: "hours", kind: Kind::Number, means: "How far back, in hours." };
const DAYS: Parameter = Parameter { name: "days", kind: Kind::Number, means: "How far back, in days." };

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "lambda_read_operations",
    service: "lambda",
    services: &["lambda"],
    recipes: &[
        Recipe {
            name: "functions",
            answers: "All functions with runtime, memory, timeout, code size and last change; counts by runtime.",
            example: "List all Lambda functions by runtime",
            topic: &[
                &["function"],
                &[
                    "list",
                    "show",
                    "all",
                    "overview",
                    "inventory",
                    "many",
                    "runtime",
                    "memory",
                    "do we have",
                    "do i have",
                    "are there",
                ],
            ],
            not: &[
                "deprecated",
                "old",
                "outdated",
                "obsolete",
                "unsupported",
                "eol",
                "end of life",
                "error",
                "fail",
                "failing",
                "failed",
                "failure",
                "timeout",
                "time out",
                "duration",
                "slow",
                "throttled",
                "throttling",
                "dead",
                "dlq",
                "public",
                "publicly",
                "url",
                "policy",
                "open",
                "concurrency",
                "trigger",
                "triggered",
                "event source",
                "mapping",
                "variable",
                "cost",
                "destination",
            ],
            takes: &[],
            reads: &["lambda:ListFunctions"],
            scope: Scope::Region,
            run: |ask| Box::pin(functions::overview(ask)),
        },
        Recipe {
            name: "deprecated-runtimes",
            answers: "Functions whose runtime is deprecated or will be soon, with the date.",
            example: "Which functions use deprecated runtimes?",
            topic: &[&["runtime", "function"], &["deprecated", "deprecation", "old", "support", "end of life"]],
            not: &["error", "trigger", "url"],
            takes: &[Parameter {
                name: "days",
                kind: Kind::Number,
                means: "Also runtimes that will be deprecated within this many days; 180 by default.",
            }],
            reads: &["lambda:ListFunctions"],
            scope: Scope::Region,
            run: |ask| Box::pin(runtimes::deprecated(ask)),
        },
        Recipe {
            name: "functions-near-timeout",
            answers: "Functions whose longest run came near their timeout or met it.",
            example: "Which functions run close to their timeout?",
            topic: &[&["timeout", "time out", "timed out", "timing out", "duration", "slow"]],
            not: &["error rate", "url"],
            takes: &[
                Parameter {
                    name: "percent",
                    kind: Kind::Number,
                    means: "Longest run as a share of the timeout; 80 % by default.",
                },
                HOURS,
                Parameter { means: "How far back, in days; 1 by default.", ..DAYS },
            ],
            reads: &["lambda:ListFunctions", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(usage::near_timeout(ask)),
        },
        Recipe {
            name: "failing-functions",
            answers: "Functions with an error rate above some percent, with invocations and errors; functions that \
                      were not invoked are left out.",
            example: "Which functions have an error rate over 5 %?",
            topic: &[&["error", "fail"]],
            not: &["source", "mapping", "trigger", "stream", "dead", "dlq", "throttled", "throttling", "timeout"],
            takes: &[
                Parameter { name: "percent", kind: Kind::Number, means: "Errors of 100 invocations; 5 % by default." },
                HOURS,
                Parameter { means: "How far back, in days; 1 by default.", ..DAYS },
            ],
            reads: &["lambda:ListFunctions", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(usage::failing(ask)),
        },
        Recipe {
            name: "throttled-functions",
            answers: "Functions whose invocations were throttled, with the share of all requests.",
            example: "Which functions were throttled in the last 24 hours?",
            topic: &[&["throttled"]],
            not: &[],
            takes: &[HOURS, Parameter { means: "How far back, in days; 1 by default.", ..DAYS }],
            reads: &["lambda:ListFunctions", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(usage::throttled(ask)),
        },
        Recipe {
            name: "functions-without-dead-letters",
            answers: "Functions that lose asynchronous events when all tries fail: neither dead-letter target nor \
                      on-failure destination.",
            example: "Which functions have no dead letter queue?",
            topic: &[&["dead letter", "destination"]],
            not: &[],
            takes: &[],
            reads: &["lambda:ListFunctions", "lambda:ListFunctionEventInvokeConfigs", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(triggers::without_dead_letters(ask)),
        },
        Recipe {
            name: "public-functions",
            answers: "Functions that anyone may call: a public function URL, or a resource policy that is open to \
                      everyone.",
            example: "Which functions have a public URL or an open resource policy?",
            topic: &[&["public", "publicly", "url", "resource policy", "open", "anyone", "everyone"]],
            not: &["error", "throttled"],
            takes: &[],
            reads: &["lambda:ListFunctions", "lambda:ListFunctionUrlConfigs", "lambda:GetPolicy"],
            scope: Scope::Region,
            run: |ask| Box::pin(access::public(ask)),
        },
        Recipe {
            name: "function-triggers",
            answers: "What invokes each function: event source mappings, and services and accounts that its resource \
                      policy lets in.",
            example: "What triggers my functions?",
            topic: &[&["trigger", "invoke", "caller", "event source"]],
            not: &[
                "fail",
                "failing",
                "failed",
                "failure",
                "error",
                "disabled",
                "throttled",
                "url",
                "public",
                "stuck",
                "broken",
            ],
            takes: &[Parameter {
                name: "functions",
                kind: Kind::List,
                means: "Names of the functions; all when absent.",
            }],
            reads: &["lambda:ListFunctions", "lambda:ListEventSourceMappings", "lambda:GetPolicy"],
            scope: Scope::Region,
            run: |ask| Box::pin(triggers::triggers(ask)),
        },
        Recipe {
            name: "failing-event-sources",
            answers: "Event source mappings that are disabled, stuck or whose last batch failed.",
            example: "Which event source mappings are failing or disabled?",
            topic: &[
                &["event source", "mapping", "trigger", "stream"],
                &["fail", "error", "disabled", "problem", "stuck", "broken"],
            ],
            not: &[],
            takes: &[],
            reads: &["lambda:ListEventSourceMappings"],
            scope: Scope::Region,
            run: |ask| Box::pin(triggers::failing_sources(ask)),
        },
        Recipe {
            name: "function-concurrency",
            answers: "Reserved concurrency of each function and the account's limit, with the highest concurrency \
                      seen.",
            example: "How is Lambda concurrency used and reserved?",
            topic: &[&["concurrency", "concurrent"]],
            not: &[],
            takes: &[HOURS, Parameter { means: "How far back, in days; 1 by default.", ..DAYS }],
            reads: &[
                "lambda:ListFunctions",
                "lambda:GetAccountSettings",
                "lambda:GetFunctionConcurrency",
                "cloudwatch:GetMetricData",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(concurrency::concurrency(ask)),
        },
    ],
};

/// Members of a function that recipes use. What is left out here, the environment
/// above all, does not stay in memory.
const KEPT: [&str; 11] = [
    "FunctionName",
    "FunctionArn",
    "Runtime",
    "PackageType",
    "MemorySize",
    "Timeout",
    "CodeSize",
    "LastModified",
    "Architectures",
    "DeadLetterConfig",
    "Description",
];

/// All functions of the region.
async fn functions_of(ask: &Ask<'_>) -> Result<Vec<Value>, Unread> {
    let keep = |mut function: Value| {
        if let Some(members) = function.as_object_mut() {
            members.retain(|name, _| KEPT.contains(&name.as_str()));
        }
        function
    };
    let answer = ask.read_each("lambda:ListFunctions", json!({}), keep).await?;
    Ok(list(&answer, "Functions").cloned().collect())
}

/// Codes of Lambda's answer that there is none, or that the function is gone.
const NOT_FOUND: [&str; 1] = ["ResourceNotFoundException"];
