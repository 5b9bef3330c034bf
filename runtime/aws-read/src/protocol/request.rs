//! REST bindings of a request: labels of the path, query and headers (Smithy
//! 2.0, "HTTP bindings"). Allowed reads have no body.

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::{Http, Location, Operation, Service, Shape};
use crate::parameters::Parameters;

/// RFC 3986's unreserved characters stay, everything else is encoded.
const LABEL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const GREEDY_LABEL: &AsciiSet = &LABEL.remove(b'/');

/// A request without its host: nothing is signed or addressed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    /// Percent-encoded, begins with a slash.
    pub path: String,
    /// Percent-encoded, without the question mark.
    pub query: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

pub(super) fn build(service: &Service, operation: &Operation, parameters: &Parameters) -> Result<Request, String> {
    let Http { method, request_uri } = &operation.http;
    let (path, fixed_query) = request_uri.split_once('?').unwrap_or((request_uri, ""));
    let method = method.parse().map_err(|_| format!("{method} is no HTTP method"))?;
    let Some(input) = service.input(operation) else {
        return Ok(Request { method, path: path.into(), query: fixed_query.into(), headers: Vec::new() });
    };
    Ok(Request {
        method,
        path: path_of(path, input, parameters)?,
        query: query_of(fixed_query, input, parameters),
        headers: headers_of(input, parameters)?,
    })
}

/// The wire name and text of the given members at a location.
fn given<'a>(
    input: &'a Shape,
    parameters: &'a Parameters,
    location: Location,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let members = input.members.iter().filter(move |(_, member)| member.location == Some(location));
    members.filter_map(|(name, member)| {
        let text = parameters.get(name)?;
        Some((member.location_name.as_deref().unwrap_or(name), text))
    })
}

fn path_of(template: &str, input: &Shape, parameters: &Parameters) -> Result<String, String> {
    let mut path = template.to_owned();
    for (label, text) in given(input, parameters, Location::Uri) {
        // A dot segment would be resolved away by clients, so the path would name something else.
        if text.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(format!("{label} must not be a dot segment"));
        }
        let encode = |set| utf8_percent_encode(text, set).to_string();
        path = path.replace(&format!("{{{label}}}"), &encode(LABEL));
        path = path.replace(&format!("{{{label}+}}"), &encode(GREEDY_LABEL));
    }
    Ok(path)
}

fn query_of(fixed: &str, input: &Shape, parameters: &Parameters) -> String {
    let encode = |text: &str| utf8_percent_encode(text, LABEL).to_string();
    let pairs = given(input, parameters, Location::QueryString);
    let pairs = pairs.map(|(name, text)| format!("{}={}", encode(name), encode(text)));
    let fixed = (!fixed.is_empty()).then(|| fixed.to_owned());
    fixed.into_iter().chain(pairs).collect::<Vec<_>>().join("&")
}

fn headers_of(input: &Shape, parameters: &Parameters) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let headers = given(input, parameters, Location::Header).map(|(name, text)| {
        let value =
            HeaderValue::from_str(text).map_err(|_| format!("{name} holds a character that no header takes"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name} is no header name"))?;
        Ok((name, value))
    });
    headers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{allowlist, model, parameters};
    use serde_json::{Value, json};

    fn built(operation: &str, given: Value) -> Result<Request, String> {
        let service = model::service("s3").unwrap();
        let allowed = allowlist::find("s3", operation).unwrap();
        let parameters = parameters::parse(service, allowed, &given).unwrap();
        build(service, &service.operations[operation], &parameters)
    }

    #[test]
    fn labels_fill_the_path_and_the_fixed_query_stays() {
        let request = built("GetBucketTagging", json!({"Bucket": "my-bucket"})).unwrap();
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/my-bucket", "tagging"));
        assert_eq!(request.method, Method::GET);
    }

    #[test]
    fn a_label_cannot_leave_its_segment() {
        let request = built("GetBucketTagging", json!({"Bucket": "a/b?c=d#e%"})).unwrap();
        assert_eq!(request.path, "/a%2Fb%3Fc%3Dd%23e%25");
        assert!(built("GetBucketTagging", json!({"Bucket": ".."})).is_err());
    }

    #[test]
    fn query_members_are_encoded_and_sorted_by_name() {
        let request = built("ListBuckets", json!({"Prefix": "ü &", "MaxBuckets": 2, "ContinuationToken": "a+b="}));
        let query = request.unwrap().query;
        assert_eq!(query, "continuation-token=a%2Bb%3D&max-buckets=2&prefix=%C3%BC%20%26");
    }

    #[test]
    fn header_members_become_headers_and_cannot_split_them() {
        let request = built("GetBucketAcl", json!({"Bucket": "b", "ExpectedBucketOwner": "123456789012"})).unwrap();
        assert_eq!(request.headers[0].0, "x-amz-expected-bucket-owner");
        assert!(built("GetBucketAcl", json!({"Bucket": "b", "ExpectedBucketOwner": "1\r\nX-Evil: 1"})).is_err());
    }

    #[test]
    fn greedy_labels_keep_their_slashes() {
        let model = r#"{"metadata": {"endpointPrefix": "x", "protocol": "rest-xml", "serviceId": "X"},
            "operations": {"Get": {"http": {"method": "GET", "requestUri": "/a/{Key+}?x"}, "input": {"shape": "In"}}},
            "shapes": {"In": {"type": "structure", "members": {"Key": {"shape": "S", "location": "uri"}}},
                       "S": {"type": "string"}}}"#;
        let service = Service::parse(model).unwrap();
        let tagging = allowlist::find("s3", "GetBucketTagging").unwrap();
        let mut parameters =
            parameters::parse(model::service("s3").unwrap(), tagging, &json!({"Bucket": "b"})).unwrap();
        parameters.set("Key", "one/two three".into());
        assert_eq!(build(&service, &service.operations["Get"], &parameters).unwrap().path, "/a/one/two%20three");
    }
}
