//! The canonical request of Signature Version 4 (IAM user guide, "Create a
//! signed AWS API request", step 1), rebuilt from a request as it arrived.

use std::fmt::Write;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

/// Everything but the unreserved characters of RFC 3986.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// The canonical request, with the values of `signed_headers` (lower case, in
/// the order of the Authorization header). None when one of them is absent.
pub(super) fn canonical_request(parts: &Parts, signed_headers: &[&str], payload_hash: &str) -> Option<String> {
    let mut text = format!("{}\n{}\n{}\n", parts.method, canonical_path(parts.uri.path()), canonical_query(parts));
    for name in signed_headers {
        let _ = writeln!(text, "{name}:{}", header_value(parts, name)?);
    }
    let _ = write!(text, "\n{}\n{payload_hash}", signed_headers.join(";"));
    Some(text)
}

/// The path is encoded once more than it was sent: every service but S3 signs so.
fn canonical_path(path: &str) -> String {
    utf8_percent_encode(&normalized(path), PATH).to_string()
}

/// Without empty and dot segments (RFC 3986, section 5.2.4); a slash at the end stays.
fn normalized(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let ends_as_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    let end = if ends_as_folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

fn canonical_query(parts: &Parts) -> String {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (encode(&name), encode(&value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// Trimmed, inner runs of spaces made one, repeated headers joined with commas.
fn header_value(parts: &Parts, name: &str) -> Option<String> {
    let values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    if values.is_empty() && name == "host" {
        return parts.uri.authority().map(ToString::to_string);
    }
    (!values.is_empty()).then(|| values.join(","))
}

pub(super) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_path_is_encoded_again_and_dots_are_resolved() {
        assert_eq!(canonical_path("/tags/arn%3Aaws"), "/tags/arn%253Aaws");
        assert_eq!(canonical_path("/a//b/../c/"), "/a/c/");
        assert_eq!(canonical_path(""), "/");
        assert_eq!(canonical_path("/"), "/");
    }

    #[test]
    fn query_parameters_are_sorted_and_keep_empty_values() {
        let (parts, ()) = http::Request::builder().uri("/?b=2&a=x%20y&c").body(()).unwrap().into_parts();
        assert_eq!(canonical_query(&parts), "a=x%20y&b=2&c=");
    }
}
