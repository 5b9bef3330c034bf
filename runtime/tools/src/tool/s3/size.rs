//! How much is stored in each bucket, as CloudWatch measures it once a day.
//!
//! S3 User Guide, "Metrics and dimensions": BucketSizeBytes has a value for each
//! storage type, NumberOfObjects one for all types; both are in the bucket's region.

use std::collections::{BTreeMap, BTreeSet};

use aws_read::Region;
use serde_json::{Value, json};
use time::Duration;

use super::bucket::{self, Bucket};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Metric, Statistic, Unread};

const DAY: u32 = 86_400;
const OBJECTS: &str = "NumberOfObjects";
const BYTES: &str = "BucketSizeBytes";

#[derive(Debug, Clone, Default, PartialEq)]
struct Size {
    bytes: f64,
    by_type: BTreeMap<String, u64>,
    objects: Option<u64>,
}

pub(super) async fn bucket_sizes(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let buckets = bucket::located(ask, bucket::chosen(ask).await?).await;
    let regions: BTreeSet<&Region> = buckets.iter().filter_map(|bucket| bucket.region.as_ref()).collect();
    let names: BTreeSet<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    let (names, regions) = (&names, &regions);
    let read = ask.each(regions.iter(), |region| async move { sizes(&ask.in_region((*region).clone()), names).await });
    let by_region: BTreeMap<&Region, Result<_, Unread>> = regions.iter().copied().zip(read.await).collect();
    let mut findings = Findings::table(&["bucket", "region", "gib", "objects", "bytes_by_storage_type"]);
    let (mut bytes, mut without_data) = (0.0, 0);
    for bucket in &buckets {
        let size = size_of(bucket, &by_region);
        bytes += size.as_ref().map_or(0.0, |size| size.bytes);
        without_data += usize::from(size.is_none());
        let size = size.unwrap_or_default();
        let gib = (!size.by_type.is_empty()).then(|| gib(size.bytes));
        let by_type = (!size.by_type.is_empty()).then_some(&size.by_type);
        findings.push([
            json!(bucket.name),
            json!(bucket.region_text()),
            json!(gib),
            json!(size.objects),
            json!(by_type),
        ]);
    }
    findings.sort_down_by("gib");
    findings.sum("gib", gib(bytes));
    findings.sum("buckets", buckets.len());
    findings.sum("buckets_without_data", without_data);
    ask.note(
        "Sizes are CloudWatch's of the last days: measured once a day, with old versions and unfinished uploads. An \
         empty bucket and one that is younger than a day have none.",
    );
    Ok(findings)
}

fn size_of(bucket: &Bucket, by_region: &BTreeMap<&Region, Result<BTreeMap<String, Size>, Unread>>) -> Option<Size> {
    let sizes = by_region.get(bucket.region.as_ref()?)?.as_ref().ok()?;
    sizes.get(&bucket.name).cloned()
}

/// The latest values of the buckets that have any; the metrics' list says which storage types there are.
async fn sizes(ask: &Ask<'_>, names: &BTreeSet<&str>) -> Result<BTreeMap<String, Size>, Unread> {
    let listed = ask.read("cloudwatch:ListMetrics", json!({"Namespace": "AWS/S3"})).await?;
    let metrics: Vec<_> = list(&listed, "Metrics").filter_map(|metric| daily(metric, names)).collect();
    let window = (ask.now - Duration::days(4), ask.now);
    let values = ask.metrics(&metrics, window, DAY).await?;
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    for (metric, values) in metrics.iter().zip(values) {
        let [(_, bucket), (_, storage)] = &metric.dimensions[..] else { continue };
        let Some(value) = values.last().copied() else { continue };
        let size = sizes.entry(bucket.clone()).or_default();
        if metric.name == OBJECTS {
            size.objects = Some(value as u64);
        } else {
            size.bytes += value;
            size.by_type.insert(storage.clone(), value as u64);
        }
    }
    Ok(sizes)
}

