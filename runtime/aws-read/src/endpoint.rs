//! Where a request goes: AWS's regional endpoints, or one configured endpoint
//! for everything.

use std::collections::BTreeMap;

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use url::Url;

use crate::error::ReadError;
use crate::protocol::Request;
use crate::region::Region;
use crate::s3::{self, Addressing};
use crate::{allowlist, model};

/// Endpoints that replace AWS's own.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    for_all: Option<Url>,
    /// By endpoint prefix.
    for_service: BTreeMap<String, Url>,
}

/// What an address depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addressee<'a> {
    /// First label of the host: `s3`.
    pub endpoint_prefix: &'a str,
    pub region: &'a Region,
    /// The bucket of an S3 call.
    pub bucket: Option<&'a str>,
}

impl Endpoints {
    /// Reads AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> and their equals in the
    /// profile; an endpoint that the program set wins.
    pub fn from_config(config: &SdkConfig) -> Result<Self, ReadError> {
        let for_all = config.endpoint_url().map(parse).transpose()?;
        let mut for_service = BTreeMap::new();
        let is_set_by_program = config.get_origin("endpoint_url").is_client_config();
        for service in allowlist::services().filter_map(model::service).filter(|_| !is_set_by_program) {
            if let Some(endpoint) = service_endpoint(config, &service.metadata.service_id) {
                for_service.insert(service.metadata.endpoint_prefix.clone(), parse(&endpoint)?);
            }
        }
        Ok(Self { for_all, for_service })
    }

    /// The request's full address, percent-encoded.
    pub fn address(&self, request: &Request, to: Addressee<'_>) -> String {
        let configured = self.for_service.get(to.endpoint_prefix).or(self.for_all.as_ref());
        let (base, path) = match configured {
            Some(url) => (url.as_str().trim_end_matches('/').to_owned(), request.path.as_str()),
            None => aws_address(&request.path, to),
        };
        let separator = if request.query.is_empty() { "" } else { "?" };
        format!("{base}{path}{separator}{}", request.query)
    }
}

/// AWS's regional endpoint and the path below it.
fn aws_address<'a>(path: &'a str, to: Addressee<'_>) -> (String, &'a str) {
    let Addressee { endpoint_prefix, region, bucket } = to;
    let host = format!("{endpoint_prefix}.{region}.{}", region.dns_suffix());
    match bucket.filter(|bucket| s3::addressing(bucket) == Addressing::Host) {
        // A name that can be a host label is the same when it is encoded, so the path begins with it.
        Some(bucket) => {
            let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(bucket)).unwrap_or(path);
            (format!("https://{bucket}.{host}"), if below.is_empty() { "/" } else { below })
        }
        None => (format!("https://{host}"), path),
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
    use http::Method;

    fn address(endpoints: &Endpoints, bucket: Option<&str>, region: &str) -> String {
        let path = bucket.map_or("/".into(), |bucket| format!("/{bucket}"));
        let request = Request { method: Method::GET, path, query: "tagging".into(), headers: Vec::new() };
        let region = Region::parse(region).unwrap();
        endpoints.address(&request, Addressee { endpoint_prefix: "s3", region: &region, bucket })
    }

    // Expected values: botocore's endpoint test cases for S3.
    #[test]
    fn aws_endpoints_are_regional_with_the_bucket_in_the_host_where_it_fits() {
        let aws = Endpoints::default();
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
        let configured = |url| Endpoints { for_all: Some(parse(url).unwrap()), for_service: BTreeMap::new() };
        let loopback = configured("http://127.0.0.1:4566");
        assert_eq!(address(&loopback, Some("bucket"), "us-east-1"), "http://127.0.0.1:4566/bucket?tagging");
        assert_eq!(address(&loopback, None, "us-east-1"), "http://127.0.0.1:4566/?tagging");
        let with_path = configured("http://beta.example.com:1234/path/");
        assert_eq!(address(&with_path, Some("b-1"), "us-west-2"), "http://beta.example.com:1234/path/b-1?tagging");
    }

    #[test]
    fn the_endpoint_of_a_service_wins_over_the_one_for_all() {
        let url = |text| parse(text).unwrap();
        let endpoints = Endpoints {
            for_all: Some(url("http://127.0.0.1:1")),
            for_service: BTreeMap::from([("s3".into(), url("http://127.0.0.1:2"))]),
        };
        assert_eq!(address(&endpoints, None, "us-east-1"), "http://127.0.0.1:2/?tagging");
    }

    #[test]
    fn an_endpoint_must_be_a_plain_http_address() {
        for endpoint in ["localhost:4566", "ftp://host", "http://host/?a=b", "nonsense"] {
            assert!(parse(endpoint).is_err(), "{endpoint}");
        }
    }
}
