//! A request, read as a call of an AWS operation.

use std::collections::BTreeSet;
use std::fmt;

use axum::http::Method;
use axum::http::request::Parts;
use reqwest::Url;
use serde_json::Value;

use super::identifiers::{of_form, of_json, of_path};

/// The protocol in which an error has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Form in, XML out: CloudFormation, IAM, STS.
    Query,
    /// `X-Amz-Target`: DynamoDB, ECR, CloudWatch Logs.
    Json,
    /// Method and path: Lambda, AgentCore, Bedrock.
    Rest,
    /// The image registry's own.
    Registry,
}

/// Whether a call changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Read,
    Write,
}

/// One AWS operation on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `CreateChangeSet`, `PUT functions/*/configuration`, `PUT registry manifests`.
    pub operation: String,
    /// Name of what it is about, as far as the request says; `-` when it does not.
    pub resource: String,
    pub effect: Effect,
    pub(super) protocol: Protocol,
    /// The same for all attempts at one call.
    pub(super) invocation: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.resource)
    }
}

impl Call {
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path();
        let (protocol, operation, resource) = if let Some(path) = path.strip_prefix("/v2/") {
            registry(&parts.method, path)
        } else if let Some(target) = header(parts, "x-amz-target") {
            json(target, body)
        } else if header(parts, "content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded")) {
            query(body)
        } else {
            rest(&parts.method, path, body)
        };
        let invocation =
            header(parts, "amz-sdk-invocation-id").map_or_else(|| format!("{} {path}", parts.method), str::to_string);
        let effect = effect(&operation);
        Self { operation, resource, effect, protocol, invocation }
    }
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

fn registry(method: &Method, path: &str) -> (Protocol, String, String) {
    let (repository, kind) = ["/blobs/uploads", "/blobs", "/manifests"]
        .iter()
        .find_map(|kind| Some((path.split_once(&format!("{kind}/"))?.0, kind.trim_start_matches('/'))))
        .unwrap_or((path.trim_end_matches('/'), "ping"));
    let resource = if repository.is_empty() { "-" } else { repository };
    (Protocol::Registry, format!("{method} registry {kind}"), resource.to_string())
}

fn json(target: &str, body: &[u8]) -> (Protocol, String, String) {
    let operation = target.rsplit('.').next().unwrap_or(target);
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut resource = of_json(&document).unwrap_or_else(|| "-".into());
    let kinds = item_kinds(&document);
    if !kinds.is_empty() {
        resource = format!("{resource}/{}", kinds.into_iter().collect::<Vec<_>>().join("+"));
    }
    (Protocol::Json, operation.to_string(), resource)
}

/// What the items are that a call to the deployments table is about: `lease`, `history`, `run`.
fn item_kinds(document: &Value) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let key = fields.get("pk").and_then(|key| key["S"].as_str());
                kinds.extend(key.map(|key| key.split('#').next().unwrap_or(key).to_string()));
                open.extend(fields.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    kinds
}

fn query(body: &[u8]) -> (Protocol, String, String) {
    // A form is what a URL's query is.
    let text = String::from_utf8_lossy(body);
    let url = Url::parse(&format!("http://form/?{text}")).expect("any query can be parsed");
    let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let operation = fields.iter().find(|(name, _)| name == "Action").map_or("-", |(_, value)| value.as_str());
    (Protocol::Query, operation.to_string(), of_form(&fields).unwrap_or_else(|| "-".into()))
}

fn rest(method: &Method, path: &str, body: &[u8]) -> (Protocol, String, String) {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let (shape, named) = of_path(path);
    let resource = named.or_else(|| document["name"].as_str().map(str::to_string)).unwrap_or_else(|| "-".into());
    (Protocol::Rest, format!("{method} {shape}"), resource)
}