/// A storage metric of one of the buckets; AWS/S3 has request metrics as well.
fn daily(metric: &Value, names: &BTreeSet<&str>) -> Option<Metric> {
    let name = [BYTES, OBJECTS].into_iter().find(|name| text(metric, "MetricName") == *name)?;
    let dimension = |name: &str| {
        let found = list(metric, "Dimensions").find(|dimension| text(dimension, "Name") == name);
        found.map(|dimension| text(dimension, "Value").to_owned())
    };
    let (bucket, storage) = (dimension("BucketName")?, dimension("StorageType")?);
    let dimensions = vec![("BucketName", bucket.clone()), ("StorageType", storage)];
    let statistic = Statistic::Average;
    names.contains(bucket.as_str()).then_some(Metric { namespace: "AWS/S3", name, dimensions, statistic })
}

/// To a thousandth of a GiB.
fn gib(bytes: f64) -> f64 {
    (bytes / 1_073_741_824.0 * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};
    use crate::tool::s3::testing::account_with;

    fn metric(name: &str, bucket: &str, storage: &str) -> Value {
        let dimensions = json!([{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": bucket}]);
        json!({"Namespace": "AWS/S3", "MetricName": name, "Dimensions": dimensions})
    }

    fn account() -> FakeAccount {
        let listed = json!({"Metrics": [
            metric(BYTES, "big", "StandardStorage"),
            metric(BYTES, "big", "GlacierStorage"),
            metric(OBJECTS, "big", "AllStorageTypes"),
            metric(BYTES, "deleted-long-ago", "StandardStorage"),
            {"Namespace": "AWS/S3", "MetricName": "AllRequests", "Dimensions": [{"Name": "BucketName", "Value": "big"}]},
        ]});
        let result = |id: &str, values: Value| json!({"Id": id, "Values": values, "StatusCode": "Complete"});
        let gib = 1_073_741_824_u64;
        let data = json!({"MetricDataResults": [
            result("m0", json!([gib, gib * 2])), result("m1", json!([gib])), result("m2", json!([5, 7])),
        ]});
        account_with(&[("empty", Some("eu-west-1")), ("big", Some("eu-west-1")), ("far", Some("us-east-1"))])
            .answering("cloudwatch:ListMetrics", json!({"Metrics": []}))
            .answering_in("eu-west-1", "cloudwatch:ListMetrics", listed)
            .answering("cloudwatch:GetMetricData", data)
    }

    async fn asked(account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        testing::ask("s3_read_operations", json!({"query": "", "operation": "bucket-sizes"}), account).await
    }

    #[tokio::test]
    async fn the_latest_values_of_all_storage_types_are_summed_in_the_bucket_s_region() {
        let account = account();
        let answer = asked(&account).await;
        assert_eq!(answer.completeness.as_ref().unwrap().failed, []);
        let rows = rows_of(&answer);
        assert_eq!(
            (&rows[0]["bucket"], rows[0]["gib"].as_f64(), &rows[0]["objects"]),
            (&json!("big"), Some(3.0), &json!(7))
        );
        assert_eq!((&rows[2]["gib"], &rows[2]["objects"]), (&Value::Null, &Value::Null));
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!((summary["gib"].as_f64(), &summary["buckets_without_data"]), (Some(3.0), &json!(2)));
        assert!(account.asked().iter().any(|call| call.starts_with("cloudwatch:ListMetrics us-east-1")));
        let reads = account.asked().into_iter().filter(|call| call.starts_with("cloudwatch:GetMetricData"));
        assert_eq!(reads.count(), 1, "a region without storage metrics is not asked for values");
    }

    #[tokio::test]
    async fn buckets_stay_without_sizes_when_cloudwatch_is_denied() {
        let account = account().failing("cloudwatch:GetMetricData", 403, "AccessDenied");
        let answer = asked(&account).await;
        assert_eq!(rows_of(&answer).len(), 3);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "cloudwatch:GetMetricData");
    }
}
