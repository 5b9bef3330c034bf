//! What a run was to deploy, as an attribute: JSON, compressed where it would
//! come near DynamoDB's limit of 400 KB for an item.

use std::collections::HashMap;
use std::io::{Read, Write};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use deployer_core::{Desired, Failure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

const ATTRIBUTE: &str = "desired";

/// Bytes, with room for the item's other attributes.
const LIMIT: usize = 350_000;

/// Text where it fits, gzip where it does not; None where that does not fit either.
pub fn to_attribute(desired: &Desired) -> Option<(String, AttributeValue)> {
    let json = serde_json::to_string(desired).ok()?;
    let value = match json.len() <= LIMIT {
        true => AttributeValue::S(json),
        false => AttributeValue::B(Blob::new(compressed(&json).filter(|bytes| bytes.len() <= LIMIT)?)),
    };
    Some((ATTRIBUTE.to_string(), value))
}

/// Errors: `run/record-unusable` when the item was not written by this version's form.
pub fn from_item(item: &HashMap<String, AttributeValue>) -> Result<Desired, Failure> {
    let unusable = |cause: String| {
        Failure::new("run/record-unusable", "read a recorded deployment", cause)
            .with_hint("it was recorded by another version of the deployer; deploy with `up` instead")
    };
    let json = match item.get(ATTRIBUTE) {
        Some(AttributeValue::S(json)) => json.clone(),
        Some(AttributeValue::B(bytes)) => {
            let mut json = String::new();
            let read = GzDecoder::new(bytes.as_ref()).read_to_string(&mut json);
            read.map_err(|error| unusable(error.to_string()))?;
            json
        }
        _ => return Err(unusable("it holds no deployment".into())),
    };
    serde_json::from_str(&json).map_err(|error| unusable(error.to_string()))
}

fn compressed(json: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.as_bytes()).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_deployment_survives_the_way_to_an_item_and_back() {
        let desired = samples::desired();
        let (name, value) = to_attribute(&desired).unwrap();
        assert!(matches!(value, AttributeValue::S(_)));
        assert_eq!(from_item(&HashMap::from([(name, value)])).unwrap(), desired);
    }

    #[test]
    fn a_large_deployment_is_compressed() {
        let mut desired = samples::desired();
        desired.target.description = "x".repeat(LIMIT);
        let (name, value) = to_attribute(&desired).unwrap();
        assert!(matches!(&value, AttributeValue::B(bytes) if bytes.as_ref().len() < LIMIT));
        assert_eq!(from_item(&HashMap::from([(name, value)])).unwrap(), desired);
    }

    #[test]
    fn an_item_without_a_deployment_is_unusable() {
        assert_eq!(from_item(&HashMap::new()).unwrap_err().code, "run/record-unusable");
    }
}
