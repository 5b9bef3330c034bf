//! Where a request goes and for whom it is signed: the service's endpoint rules,
//! or an endpoint that is configured instead of AWS's own.

mod context;
mod functions;
pub(crate) mod partition;
mod rules;
mod store;
mod template;

#[cfg(test)]
mod cases;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::error::ReadError;
use crate::model::{Operation, Service};
use crate::protocol::Request;
use crate::region::Region;
use context::BuiltIns;
use rules::{RuledEndpoint, Scheme};

/// Finds endpoints, as the client is configured.
#[derive(Debug)]
pub(crate) struct Endpoints {
    config: SdkConfig,
    for_all: Option<Url>,
    /// By service, looked up on first use; none where nothing is configured.
    for_service: Mutex<HashMap<&'static str, Option<Url>>>,
}

/// What an endpoint depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addressee<'a> {
    /// As the service's files are called: `elbv2`.
    pub name: &'a str,
    pub service: &'static Service,
    pub operation: &'static Operation,
    pub parameters: &'a Map<String, Value>,
    pub region: &'a Region,
}

/// Where one request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme, host and perhaps the beginning of the path, without a slash at the end.
    base: String,
    pub headers: Vec<(String, String)>,
    /// `s3`
    pub signing_name: String,
    pub signing_region: String,
    /// The signature takes the path as it is sent.
    pub disable_double_encoding: bool,
    /// AWS is not at the other end but something on this machine.
    pub is_loopback: bool,
}

impl Endpoints {
    /// AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> and their equals in the profile
    /// are used; an endpoint that the program set wins.
    pub fn from_config(config: &SdkConfig) -> Result<Self, ReadError> {
        let for_all = config.endpoint_url().map(parse).transpose()?;
        Ok(Self { config: config.clone(), for_all, for_service: Mutex::default() })
    }

    /// Fails when the rules have no endpoint for the region or the parameters.
    pub fn find(&self, to: Addressee<'_>) -> Result<Endpoint, ReadError> {
        let configured = self.configured(to.service)?;
        let ruled = self.ruled(to, configured.as_ref()).map_err(|cause| ReadError::Endpoint {
            operation: format!("{}:{}", to.name, to.operation.name),
            region: to.region.clone(),
            cause,
        })?;
        let signing_name = to.service.metadata.signing_name();
        let endpoint = Endpoint::from_rules(ruled, signing_name, to.region.as_str());
        let endpoint = endpoint.map_err(|cause| ReadError::Setup { cause })?;
        Ok(match configured.filter(is_loopback) {
            Some(local) => endpoint.moved_to(&local),
            None => endpoint,
        })
    }

    fn ruled(&self, to: Addressee<'_>, configured: Option<&Url>) -> Result<RuledEndpoint, String> {
        let rules = store::rules(to.name).ok_or("the service has no endpoint rules")?;
        let mut built_ins = BuiltIns::from([
            ("AWS::Region", json!(to.region.as_str())),
            ("AWS::UseFIPS", json!(self.config.use_fips().unwrap_or_default())),
            ("AWS::UseDualStack", json!(self.config.use_dual_stack().unwrap_or_default())),
            ("AWS::S3::ForcePathStyle", json!(configured.is_some())),
        ]);
        // What plays AWS on this machine has AWS's own rules, so that calls are signed as for AWS.
        if let Some(url) = configured.filter(|url| !is_loopback(url)) {
            built_ins.insert("SDK::Endpoint", json!(url.as_str().trim_end_matches('/')));
        }
        rules.resolve(&context::parameters(rules, to.service, to.operation, to.parameters, &built_ins))
    }

    fn configured(&self, service: &'static Service) -> Result<Option<Url>, ReadError> {
        if self.config.get_origin("endpoint_url").is_client_config() {
            return Ok(self.for_all.clone());
        }
        let id = service.metadata.service_id;
        let mut known = self.for_service.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(id) {
            known.insert(id, service_endpoint(&self.config, id).as_deref().map(parse).transpose()?);
        }
        Ok(known.get(id).cloned().flatten().or_else(|| self.for_all.clone()))
    }
}

