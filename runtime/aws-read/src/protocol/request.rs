//! Requests by the protocols' own serializers, and what they leave open.

use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_json::protocol::aws_rest_json_1::AwsRestJsonProtocol;
use aws_smithy_query::protocol::AwsQueryProtocol;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::http::Request as Serialized;
use aws_smithy_schema::protocol::{ClientProtocol, ServiceVersion, ServiceXmlNamespace};
use aws_smithy_schema::serde::SerdeError;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_smithy_xml::protocol::aws_rest_xml::AwsRestXmlProtocol;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use md5::{Digest, Md5};
use serde_json::{Map, Value};

use super::collect::said;
use super::write::Given;
use super::{Request, bindings, quirks};
use crate::model::{Kind, Operation, Protocol, Reference, Service, Side, Structure};
use crate::parameters::ParameterFault;

/// Form-encoded bodies, as botocore labels them.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// An input without members.
static NO_MEMBERS: Structure = Structure { schema: &aws_smithy_schema::prelude::UNIT, members: Vec::new() };

/// Builds a request from parameters that [`crate::parameters`] has checked.
pub(crate) fn build(service: &Service, operation: &Operation, parameters: &Value) -> Result<Request, ParameterFault> {
    build_with(service, operation, parameters, random_token)
}

/// The same with a source of idempotency tokens.
pub(super) fn build_with(
    service: &Service,
    operation: &Operation,
    parameters: &Value,
    token: impl Fn() -> String,
) -> Result<Request, ParameterFault> {
    let mut members = parameters.as_object().cloned().unwrap_or_default();
    quirks::adapted(service, operation, &mut members);
    add_tokens(service, operation, &mut members, token);
    bindings::check(service, operation, &members)?;
    let host_prefix = bindings::host_prefix(service, operation, &members)?;
    let serialized = serialize(service, operation, &members);
    let request = serialized.and_then(Request::try_from);
    let mut request = request.map_err(|error| ParameterFault::new("", said(&error)))?;
    request.host_prefix = host_prefix;
    complete(service, operation, &members, &mut request);
    Ok(request)
}

/// Gives each absent idempotency token a new one.
fn add_tokens(service: &Service, operation: &Operation, members: &mut Map<String, Value>, token: impl Fn() -> String) {
    let input = service.input(operation).into_iter().flat_map(|input| input.members.iter());
    for (name, _) in input.filter(|(_, member)| member.idempotency_token) {
        members.entry(name).or_insert_with(|| Value::String(token()));
    }
}

