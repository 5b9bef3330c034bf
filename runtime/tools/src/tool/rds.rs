//! `rds_read_operations`: database instances and clusters, their storage, exposure, upkeep and snapshots.

mod databases;
mod engines;
mod events;
mod exposure;
mod snapshots;
mod storage;

use serde_json::Value;

use crate::service::values::text;
use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "rds_read_operations",
    service: "rds",
    services: &["rds"],
    recipes: &[
        Recipe {
            name: "databases",
            answers: "All database instances with engine, version, class, status, storage and cluster; counts by \
                      engine.",
            example: "List all database instances",
            topic: &[
                &["database", "instance", "cluster"],
                &["list", "show", "all", "overview", "inventory", "many", "do we have", "do i have", "are there"],
            ],
            not: &[
                "storage",
                "space",
                "free",
                "full",
                "public",
                "publicly",
                "internet",
                "exposed",
                "maintenance",
                "pending",
                "snapshot",
                "event",
                "happened",
                "backup",
                "encrypted",
                "unencrypted",
                "encryption",
                "protection",
                "deprecated",
                "outdated",
                "obsolete",
                "unsupported",
                "support",
                "eol",
                "end of life",
                "upgrade",
                "cpu",
                "connection",
                "cost",
                "parameter",
                "proxy",
                "log",
            ],
            takes: &[],
            reads: &["rds:DescribeDBInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(databases::overview(ask)),
        },
        Recipe {
            name: "database-storage",
            answers: "Storage of each database: allocated, used and free GiB, and how far storage autoscaling may \
                      still go.",
            example: "How much storage do my databases use and how much is free?",
            topic: &[&["storage", "space", "disk", "full", "headroom"]],
            not: &["snapshot", "backup", "encrypted", "unencrypted", "encryption", "event", "storage type"],
            takes: &[],
            reads: &["rds:DescribeDBInstances", "rds:DescribeDBClusters", "cloudwatch:GetMetricData"],
            scope: Scope::Region,
            run: |ask| Box::pin(storage::storage(ask)),
        },
        Recipe {
            name: "public-databases",
            answers: "Database instances that are set to be publicly accessible, and whether routes and security \
                      groups let the internet in.",
            example: "Which databases are publicly accessible?",
            topic: &[&["public", "publicly", "reachable", "open"]],
            not: &["snapshot", "event"],
            takes: &[],
            reads: &[
                "rds:DescribeDBInstances",
                "ec2:DescribeSecurityGroups",
                "ec2:GetManagedPrefixListEntries",
                "ec2:DescribeRouteTables",
                "ec2:DescribeInternetGateways",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(exposure::public(ask)),
        },
        Recipe {
            name: "pending-maintenance",
            answers: "Maintenance that waits for databases and clusters: what, when at the latest, and when it is \
                      planned.",
            example: "Which databases have pending maintenance?",
            topic: &[&["maintenance", "patch", "pending"]],
            not: &["snapshot", "event", "maintenance window"],
            takes: &[],
            reads: &["rds:DescribePendingMaintenanceActions"],
            scope: Scope::Region,
            run: |ask| Box::pin(events::pending_maintenance(ask)),
        },
        Recipe {
            name: "engine-support",
            answers: "Databases whose engine version is deprecated or whose standard support ends soon, with the \
                      newest minor version.",
            example: "Which databases run an engine version near its end of support?",
            topic: &[
                &[
                    "engine",
                    "version",
                    "database",
                    "instance",
                    "cluster",
                    "aurora",
                    "mysql",
                    "postgres",
                    "postgresql",
                    "mariadb",
                ],
                &["support", "deprecated", "end of life", "old", "upgrade", "eol"],
            ],
            not: &["snapshot", "event", "maintenance", "backup"],
            takes: &[Parameter {
                name: "days",
                kind: Kind::Number,
                means: "Standard support ends within this many days; 365 by default.",
            }],
            reads: &[
                "rds:DescribeDBInstances",
                "rds:DescribeDBClusters",
                "rds:DescribeDBEngineVersions",
                "rds:DescribeDBMajorEngineVersions",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(engines::support(ask)),
        },
        Recipe {
            name: "old-database-snapshots",
            answers: "Manual snapshots of databases and clusters that are older than some days.",
            example: "Which database snapshots are older than 90 days?",
            topic: &[&["snapshot"], &["old", "older", "age", "stale"]],
            not: &["public", "shared"],
            takes: &[Parameter { name: "days", kind: Kind::Number, means: "Least age in days; 90 by default." }],
            reads: &["rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots"],
            scope: Scope::Region,
            run: |ask| Box::pin(snapshots::old(ask)),
        },
        Recipe {
            name: "shared-database-snapshots",
            answers: "Manual snapshots of databases and clusters that are public or shared with other accounts.",
            example: "Which database snapshots are public?",
            topic: &[&["snapshot"], &["public", "publicly", "shared"]],
            not: &[],
            takes: &[],
            reads: &[
                "rds:DescribeDBSnapshots",
                "rds:DescribeDBSnapshotAttributes",
                "rds:DescribeDBClusterSnapshots",
                "rds:DescribeDBClusterSnapshotAttributes",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(snapshots::shared(ask)),
        },
        Recipe {
            name: "database-events",
            answers: "Events of databases, clusters, snapshots and proxies, the latest first.",
            example: "Which RDS events happened in the last 24 hours?",
            topic: &[&["event", "happened", "failover", "restarted", "rebooted"]],
            not: &["subscription"],
            takes: &[
                Parameter { name: "hours", kind: Kind::Number, means: "How far back, in hours; 24 by default." },
                Parameter { name: "days", kind: Kind::Number, means: "How far back, in days; AWS keeps 14." },
            ],
            reads: &["rds:DescribeEvents"],
            scope: Scope::Region,
            run: |ask| Box::pin(events::recent(ask)),
        },
        Recipe {
            name: "unprotected-databases",
            answers: "Databases and clusters without automated backups, encryption or deletion protection.",
            example: "Which databases have no backups, encryption or deletion protection?",
            topic: &[
                &["database", "instance", "cluster", "aurora"],
                &["backup", "encrypted", "encryption", "protection", "protected"],
            ],
            not: &["snapshot", "event"],
            takes: &[],
            reads: &["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
            scope: Scope::Region,
            run: |ask| Box::pin(databases::unprotected(ask)),
        },
    ],
};

/// Engines whose storage belongs to the cluster and grows by itself. The RDS API lists
/// DocumentDB and Neptune beside Aurora.
fn has_cluster_volume(resource: &Value) -> bool {
    ["aurora", "docdb", "neptune"].iter().any(|engine| text(resource, "Engine").starts_with(engine))
}

/// Settings of a member are its cluster's.
fn is_member(instance: &Value) -> bool {
    !text(instance, "DBClusterIdentifier").is_empty()
}
