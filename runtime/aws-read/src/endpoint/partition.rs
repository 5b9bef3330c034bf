//! AWS's partitions and their regions, from botocore's partitions.json.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use super::store;

static PARTITIONS: LazyLock<Vec<Partition>> = LazyLock::new(|| {
    let file: File =
        serde_json::from_str(&store::unpacked(include_bytes!("../../../../configs/aws-models/partitions.json.gz")))
            .expect("partitions.json.gz is compiled in and read by a test");
    file.partitions
});

#[derive(Deserialize)]
struct File {
    partitions: Vec<Partition>,
}

/// A group of regions with accounts and names of its own: `aws`, `aws-cn`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Partition {
    id: String,
    outputs: Outputs,
    region_regex: String,
    regions: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outputs {
    dns_suffix: String,
    dual_stack_dns_suffix: String,
    implicit_global_region: String,
    #[serde(rename = "supportsDualStack")]
    dual_stack: bool,
    #[serde(rename = "supportsFIPS")]
    fips: bool,
}

/// The partition of a region: the one that lists it, else the one whose regions
/// have that form, else `aws`.
pub(crate) fn of(region: &str) -> &'static Partition {
    let all = &*PARTITIONS;
    let listing = all.iter().find(|partition| partition.regions.contains_key(region));
    let formed = || all.iter().find(|partition| partition.forms(region));
    listing.or_else(formed).unwrap_or(&all[0])
}

/// Names of all regions; those that stand for a whole partition (`aws-global`) too.
pub(crate) fn regions() -> impl Iterator<Item = &'static str> {
    PARTITIONS.iter().flat_map(|partition| partition.regions.keys()).map(String::as_str)
}

impl Partition {
    /// `aws`
    pub fn id(&self) -> &str {
        &self.id
    }

    fn forms(&self, region: &str) -> bool {
        Regex::new(&self.region_regex).is_ok_and(|form| form.is_match(region))
    }

    /// As endpoint rules look into it.
    pub fn as_value(&self) -> Value {
        let Outputs { dns_suffix, dual_stack_dns_suffix, implicit_global_region, dual_stack, fips } = &self.outputs;
        json!({
            "name": self.id,
            "dnsSuffix": dns_suffix,
            "dualStackDnsSuffix": dual_stack_dns_suffix,
            "implicitGlobalRegion": implicit_global_region,
            "supportsDualStack": dual_stack,
            "supportsFIPS": fips,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_the_partition_that_lists_it_or_forms_it() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-9", "aws-iso-b"),
            ("eu-nowhere-7", "aws"),
            ("nonsense", "aws"),
        ] {
            assert_eq!(of(region).id(), partition, "{region}");
        }
    }
}
