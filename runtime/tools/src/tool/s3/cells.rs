//! What a bucket's settings look like in a table: the answer of one operation in, one cell out.

use serde_json::{Value, json};

use crate::service::values::{list, text};

/// The algorithm of every rule; there is one.
pub(super) fn encryption(output: &Value) -> Value {
    let rules = list(&output["ServerSideEncryptionConfiguration"], "Rules");
    let algorithms = rules.filter_map(|rule| rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"].as_str());
    or_none(algorithms.collect::<Vec<_>>().join(", "))
}

/// S3 answers nothing for a bucket that never had versioning.
pub(super) fn versioning(output: &Value) -> Value {
    let status = output["Status"].as_str().unwrap_or("Off");
    let mfa_delete = if output["MFADelete"] == "Enabled" { ", MFA delete" } else { "" };
    json!(format!("{status}{mfa_delete}"))
}

pub(super) fn tags(output: &Value) -> Value {
    let pairs = list(output, "TagSet").filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].clone())));
    Value::Object(pairs.collect())
}

pub(super) fn lifecycle(output: &Value) -> Value {
    list(output, "Rules").map(|rule| json!({"id": rule["ID"], "status": rule["Status"]})).collect()
}

pub(super) fn logging(output: &Value) -> Value {
    let target = &output["LoggingEnabled"];
    match target {
        Value::Null => json!("off"),
        _ => json!(format!("s3://{}/{}", text(target, "TargetBucket"), text(target, "TargetPrefix"))),
    }
}

/// `arn:aws:s3:::copy (Enabled)`, one entry a rule.
pub(super) fn replication(output: &Value) -> Value {
    let rule = |rule: &Value| format!("{} ({})", text(&rule["Destination"], "Bucket"), text(rule, "Status"));
    json!(list(&output["ReplicationConfiguration"], "Rules").map(rule).collect::<Vec<_>>())
}

pub(super) fn website(output: &Value) -> Value {
    let (index, target) = (&output["IndexDocument"]["Suffix"], &output["RedirectAllRequestsTo"]["HostName"]);
    match (index.as_str(), target.as_str()) {
        (_, Some(host)) => json!(format!("redirects to {host}")),
        (Some(_), None) => json!("serves a website"),
        (None, None) => json!("none"),
    }
}

pub(super) fn object_lock(output: &Value) -> Value {
    let lock = &output["ObjectLockConfiguration"];
    let default = &lock["Rule"]["DefaultRetention"];
    let span = ["Days", "Years"].into_iter().find_map(|unit| Some(format!("{} {unit}", default[unit].as_u64()?)));
    match (lock["ObjectLockEnabled"].as_str(), span) {
        (None, _) => json!("none"),
        (Some(status), None) => json!(status),
        (Some(status), Some(span)) => json!(format!("{status}, {} {}", text(default, "Mode"), span.to_lowercase())),
    }
}

/// ARNs of the queues, topics and functions that get the bucket's events.
pub(super) fn notifications(output: &Value) -> Value {
    let kinds = [
        ("TopicConfigurations", "TopicArn"),
        ("QueueConfigurations", "QueueArn"),
        ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ];
    let targets = kinds.into_iter().flat_map(|(kind, arn)| list(output, kind).map(move |target| text(target, arn)));
    let bus = output.get("EventBridgeConfiguration").filter(|bus| !bus.is_null()).map(|_| "EventBridge");
    json!(targets.chain(bus).collect::<Vec<_>>())
}

/// A bucket without a rule has the setting from before Object Ownership, which keeps lists on.
pub(super) fn ownership(output: &Value) -> Value {
    let mut rules = list(&output["OwnershipControls"], "Rules");
    json!(rules.next().map_or("ObjectWriter", |rule| text(rule, "ObjectOwnership")))
}

pub(super) fn cors(output: &Value) -> Value {
    let origins = list(output, "CORSRules").flat_map(|rule| list(rule, "AllowedOrigins"));
    origins.cloned().collect()
}

fn or_none(text: String) -> Value {
    json!(if text.is_empty() { "none" } else { &text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_become_cells() {
        let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}});
        assert_eq!(encryption(&json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})), "aws:kms");
        assert_eq!(versioning(&json!({"Status": "Enabled", "MFADelete": "Enabled"})), "Enabled, MFA delete");
        assert_eq!(tags(&json!({"TagSet": [{"Key": "a", "Value": "b"}]})), json!({"a": "b"}));
        let target = json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "p/"}});
        assert_eq!(logging(&target), "s3://logs/p/");
        let rule = json!({"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::copy"}});
        let replicated = json!({"ReplicationConfiguration": {"Role": "r", "Rules": [rule]}});
        assert_eq!(replication(&replicated), json!(["arn:aws:s3:::copy (Enabled)"]));
        let rule = json!({"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}});
        let lock = json!({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule}});
        assert_eq!(object_lock(&lock), "Enabled, COMPLIANCE 7 years");
        let queue = json!({"QueueArn": "arn:aws:sqs:us-east-1:1:q", "Events": ["s3:ObjectCreated:*"]});
        let events = json!({"QueueConfigurations": [queue], "EventBridgeConfiguration": {}});
        assert_eq!(notifications(&events), json!(["arn:aws:sqs:us-east-1:1:q", "EventBridge"]));
    }
}