/// A UUID, version 4.
fn random_token() -> String {
    let random = fastrand::u128(..) & !(0xf000 << 64) & !(0xc000 << 48) | (0x4000 << 64) | (0x8000 << 48);
    let digits = format!("{random:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn serialize(service: &Service, operation: &Operation, members: &Map<String, Value>) -> Result<Serialized, SerdeError> {
    let structure = match &operation.input {
        Some(input) => service.structure(input.shape, Side::Request),
        None => &NO_MEMBERS,
    };
    let schema = service.input_schema(operation);
    let input = service.input(operation);
    let payload = input.and_then(|input| Some(&input.members[input.payload?]));
    let given = Given { service, structure, schema, payload, members };
    protocol(service).serialize_request(&given, schema, "", &settings(service, operation))
}

fn protocol(service: &Service) -> Box<dyn ClientProtocol> {
    match service.protocol {
        Protocol::Json => {
            let protocol = match service.metadata.json_version() {
                "1.1" => AwsJsonRpcProtocol::aws_json_1_1(),
                _ => AwsJsonRpcProtocol::aws_json_1_0(),
            };
            Box::new(protocol.with_target_prefix(service.metadata.target_prefix()))
        }
        Protocol::RestJson => Box::new(AwsRestJsonProtocol::new()),
        Protocol::RestXml => Box::new(AwsRestXmlProtocol::new()),
        // EC2's requests are query requests with other names, which the schemas hold.
        Protocol::Query | Protocol::Ec2 => Box::new(AwsQueryProtocol::new()),
    }
}

fn settings(service: &Service, operation: &Operation) -> ConfigBag {
    let mut layer = Layer::new("request");
    layer.store_put(Metadata::new(operation.name, service.metadata.service_id));
    layer.store_put(ServiceVersion::new(service.metadata.api_version));
    if let Some(namespace) = service.metadata.xml_namespace {
        layer.store_put(ServiceXmlNamespace::new(namespace.uri(), namespace.prefix().map(Into::into)));
    }
    ConfigBag::of_layers(vec![layer])
}

impl TryFrom<Serialized> for Request {
    type Error = SerdeError;

    fn try_from(serialized: Serialized) -> Result<Self, SerdeError> {
        let custom = |error: String| SerdeError::custom(error);
        let method: Method = serialized.method().parse().map_err(|_| custom("no HTTP method".into()))?;
        let (path, query) = serialized.uri().split_once('?').unwrap_or((serialized.uri(), ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut headers = Vec::new();
        // The transport states the length.
        for (name, value) in serialized.headers().iter().filter(|(name, _)| *name != "content-length") {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| custom(error.to_string()))?;
            headers.push((name, HeaderValue::from_str(value).map_err(|error| custom(error.to_string()))?));
        }
        let body = serialized.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
        Ok(Self { method, path, query, headers, body, host_prefix: None })
    }
}

/// Adds what the serializers leave to others.
fn complete(service: &Service, operation: &Operation, members: &Map<String, Value>, request: &mut Request) {
    if matches!(service.protocol, Protocol::Query | Protocol::Ec2) {
        set(request, header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    }
    if let Some(payload) = payload(service, operation) {
        complete_payload(service, payload, members, request);
    }
    if operation.http_checksum_required {
        let digest = STANDARD.encode(Md5::digest(&request.body));
        set_default(
            request,
            HeaderName::from_static("content-md5"),
            HeaderValue::from_str(&digest).expect("base64 is ASCII"),
        );
    }
    for (name, value) in quirks::headers(service) {
        set_default(request, name, value);
    }
}

/// Name and reference of the member that is the whole body.
fn payload<'a>(service: &'a Service, operation: &Operation) -> Option<(&'static str, &'a Reference)> {
    let input = service.input(operation)?;
    input.payload.map(|name| (name, &input.members[name]))
}

/// Content types of payloads that are text or bytes, and the JSON that the
/// serializer leaves out: documents, and `{}` for a structure that is not given.
fn complete_payload(
    service: &Service,
    (name, payload): (&str, &Reference),
    members: &Map<String, Value>,
    request: &mut Request,
) {
    let (shape, given) = (service.shape(payload.shape), members.get(name));
    let is_json = service.protocol == Protocol::RestJson;
    let kind = match (shape.kind, given) {
        (Kind::String, Some(_)) => "text/plain",
        (Kind::Blob, _) => "application/octet-stream",
        (Kind::Structure, Some(document)) if is_json && shape.document => {
            request.body = document.to_string().into();
            "application/json"
        }
        (Kind::Structure, None) if is_json && !shape.document && !shape.union => {
            request.body = Bytes::from_static(b"{}");
            "application/json"
        }
        _ => return,
    };
    set_default(request, header::CONTENT_TYPE, HeaderValue::from_static(kind));
}

fn set(request: &mut Request, name: HeaderName, value: HeaderValue) {
    request.headers.retain(|(present, _)| *present != name);
    request.headers.push((name, value));
}

fn set_default(request: &mut Request, name: HeaderName, value: HeaderValue) {
    if !request.headers.iter().any(|(present, _)| *present == name) {
        request.headers.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use serde_json::json;

    fn built(service: &str, operation: &str, parameters: Value) -> Result<Request, ParameterFault> {
        let service = model::service(service).unwrap();
        build(service, &service.operations[operation], &parameters)
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.to_str().unwrap())
    }

    #[test]
    fn labels_fill_the_path_and_the_fixed_query_stays() {
        let request = built("s3", "GetBucketTagging", json!({"Bucket": "my-bucket"})).unwrap();
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/my-bucket", "tagging"));
        assert_eq!(request.method, Method::GET);
    }

    #[test]
    fn a_label_cannot_leave_its_segment() {
        let request = built("s3", "GetBucketTagging", json!({"Bucket": "a/b?c=d#e%"})).unwrap();
        assert_eq!(request.path, "/a%2Fb%3Fc%3Dd%23e%25");
        for bucket in ["..", ".", "", "a/../b"] {
            assert_eq!(built("s3", "GetBucketTagging", json!({"Bucket": bucket})).unwrap_err().path, "Bucket");
        }
    }

    #[test]
    fn query_members_are_encoded() {
        let request =
            built("s3", "ListBuckets", json!({"Prefix": "ü &", "MaxBuckets": 2, "ContinuationToken": "a+b="}));
        let mut pairs: Vec<_> = request.as_ref().unwrap().query.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["continuation-token=a%2Bb%3D", "max-buckets=2", "prefix=%C3%BC%20%26"]);
    }

    #[test]
    fn a_header_cannot_be_split() {
        let asked = |owner: &str| built("s3", "GetBucketAcl", json!({"Bucket": "b", "ExpectedBucketOwner": owner}));
        assert_eq!(header(&asked("123456789012").unwrap(), "x-amz-expected-bucket-owner"), Some("123456789012"));
        assert_eq!(asked("1\r\nX-Evil: 1").unwrap_err().path, "ExpectedBucketOwner");
    }

    #[test]
    fn the_host_prefix_takes_one_label_and_nothing_else() {
        let asked = |account: &str| built("s3control", "GetPublicAccessBlock", json!({"AccountId": account}));
        assert_eq!(asked("123456789012").unwrap().host_prefix.as_deref(), Some("123456789012."));
        for account in ["", "a.b", "evil.example.com/", "a@b", "a:1", "ü"] {
            assert_eq!(asked(account).unwrap_err().path, "AccountId", "{account}");
        }
    }

    #[test]
    fn ec2_numbers_list_elements_behind_their_name() {
        let filters =
            json!({"Filters": [{"Name": "vpc-id", "Values": ["v1", "v2"]}], "InstanceIds": [], "DryRun": false});
        let body = built("ec2", "DescribeInstances", filters).unwrap().body;
        let expected = "Action=DescribeInstances&Version=2016-11-15&DryRun=false&Filter.1.Name=vpc-id\
                        &Filter.1.Value.1=v1&Filter.1.Value.2=v2";
        let sorted = |text: &str| text.split('&').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(std::str::from_utf8(&body).unwrap()), sorted(expected));
    }

    #[test]
    fn s3_control_gets_the_digest_of_its_empty_bodies() {
        let request = built("s3control", "ListAccessGrants", json!({"AccountId": "123456789012"})).unwrap();
        assert_eq!(header(&request, "content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
    }

    #[test]
    fn json_services_are_addressed_by_target_and_version() {
        let request = built("ecs", "ListClusters", json!({})).unwrap();
        let target = header(&request, "x-amz-target");
        assert_eq!(target, Some("AmazonEC2ContainerServiceV20141113.ListClusters"));
        assert_eq!(header(&request, "content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(request.body.as_ref(), b"{}");
    }

    #[test]
    fn random_tokens_are_uuids_of_version_4_and_differ() {
        let token = random_token();
        assert_eq!(token.len(), 36);
        assert_eq!(token.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&token.as_bytes()[19]), "{token}");
        assert_ne!(token, random_token());
    }
}
