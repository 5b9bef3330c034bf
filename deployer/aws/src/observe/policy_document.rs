//! Policy documents as services answer them: JSON, IAM's in percent-encoding
//! (IAM API reference, GetRolePolicy).

use std::fmt::Display;

use deployer_core::resource::normal_policy;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::errors::Trouble;

/// IAM's, in its one normal form, so that documents that mean the same compare equal.
pub fn decode(encoded: &str) -> Result<Value, Trouble> {
    match percent_decode_str(encoded).decode_utf8() {
        Ok(text) => parse(&text),
        Err(error) => Err(unusable(&error)),
    }
}

/// The same of a service that answers plain JSON.
pub fn parse(text: &str) -> Result<Value, Trouble> {
    serde_json::from_str(text).map(normal_policy).map_err(|error| unusable(&error))
}

fn unusable(cause: &dyn Display) -> Trouble {
    Trouble::unusable(format!("a policy document is not JSON: {cause}"))
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
    fn a_list_of_one_action_is_that_action() {
        let of = |action: &str| decode(&format!(r#"{{"Statement":[{{"Action":{action}}}]}}"#)).unwrap();
        assert_eq!(of(r#"["s3:GetObject"]"#), of(r#""s3:GetObject""#));
    }

    #[test]
    fn a_percent_sign_in_plain_json_stays() {
        let document = parse(r#"{"Statement":[{"Sid":"%41"}]}"#).unwrap();
        assert_eq!(document["Statement"][0]["Sid"], "%41");
    }

    #[test]
    fn what_is_not_json_is_a_trouble() {
        assert!(decode("%7Boops").unwrap_err().message.contains("not JSON"));
    }
}
