//! IAM's policy documents: JSON in percent-encoding (IAM API reference, GetRolePolicy).

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::errors::Trouble;

/// The document with its members sorted, so that equal documents have equal fingerprints.
pub fn decode(encoded: &str) -> Result<Value, Trouble> {
    let unusable = |cause: &dyn std::fmt::Display| Trouble::unusable(format!("a policy document is not JSON: {cause}"));
    let text = percent_decode_str(encoded).decode_utf8().map_err(|error| unusable(&error))?;
    let mut document: Value = serde_json::from_str(&text).map_err(|error| unusable(&error))?;
    document.sort_all_objects();
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_percent_encoded_document_is_decoded() {
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
        assert_eq!(decode(encoded).unwrap(), json!({"Version": "2012-10-17", "Statement": []}));
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let (one, other) = (decode(r#"{"a":1,"b":2}"#).unwrap(), decode(r#"{"b":2,"a":1}"#).unwrap());
        assert_eq!(one.to_string(), other.to_string());
    }

    #[test]
    fn what_is_not_json_is_a_trouble() {
        assert!(decode("%7Boops").unwrap_err().message.contains("not JSON"));
    }
}
