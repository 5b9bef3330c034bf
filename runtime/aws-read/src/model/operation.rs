//! Operations and references of a model: where a value goes on the wire.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// How a service's requests and answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ec2,
    Query,
    Json,
    RestJson,
    RestXml,
}

impl Protocol {
    /// None for a protocol that this client does not speak (`smithy-rpc-v2-cbor`).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ec2" => Some(Self::Ec2),
            "query" => Some(Self::Query),
            "json" => Some(Self::Json),
            "rest-json" => Some(Self::RestJson),
            "rest-xml" => Some(Self::RestXml),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub name: &'static str,
    pub http: Http,
    pub input: Option<Target>,
    pub output: Option<Target>,
    /// Fixed values for the endpoint rules.
    #[serde(default)]
    pub static_context_params: BTreeMap<&'static str, StaticParameter>,
    /// Paths into the parameters for the endpoint rules, as JMESPath.
    #[serde(default)]
    pub operation_context_params: BTreeMap<&'static str, ContextPath>,
    endpoint: Option<HostPrefix>,
    /// The request needs a digest of its body (Content-MD5).
    #[serde(default)]
    pub http_checksum_required: bool,
    /// In the form of botocore's paginators-1.json.
    pub pagination: Option<Value>,
}

impl Operation {
    /// What goes before the host, with labels: `{AccountId}.`
    pub fn host_prefix(&self) -> Option<&'static str> {
        self.endpoint.as_ref().and_then(|endpoint| endpoint.host_prefix)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Http {
    #[serde(default = "post")]
    pub method: &'static str,
    /// Path with `{Label}` and `{Label+}`, and a fixed query: `/{Bucket}?tagging`.
    #[serde(default = "root")]
    pub request_uri: &'static str,
}

fn post() -> &'static str {
    "POST"
}

fn root() -> &'static str {
    "/"
}

/// An operation's input or output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub shape: &'static str,
    /// Name of the XML root element.
    pub location_name: Option<&'static str>,
    pub xml_namespace: Option<XmlNamespace>,
    /// Element around the members of a query answer.
    pub result_wrapper: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StaticParameter {
    pub value: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ContextPath {
    pub path: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostPrefix {
    host_prefix: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ContextParameter {
    pub name: &'static str,
}

/// A namespace, in botocore's long form (with `uri`) or its short one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum XmlNamespace {
    Uri(&'static str),
    Named { uri: &'static str, prefix: Option<&'static str> },
}

impl XmlNamespace {
    pub fn uri(self) -> &'static str {
        match self {
            Self::Uri(uri) | Self::Named { uri, .. } => uri,
        }
    }

    pub fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Uri(_) => None,
            Self::Named { prefix, .. } => prefix,
        }
    }
}

/// A member's, list element's, map key's or map value's shape and its place on
/// the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub shape: &'static str,
    /// The body when absent.
    pub location: Option<Location>,
    pub location_name: Option<&'static str>,
    /// EC2's name of a request parameter.
    pub query_name: Option<&'static str>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub xml_attribute: bool,
    pub xml_namespace: Option<XmlNamespace>,
    pub timestamp_format: Option<TimestampFormat>,
    #[serde(default)]
    pub host_label: bool,
    #[serde(default)]
    pub idempotency_token: bool,
    /// Text that holds JSON.
    #[serde(default)]
    pub jsonvalue: bool,
    /// Name of the endpoint rules' parameter that has this member's value.
    pub context_param: Option<ContextParameter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Location {
    #[serde(rename = "uri")]
    Uri,
    #[serde(rename = "querystring")]
    QueryString,
    #[serde(rename = "header")]
    Header,
    /// All headers with a prefix, as a map.
    #[serde(rename = "headers")]
    Headers,
    #[serde(rename = "statusCode")]
    StatusCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimestampFormat {
    Iso8601,
    Rfc822,
    UnixTimestamp,
}
