//! `ecs_read_operations`: clusters, services, tasks and task definitions.

mod definitions;
mod services;
mod tasks;

use serde_json::{Value, json};

use crate::service::values::{list, text};
use crate::service::{Ask, Kind, Parameter, Recipe, Scope, ServiceTool, Unread};

const CLUSTER: Parameter =
    Parameter { name: "cluster", kind: Kind::Text, means: "Name or ARN of one cluster; all clusters when absent." };

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "ecs_read_operations",
    service: "ecs",
    services: &["ecs"],
    recipes: &[
        Recipe {
            name: "services-short-of-tasks",
            answers: "Services that run fewer tasks than they should, with the state of the rollout and why tasks \
                      stopped.",
            example: "Which ECS services run fewer tasks than desired?",
            topic: &[
                &["service"],
                &[
                    "healthy",
                    "unhealthy",
                    "short",
                    "fewer",
                    "less",
                    "desired",
                    "down",
                    "degraded",
                    "fail",
                    "not running",
                ],
            ],
            not: &["list", "overview", "inventory", "variable", "environment"],
            takes: &[CLUSTER],
            reads: &[
                "ecs:ListClusters",
                "ecs:ListServices",
                "ecs:DescribeServices",
                "ecs:ListTasks",
                "ecs:DescribeTasks",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(services::short_of_tasks(ask)),
        },
        Recipe {
            name: "services",
            answers: "All services with desired and running tasks, launch type, task definition and rollout.",
            example: "List all ECS services",
            topic: &[
                &["service"],
                &[
                    "list",
                    "all",
                    "overview",
                    "inventory",
                    "show",
                    "many",
                    "running",
                    "do we have",
                    "do i have",
                    "are there",
                ],
            ],
            not: &[
                "unhealthy",
                "healthy",
                "fewer",
                "less",
                "short",
                "failing",
                "failed",
                "desired",
                "stopped",
                "variable",
                "environment",
                "not running",
            ],
            takes: &[CLUSTER],
            reads: &["ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices"],
            scope: Scope::Region,
            run: |ask| Box::pin(services::overview(ask)),
        },
        Recipe {
            name: "clusters",
            answers: "All clusters with their services, tasks and container instances.",
            example: "List all ECS clusters",
            topic: &[&["cluster"]],
            not: &["service", "task", "stopped", "environment", "variable"],
            takes: &[],
            reads: &["ecs:ListClusters", "ecs:DescribeClusters"],
            scope: Scope::Region,
            run: |ask| Box::pin(services::clusters(ask)),
        },
        Recipe {
            name: "stopped-tasks",
            answers: "Tasks that stopped within about the last hour, with the reason and the containers' exit codes.",
            example: "Why did ECS tasks stop recently?",
            topic: &[&["task", "container"], &["stop", "crash", "exit", "exited", "killed", "die", "died", "fail"]],
            not: &["fewer", "desired"],
            takes: &[CLUSTER],
            reads: &["ecs:ListClusters", "ecs:ListTasks", "ecs:DescribeTasks"],
            scope: Scope::Region,
            run: |ask| Box::pin(tasks::stopped(ask)),
        },
        Recipe {
            name: "task-environment-names",
            answers: "Names of environment variables and secrets of each service's containers; values are never shown.",
            example: "Which environment variables do the task definitions of my services have?",
            topic: &[&["environment", "env", "variable", "secret"]],
            not: &[],
            takes: &[CLUSTER],
            reads: &["ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"],
            scope: Scope::Region,
            run: |ask| Box::pin(definitions::environment_names(ask)),
        },
    ],
};

/// The cluster that was asked for, or all.
async fn clusters_of(ask: &Ask<'_>) -> Result<Vec<String>, Unread> {
    if let Some(cluster) = ask.question.text("cluster") {
        return Ok(vec![cluster.to_owned()]);
    }
    let answer = ask.read("ecs:ListClusters", json!({})).await?;
    Ok(texts(&answer, "clusterArns"))
}

fn texts(answer: &Value, member: &str) -> Vec<String> {
    list(answer, member).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a call for many at once could not give. `MISSING` is what was deleted meanwhile.
fn note_failures(ask: &Ask<'_>, answer: &Value) {
    for failure in list(answer, "failures").filter(|failure| failure["reason"] != "MISSING") {
        ask.note(format!("ECS gave no answer for {}: {}.", text(failure, "arn"), text(failure, "reason")));
    }
}

/// `shop` of `arn:aws:ecs:us-east-1:123456789012:cluster/shop`.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
