//! `eks_read_operations`: clusters, their versions and exposure, node groups and add-ons.

mod clusters;
mod parts;

use serde_json::{Value, json};

use crate::service::values::list;
use crate::service::{Ask, Recipe, Scope, ServiceTool, Unread};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "eks_read_operations",
    service: "eks",
    services: &["eks"],
    recipes: &[
        Recipe {
            name: "cluster-versions",
            answers: "Clusters with their Kubernetes version, until when AWS supports it, and what happens after.",
            example: "Which Kubernetes versions do my EKS clusters run?",
            topic: &[
                &["cluster", "version", "eks"],
                &[
                    "version",
                    "support",
                    "upgrade",
                    "deprecated",
                    "end of life",
                    "old",
                    "list",
                    "all",
                    "overview",
                    "show",
                ],
            ],
            not: &[
                "node",
                "nodegroup",
                "addon",
                "add on",
                "add ons",
                "public",
                "publicly",
                "endpoint",
                "logging",
                "log",
            ],
            takes: &[],
            reads: &["eks:ListClusters", "eks:DescribeCluster", "eks:DescribeClusterVersions"],
            scope: Scope::Region,
            run: |ask| Box::pin(clusters::versions(ask)),
        },
        Recipe {
            name: "public-endpoints",
            answers: "Which clusters have a public API endpoint, for which networks, and whether that is the whole \
                      internet.",
            example: "Which clusters have a public endpoint?",
            topic: &[&["endpoint", "public", "publicly", "private", "open"]],
            not: &["node", "nodegroup", "addon"],
            takes: &[],
            reads: &["eks:ListClusters", "eks:DescribeCluster"],
            scope: Scope::Region,
            run: |ask| Box::pin(clusters::endpoints(ask)),
        },
        Recipe {
            name: "cluster-logging",
            answers: "Which control plane logs each cluster writes, and whether its secrets are encrypted with a key \
                      of their own.",
            example: "Which clusters have control plane logging off?",
            topic: &[&["log", "audit", "encrypted", "encryption"]],
            not: &["public", "endpoint", "node", "nodegroup", "addon"],
            takes: &[],
            reads: &["eks:ListClusters", "eks:DescribeCluster"],
            scope: Scope::Region,
            run: |ask| Box::pin(clusters::logging(ask)),
        },
        Recipe {
            name: "node-groups",
            answers: "Managed node groups with version, how far they are behind their cluster, size, and health \
                      issues.",
            example: "Which node groups are behind their cluster's version or unhealthy?",
            topic: &[&["node", "nodegroup"]],
            not: &["addon"],
            takes: &[],
            reads: &["eks:ListClusters", "eks:DescribeCluster", "eks:ListNodegroups", "eks:DescribeNodegroup"],
            scope: Scope::Region,
            run: |ask| Box::pin(parts::node_groups(ask)),
        },
        Recipe {
            name: "addons",
            answers: "Add-ons of each cluster with version, status and health issues.",
            example: "Which EKS add-ons are installed and are they healthy?",
            topic: &[&["addon", "add on", "add ons"]],
            not: &["node", "nodegroup"],
            takes: &[],
            reads: &["eks:ListClusters", "eks:ListAddons", "eks:DescribeAddon"],
            scope: Scope::Region,
            run: |ask| Box::pin(parts::addons(ask)),
        },
    ],
};

/// Code of EKS's answer that the resource is gone: deleted between two reads.
const GONE: [&str; 1] = ["ResourceNotFoundException"];

/// Names of the clusters of the region.
async fn names(ask: &Ask<'_>) -> Result<Vec<String>, Unread> {
    let answer = ask.read("eks:ListClusters", json!({})).await?;
    Ok(list(&answer, "clusters").filter_map(Value::as_str).map(str::to_owned).collect())
}

/// A cluster's description; null when it could not be read, absent when it is gone.
async fn described(ask: &Ask<'_>, name: String) -> Option<(String, Value)> {
    match ask.read_if_any("eks:DescribeCluster", json!({"name": name}), &GONE).await {
        Ok(Some(mut answer)) => Some((name, answer["cluster"].take())),
        Ok(None) => None,
        Err(Unread) => Some((name, Value::Null)),
    }
}

async fn all_described(ask: &Ask<'_>) -> Result<Vec<(String, Value)>, Unread> {
    let names = names(ask).await?;
    Ok(ask.each(names, |name| described(ask, name)).await.into_iter().flatten().collect())
}
