//! What single services do beyond their protocol. Each rule is one of botocore's
//! handlers (botocore/handlers.py) unless it says otherwise.

use http::{HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::model::{Operation, Service};
use crate::text;

/// Text members of S3's lists that are encoded when the answer says so.
const ENCODED_KEYS: [&str; 9] = [
    "Key",
    "Prefix",
    "Delimiter",
    "Marker",
    "NextMarker",
    "StartAfter",
    "KeyMarker",
    "NextKeyMarker",
    "ContinuationKey",
];

/// Changes parameters to what the service takes.
pub(super) fn adapted(service: &Service, operation: &Operation, parameters: &mut Map<String, Value>) {
    match service.metadata.service_id {
        "Route 53" => without_path(service, operation, parameters),
        "S3" => with_encoded_keys(service, operation, parameters),
        _ => {}
    }
}

/// Route 53 answers ids as `/hostedzone/Z1` and takes them as `Z1`.
fn without_path(service: &Service, operation: &Operation, parameters: &mut Map<String, Value>) {
    let members = service.input(operation).into_iter().flat_map(|input| input.members.iter());
    let ids = members.filter(|(_, member)| ["ResourceId", "DelegationSetId", "ChangeId"].contains(&member.shape));
    for (name, _) in ids {
        if let Some(Value::String(id)) = parameters.get_mut(name) {
            *id = id.rsplit('/').next().unwrap_or_default().to_owned();
        }
    }
}

/// Names of objects may hold characters that XML cannot, so that lists are asked
/// for in encoded form.
fn with_encoded_keys(service: &Service, operation: &Operation, parameters: &mut Map<String, Value>) {
    let takes_encoding = service.input(operation).is_some_and(|input| input.members.get("EncodingType").is_some());
    if takes_encoding && !parameters.contains_key("EncodingType") {
        parameters.insert("EncodingType".into(), json!("url"));
    }
}

/// Undoes [`with_encoded_keys`] in an answer that says that it is encoded.
pub(super) fn decoded_keys(service: &Service, mut answer: Value) -> Value {
    let is_encoded = answer.get("EncodingType").is_some_and(|encoding| encoding == "url");
    if service.metadata.service_id == "S3" && is_encoded {
        decode_keys(&mut answer);
    }
    answer
}

fn decode_keys(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(decode_keys),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(key) if ENCODED_KEYS.contains(&name.as_str()) => {
                        let spaced = key.replace('+', " ");
                        *key = text::cleaned(&percent_decode_str(&spaced).decode_utf8_lossy());
                    }
                    member => decode_keys(member),
                }
            }
        }
        _ => {}
    }
}

/// Headers that a service wants with each request.
pub(super) fn headers(service: &Service) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    // Without it, API Gateway answers in HAL, another form than its model's.
    if service.metadata.service_id == "API Gateway" {
        headers.push((header::ACCEPT, HeaderValue::from_static("application/json")));
    }
    // Asks a service that moved from query to JSON for its old error codes
    // (Smithy, "awsQueryCompatible trait").
    if service.metadata.is_query_compatible() {
        headers.push((HeaderName::from_static("x-amzn-query-mode"), HeaderValue::from_static("true")));
    }
    headers
}

/// GetBucketLocation's root element is the member itself (Smithy,
/// "s3UnwrappedXmlOutput trait"; no trait in botocore's form of the model).
pub(super) fn is_unwrapped(service: &Service, operation: &Operation) -> bool {
    service.metadata.service_id == "S3" && operation.name == "GetBucketLocation"
}

/// IAM percent-encodes policy documents (IAM API reference, "PolicyDetail").
/// Decoded here, where an answer's text is read, whatever the member is called.
pub(super) fn policy_document(service: &Service, shape: &str, text: String) -> String {
    match (service.metadata.service_id, shape) {
        ("IAM", "policyDocumentType") => percent_decode_str(&text).decode_utf8_lossy().into_owned(),
        _ => text,
    }
}

/// Text that holds JSON (botocore's `jsonvalue`), or the text if it does not.
pub(super) fn json_text(read: &str) -> Value {
    serde_json::from_str(read).map_or_else(|_| Value::String(text::cleaned(read)), cleaned)
}

/// Escapes in JSON may spell what is cleaned from text.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text::clean(text)),
        Value::Array(items) => items.into_iter().map(cleaned).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (text::clean(name), cleaned(member))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;

    fn adapted_for(service: &str, operation: &str, parameters: Value) -> Value {
        let service = model::service(service).unwrap();
        let Value::Object(mut parameters) = parameters else { panic!() };
        adapted(service, &service.operations[operation], &mut parameters);
        Value::Object(parameters)
    }

    #[test]
    fn ids_of_route_53_lose_their_path() {
        let given = json!({"HostedZoneId": "/hostedzone/Z1"});
        assert_eq!(adapted_for("route53", "ListResourceRecordSets", given), json!({"HostedZoneId": "Z1"}));
        let given = json!({"Id": "/change/C1"});
        assert_eq!(adapted_for("route53", "GetChange", given), json!({"Id": "C1"}));
    }

    #[test]
    fn object_lists_are_asked_for_encoded_and_decoded() {
        let asked = adapted_for("s3", "ListObjectsV2", json!({"Bucket": "b"}));
        assert_eq!(asked, json!({"Bucket": "b", "EncodingType": "url"}));
        assert_eq!(adapted_for("s3", "GetBucketTagging", json!({"Bucket": "b"})), json!({"Bucket": "b"}));
        let s3 = model::service("s3").unwrap();
        let answer = json!({"EncodingType": "url", "Contents": [{"Key": "a+b%2Fc%1B", "ETag": "a+b"}]});
        let decoded = json!({"EncodingType": "url", "Contents": [{"Key": "a b/c", "ETag": "a+b"}]});
        assert_eq!(decoded_keys(s3, answer), decoded);
    }

    #[test]
    fn only_services_that_want_them_get_extra_headers() {
        let names = |service| headers(model::service(service).unwrap()).into_iter().map(|(name, _)| name.to_string());
        assert!(names("apigateway").eq(["accept"]));
        assert!(names("sqs").eq(["x-amzn-query-mode"]));
        assert!(names("ec2").eq([""; 0]));
    }

    #[test]
    fn policies_of_iam_are_decoded_by_their_shape() {
        let iam = model::service("iam").unwrap();
        let policy = policy_document(iam, "policyDocumentType", "%7B%22a%22%3A1%7D".into());
        assert_eq!(policy, r#"{"a":1}"#);
        assert_eq!(policy_document(iam, "pathType", "%7B".into()), "%7B");
    }

    #[test]
    fn json_in_text_is_cleaned_of_what_its_escapes_spell() {
        assert_eq!(json_text(r#"{"a\u001b": ["\u202eb"]}"#), json!({"a": ["b"]}));
        assert_eq!(json_text("no \u{1b}JSON"), json!("no JSON"));
    }
}
