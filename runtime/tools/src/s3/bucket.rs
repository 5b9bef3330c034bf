//! The buckets of the account.

use aws_read::{Answer, Region};
use serde_json::{Map, Value, json};

/// One row of an answer.
pub(super) type Row = Map<String, Value>;

/// Name, creation date and region of each bucket; S3 leaves the region out in
/// some answers, emulators always.
pub(super) fn rows(answer: &Answer) -> Vec<Row> {
    answer.value["Buckets"].as_array().into_iter().flatten().map(row).collect()
}

pub(super) fn named(name: &str) -> Row {
    Map::from_iter([("name".to_owned(), json!(name))])
}

pub(super) fn name(row: &Row) -> &str {
    row.get("name").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn known_region(row: &Row) -> Option<Region> {
    row.get("region").and_then(Value::as_str).and_then(Region::parse)
}

/// GetBucketLocation answers nothing for us-east-1 and `EU` for the oldest
/// buckets of eu-west-1 (S3 API reference, GetBucketLocation).
pub(super) fn region(output: &Value) -> &str {
    match output["LocationConstraint"].as_str() {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
}

fn row(bucket: &Value) -> Row {
    let columns = [("name", "Name"), ("created", "CreationDate"), ("region", "BucketRegion")];
    let cells = columns.into_iter().filter_map(|(column, member)| Some((column.into(), bucket.get(member)?.clone())));
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_location_is_the_first_region() {
        assert_eq!(region(&json!({"LocationConstraint": ""})), "us-east-1");
        assert_eq!(region(&json!({})), "us-east-1");
        assert_eq!(region(&json!({"LocationConstraint": "EU"})), "eu-west-1");
        assert_eq!(region(&json!({"LocationConstraint": "eu-west-3"})), "eu-west-3");
    }
}