impl Endpoint {
    /// Takes the first scheme that this client can sign with; the service's own
    /// name and the call's region where the rules say nothing.
    fn from_rules(ruled: RuledEndpoint, signing_name: &str, region: &str) -> Result<Self, String> {
        let scheme = ruled.schemes.iter().find(|scheme| scheme.name == "sigv4");
        if let (None, Some(Scheme { name, .. })) = (scheme, ruled.schemes.first()) {
            return Err(format!("the endpoint {} asks for signatures of kind {name}", ruled.url));
        }
        let named = |part: fn(&Scheme) -> &Option<String>, default: &str| {
            scheme.and_then(|scheme| part(scheme).clone()).unwrap_or_else(|| default.to_owned())
        };
        Ok(Self {
            signing_name: named(|scheme| &scheme.signing_name, signing_name),
            signing_region: named(|scheme| &scheme.signing_region, region),
            disable_double_encoding: scheme.is_some_and(|scheme| scheme.disable_double_encoding),
            base: ruled.url.trim_end_matches('/').to_owned(),
            headers: ruled.headers,
            is_loopback: false,
        })
    }

    /// The same endpoint on this machine: its path below the local address, since
    /// names of accounts and buckets resolve to nothing as hosts there.
    fn moved_to(mut self, local: &Url) -> Self {
        let path = self.base.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let path = path.map(|(_, path)| format!("/{path}")).unwrap_or_default();
        self.base = format!("{}{path}", local.as_str().trim_end_matches('/'));
        self.is_loopback = true;
        self
    }