fn effect(operation: &str) -> Effect {
    const READS: [&str; 17] = [
        "Get",
        "List",
        "Describe",
        "Batch",
        "Query",
        "Scan",
        "Simulate",
        "Validate",
        "Detect",
        "Filter",
        "Lookup",
        "Head",
        "TransactGet",
        "Estimate",
        "GET ",
        "HEAD ",
        "Search",
    ];
    // Nothing of the estate changes when a function is called.
    let invokes = operation.ends_with("/invocations");
    let writes_batch = operation.starts_with("BatchWrite") || operation.starts_with("BatchDelete");
    match invokes || (READS.iter().any(|read| operation.starts_with(read)) && !writes_batch) {
        true => Effect::Read,
        false => Effect::Write,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn call(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Call {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
        Call::read(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    fn named(call: &Call) -> (String, Effect) {
        (call.to_string(), call.effect)
    }

    #[test]
    fn the_query_protocol_names_action_and_stack() {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = "Action=CreateChangeSet&Version=2010-05-15&ChangeSetName=c&StackName=ops-local";
        let made = call("POST", "/", &headers, body);
        assert_eq!(named(&made), ("CreateChangeSet ops-local".into(), Effect::Write));
        let arn = "Action=DescribeStacks&StackName=arn%3Aaws%3Acloudformation%3Aus-east-1%3A0%3Astack%2Fops-local%2F1";
        assert_eq!(named(&call("POST", "/", &headers, arn)), ("DescribeStacks ops-local".into(), Effect::Read));
    }

    #[test]
    fn the_journal_s_items_are_told_apart() {
        let headers = [("x-amz-target", "DynamoDB_20120810.TransactWriteItems")];
        let body = r#"{"TransactItems":[
            {"ConditionCheck":{"TableName":"t","Key":{"pk":{"S":"lease"}}}},
            {"Put":{"TableName":"t","Item":{"pk":{"S":"run#1"}}}}]}"#;
        assert_eq!(named(&call("POST", "/", &headers, body)), ("TransactWriteItems t/lease+run".into(), Effect::Write));
        let headers = [("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.BatchDeleteImage")];
        let deleted = call("POST", "/", &headers, r#"{"repositoryName":"r"}"#);
        assert_eq!(named(&deleted), ("BatchDeleteImage r".into(), Effect::Write));
    }

    #[test]
    fn paths_lose_their_identifiers() {
        let policy = call("DELETE", "/2015-03-31/functions/local-tool/policy/gateway", &[], "");
        assert_eq!(named(&policy), ("DELETE functions/*/policy/* local-tool".into(), Effect::Write));
        let target = call("PUT", "/gateways/ops-local-a1b2c3d4e5/targets/0123456789", &[], r#"{"name":"aws"}"#);
        assert_eq!(named(&target), ("PUT gateways/*/targets/* ops-local".into(), Effect::Write));
        let gateway = call("POST", "/gateways", &[], r#"{"name":"ops-local"}"#);
        assert_eq!(named(&gateway), ("POST gateways ops-local".into(), Effect::Write));
        assert_eq!(call("POST", "/2015-03-31/functions/f/invocations", &[], "").effect, Effect::Read);
    }

    #[test]
    fn the_registry_is_known_by_its_path() {
        let upload = call("POST", "/v2/ops-local-agent/blobs/uploads/", &[], "");
        assert_eq!(named(&upload), ("POST registry blobs/uploads ops-local-agent".into(), Effect::Write));
        let manifest = call("PUT", "/v2/ops-local-agent/manifests/sha256:1", &[], "");
        assert_eq!(named(&manifest), ("PUT registry manifests ops-local-agent".into(), Effect::Write));
        assert_eq!(call("HEAD", "/v2/ops-local-agent/blobs/sha256:1", &[], "").effect, Effect::Read);
    }

    #[test]
    fn attempts_of_one_call_belong_together() {
        let attempt =
            |number| call("GET", "/gateways", &[("amz-sdk-invocation-id", "x"), ("amz-sdk-request", number)], "");
        assert_eq!(attempt("attempt=1").invocation, attempt("attempt=2").invocation);
    }
}
