//! How full databases are and how far their storage may grow.
//!
//! Instances allocate GiB and CloudWatch counts free bytes. Aurora, DocumentDB and
//! Neptune have one volume for each cluster, which grows by itself: CloudWatch counts
//! its bytes, and what the API calls allocated says nothing.

use serde_json::{Value, json};
use time::Duration;

use super::has_cluster_volume;
use crate::service::values::{self, list, number, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

const COLUMNS: [&str; 9] = [
    "id",
    "kind",
    "engine",
    "allocated_gib",
    "used_gib",
    "free_gib",
    "used_percent",
    "autoscaling_limit_gib",
    "headroom_gib",
];
const GIB: f64 = (1_u64 << 30) as f64;
/// The latest value counts; a volume's size comes less often than each period.
const LOOK_BACK: Duration = Duration::hours(3);
const PERIOD: u32 = 300;
/// From here a database is called nearly full.
const NEARLY_FULL_PERCENT: f64 = 85.0;

pub(super) async fn storage(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (instances, clusters) =
        futures::join!(ask.read("rds:DescribeDBInstances", json!({})), ask.read("rds:DescribeDBClusters", json!({})));
    if instances.is_err() && clusters.is_err() {
        return Err(Unread);
    }
    let (instances, clusters) = (instances.unwrap_or_default(), clusters.unwrap_or_default());
    let instances: Vec<&Value> = list(&instances, "DBInstances").filter(|one| !has_cluster_volume(one)).collect();
    let clusters: Vec<&Value> = list(&clusters, "DBClusters").filter(|one| has_cluster_volume(one)).collect();
    let latest = latest(ask, &instances, &clusters).await;
    let mut findings = Findings::table(&COLUMNS);
    for (index, instance) in instances.iter().enumerate() {
        findings.push(of_instance(instance, latest.get(index).copied().flatten()));
    }
    for (index, cluster) in clusters.iter().enumerate() {
        let at = |offset| latest.get(instances.len() + 2 * index + offset).copied().flatten();
        findings.push(of_cluster(cluster, at(0), at(1)));
    }
    findings.sort_down_by("used_percent");
    sums(&mut findings);
    Ok(findings)
}

/// Latest values in bytes: free space of each instance, then used and left bytes of each cluster.
async fn latest(ask: &Ask<'_>, instances: &[&Value], clusters: &[&Value]) -> Vec<Option<f64>> {
    let mut metrics: Vec<Metric> = instances.iter().map(|instance| free_space(instance)).collect();
    metrics.extend(
        clusters
            .iter()
            .flat_map(|cluster| [volume("VolumeBytesUsed", cluster), volume("AuroraVolumeBytesLeftTotal", cluster)]),
    );
    if metrics.is_empty() {
        return Vec::new();
    }
    let values = ask.metrics(&metrics, (ask.now - LOOK_BACK, ask.now), PERIOD).await.unwrap_or_default();
    values.into_iter().map(|values| values.last().copied()).collect()
}

fn free_space(instance: &Value) -> Metric {
    Metric {
        namespace: "AWS/RDS",
        name: "FreeStorageSpace",
        dimensions: vec![("DBInstanceIdentifier", text(instance, "DBInstanceIdentifier").to_owned())],
        statistic: Statistic::Average,
    }
}

fn volume(name: &'static str, cluster: &Value) -> Metric {
    let namespace = match text(cluster, "Engine") {
        "docdb" => "AWS/DocDB",
        "neptune" => "AWS/Neptune",
        _ => "AWS/RDS",
    };
    let dimensions = vec![("DBClusterIdentifier", text(cluster, "DBClusterIdentifier").to_owned())];
    Metric { namespace, name, dimensions, statistic: Statistic::Average }
}

fn of_instance(instance: &Value, free_bytes: Option<f64>) -> [Value; 9] {
    let allocated = number(instance, "AllocatedStorage");
    let limit = instance["MaxAllocatedStorage"].as_f64().filter(|limit| *limit > allocated);
    let free = free_bytes.map(|bytes| bytes / GIB);
    let used = free.map(|free| (allocated - free).max(0.0));
    let percent = used.filter(|_| allocated > 0.0).map(|used| 100.0 * used / allocated);
    [
        instance["DBInstanceIdentifier"].clone(),
        json!("instance"),
        instance["Engine"].clone(),
        instance["AllocatedStorage"].clone(),
        rounded(used),
        rounded(free),
        rounded(percent),
        json!(limit),
        json!(limit.map(|limit| limit - allocated)),
    ]
}

/// The most that a volume may hold depends on the engine's version; Aurora counts what is left.
fn of_cluster(cluster: &Value, used_bytes: Option<f64>, left_bytes: Option<f64>) -> [Value; 9] {
    let percent = used_bytes.zip(left_bytes).map(|(used, left)| 100.0 * used / (used + left).max(1.0));
    [
        cluster["DBClusterIdentifier"].clone(),
        json!("cluster"),
        cluster["Engine"].clone(),
        Value::Null,
        rounded(used_bytes.map(|bytes| bytes / GIB)),
        rounded(left_bytes.map(|bytes| bytes / GIB)),
        rounded(percent),
        Value::Null,
        Value::Null,
    ]
}

/// One decimal.
fn rounded(value: Option<f64>) -> Value {
    json!(value.map(|value| values::rounded(value, 1)))
}

fn sums(findings: &mut Findings) {
    let column = |index: usize| findings.rows.iter().filter_map(move |row| row[index].as_f64());
    let (allocated, used) = (column(3).sum::<f64>(), column(4).sum::<f64>());
    let nearly_full = column(6).filter(|percent| *percent >= NEARLY_FULL_PERCENT).count();
    let unknown = findings.rows.iter().filter(|row| row[4].is_null()).count();
    findings.sum("allocated_gib", allocated);
    findings.sum("used_gib", used);
    findings.sum("nearly_full", nearly_full);
    findings.sum("without_metrics", unknown);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let instance = |id: &str, engine: &str, gib: u64| {
            json!({"DBInstanceIdentifier": id, "Engine": engine,
            "AllocatedStorage": gib})
        };
        let mut scaling = instance("orders", "postgres", 100);
        scaling["MaxAllocatedStorage"] = json!(400);
        let mut fixed = instance("fixed", "mysql", 20);
        fixed["MaxAllocatedStorage"] = json!(20);
        let mut aurora = instance("shop-1", "aurora-mysql", 1);
        aurora["DBClusterIdentifier"] = json!("shop");
        let cluster =
            |id: &str, engine: &str| json!({"DBClusterIdentifier": id, "Engine": engine, "AllocatedStorage": 1});
        FakeAccount::default()
            .answering("rds:DescribeDBInstances", json!({"DBInstances": [scaling, fixed, aurora]}))
            .answering(
                "rds:DescribeDBClusters",
                json!({"DBClusters": [cluster("shop", "aurora-mysql"), cluster("docs", "docdb"),
                    cluster("multi", "postgres")]}),
            )
    }

    fn values(id: &str, values: Value) -> Value {
        json!({"Id": id, "StatusCode": "Complete", "Timestamps": [], "Values": values})
    }

    #[tokio::test]
    async fn instances_have_allocated_gib_and_free_bytes_and_clusters_have_used_bytes() {
        let account = account().answering(
            "cloudwatch:GetMetricData",
            json!({"MetricDataResults": [
                values("m0", json!([50.0 * GIB, 10.0 * GIB])),
                values("m2", json!([3.0 * GIB])),
                values("m3", json!([9.0 * GIB])),
                values("m4", json!([2.0 * GIB])),
            ]}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "database-storage"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(
            result["rows"],
            json!([
                ["orders", "instance", "postgres", 100, 90, 10, 90, 400, 300],
                ["shop", "cluster", "aurora-mysql", null, 3, 9, 25, null, null],
                ["docs", "cluster", "docdb", null, 2, null, null, null, null],
                ["fixed", "instance", "mysql", 20, null, null, null, null, null],
            ])
        );
        assert_eq!(
            result["summary"],
            json!({"allocated_gib": 120, "used_gib": 95, "nearly_full": 1, "without_metrics": 1})
        );
        let asked = account.asked();
        assert!(asked[0].contains(r#""Namespace":"AWS/DocDB""#) && asked[0].contains(r#""Value":"docs""#), "{asked:?}");
        assert!(!asked[0].contains("multi") && !asked[0].contains("shop-1"), "{asked:?}");
    }

    #[tokio::test]
    async fn allocated_storage_stays_when_metrics_cannot_be_read() {
        let account = account().failing("cloudwatch:GetMetricData", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "database-storage"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| row["used_gib"].is_null()));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "cloudwatch:GetMetricData");
    }

    #[tokio::test]
    async fn without_databases_no_metric_is_asked() {
        let account = FakeAccount::default()
            .answering("rds:DescribeDBInstances", json!({"DBInstances": []}))
            .answering("rds:DescribeDBClusters", json!({"DBClusters": []}));
        assert!(rows(TOOL, "database-storage", json!({}), &account).await.is_empty());
        assert_eq!(account.asked().len(), 2);
    }
}