    /// `s3.eu-west-1.amazonaws.com`
    pub fn host(&self) -> &str {
        let rest = self.base.split_once("://").map_or(self.base.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// The request's full address, percent-encoded. `bucket` is the bucket of an S3
    /// call: the rules put it into host or path, so it is taken out of the request's.
    ///
    /// A host prefix of the model is not used: only S3 Control has any, and its
    /// rules put the account into the host themselves.
    pub fn address(&self, request: &Request, bucket: Option<&str>) -> String {
        // A bucket's name needs no encoding, so the path begins with it.
        let without = |bucket| request.path.strip_prefix('/').and_then(|path| path.strip_prefix(bucket));
        let below = bucket.and_then(without).unwrap_or(&request.path);
        let has_path = self.base.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        let below = if below.is_empty() && !has_path { "/" } else { below };
        let separator = if request.query.is_empty() { "" } else { "?" };
        format!("{}{below}{separator}{}", self.base, request.query)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `AWS_ENDPOINT_URL_S3`, or `endpoint_url` of the service in the profile
/// (AWS SDKs and Tools reference guide, "Service-specific endpoints").
fn service_endpoint(config: &SdkConfig, service_id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    config.service_config()?.load_config(key.build().ok()?)
}

fn parse(endpoint: &str) -> Result<Url, ReadError> {
    let url = Url::parse(endpoint).map_err(|error| error.to_string());
    let url = url.and_then(|url| match url.scheme() {
        "http" | "https" if url.query().is_none() && url.has_host() => Ok(url),
        _ => Err("expected http://host or https://host".into()),
    });
    url.map_err(|problem| ReadError::Setup { cause: format!("endpoint {endpoint}: {problem}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use aws_types::origin::Origin;
    use aws_types::service_config::LoadServiceConfig;
    use bytes::Bytes;
    use http::Method;

    fn endpoints(url: Option<&str>) -> Endpoints {
        let mut config = SdkConfig::builder();
        config.set_endpoint_url(url.map(str::to_owned));
        Endpoints::from_config(&config.build()).unwrap()
    }

    fn found(endpoints: &Endpoints, operation: &str, parameters: Value, region: &str) -> Endpoint {
        let (name, operation) = operation.split_once(':').unwrap();
        let service = model::service(name).unwrap();
        let operation = &service.operations[operation];
        let region = &Region::parse(region).unwrap();
        let parameters = parameters.as_object().unwrap();
        endpoints.find(Addressee { name, service, operation, parameters, region }).unwrap()
    }

    fn address(endpoints: &Endpoints, bucket: Option<&str>, region: &str) -> String {
        let path = bucket.map_or("/".into(), |bucket| format!("/{bucket}"));
        let (operation, parameters) = match bucket {
            Some(bucket) => ("s3:GetBucketTagging", json!({"Bucket": bucket})),
            None => ("s3:ListBuckets", json!({})),
        };
        let request = Request {
            method: Method::GET,
            path,
            query: "tagging".into(),
            headers: Vec::new(),
            body: Bytes::new(),
            host_prefix: None,
        };
        found(endpoints, operation, parameters, region).address(&request, bucket)
    }

    // Expected values: botocore's endpoint test cases for S3.
    #[test]
    fn aws_endpoints_are_regional_with_the_bucket_in_the_host_where_it_fits() {
        let aws = endpoints(None);
        for (bucket, region, expected) in [
            (None, "us-east-1", "https://s3.us-east-1.amazonaws.com/?tagging"),
            (None, "cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/?tagging"),
            (Some("bucket-name"), "us-west-2", "https://bucket-name.s3.us-west-2.amazonaws.com/?tagging"),
            (Some("bucket-name"), "cn-north-1", "https://bucket-name.s3.cn-north-1.amazonaws.com.cn/?tagging"),
            (Some("bucket.name"), "us-east-1", "https://s3.us-east-1.amazonaws.com/bucket.name?tagging"),
            (Some("BucketName"), "us-east-1", "https://s3.us-east-1.amazonaws.com/BucketName?tagging"),
            (Some("99a_b"), "us-west-2", "https://s3.us-west-2.amazonaws.com/99a_b?tagging"),
        ] {
            assert_eq!(address(&aws, bucket, region), expected);
        }
    }

    #[test]
    fn a_configured_endpoint_gets_the_bucket_in_the_path() {
        let loopback = endpoints(Some("http://127.0.0.1:4566"));
        assert_eq!(address(&loopback, Some("bucket"), "us-east-1"), "http://127.0.0.1:4566/bucket?tagging");
        assert_eq!(address(&loopback, None, "us-east-1"), "http://127.0.0.1:4566/?tagging");
        let with_path = endpoints(Some("http://beta.example.com:1234/path/"));
        assert_eq!(address(&with_path, Some("b-1"), "us-west-2"), "http://beta.example.com:1234/path/b-1?tagging");
    }

    #[test]
    fn a_loopback_endpoint_has_no_account_in_its_host_and_signatures_as_for_aws() {
        let local = endpoints(Some("http://localhost:4566/"));
        let account = json!({"AccountId": "123456789012"});
        let jobs = found(&local, "s3control:ListJobs", account.clone(), "eu-west-1");
        assert_eq!((jobs.base.as_str(), jobs.signing_name.as_str()), ("http://localhost:4566", "s3"));
        let users = found(&local, "iam:ListUsers", json!({}), "eu-west-1");
        assert_eq!((users.base.as_str(), users.signing_region.as_str()), ("http://localhost:4566", "us-east-1"));
        let remote = found(&endpoints(None), "s3control:ListJobs", account, "eu-west-1");
        assert_eq!(remote.base, "https://123456789012.s3-control.eu-west-1.amazonaws.com");
    }

    #[derive(Debug)]
    struct Profile;

    impl LoadServiceConfig for Profile {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            (key.service_id() == "Elastic Load Balancing v2").then(|| "http://127.0.0.1:2".into())
        }
    }

    #[test]
    fn the_endpoint_of_a_service_wins_over_the_one_for_all_but_not_over_the_programs() {
        let base = |origin: Origin, operation: &str| {
            let mut config = SdkConfig::builder();
            config.set_endpoint_url(Some("http://127.0.0.1:1".into())).set_service_config(Some(Profile));
            config.insert_origin("endpoint_url", origin);
            found(&Endpoints::from_config(&config.build()).unwrap(), operation, json!({}), "eu-west-1").base
        };
        let environment = Origin::shared_environment_variable;
        assert_eq!(base(environment(), "elbv2:DescribeLoadBalancers"), "http://127.0.0.1:2");
        assert_eq!(base(environment(), "elb:DescribeLoadBalancers"), "http://127.0.0.1:1");
        assert_eq!(base(Origin::shared_config(), "elbv2:DescribeLoadBalancers"), "http://127.0.0.1:1");
    }

    #[test]
    fn an_endpoint_must_be_a_plain_http_address() {
        for endpoint in ["localhost:4566", "ftp://host", "http://host/?a=b", "nonsense"] {
            assert!(parse(endpoint).is_err(), "{endpoint}");
        }
    }

    #[test]
    fn no_service_but_s3_control_has_host_prefixes_in_its_model() {
        for name in model::SERVICES {
            let operations = model::service(name).unwrap().operations.values();
            let has_prefix = operations.into_iter().any(|operation| operation.host_prefix().is_some());
            assert_eq!(has_prefix, *name == "s3control", "{name}");
        }
    }
}
