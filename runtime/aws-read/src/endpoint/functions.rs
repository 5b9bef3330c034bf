//! The functions of endpoint rules: the twelve that the rule sets of our services
//! use, as the rules engine's standard library and its AWS part define them
//! (Smithy 2.0, "Rules engine standard library functions" and "AWS rules engine
//! library functions"). Null is "not set".

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::partition;

/// RFC 3986's unreserved characters stay.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Function {
    BooleanEquals,
    StringEquals,
    GetAttr,
    IsSet,
    Not,
    Substring,
    IsValidHostLabel,
    #[serde(rename = "parseURL")]
    ParseUrl,
    UriEncode,
    #[serde(rename = "aws.partition")]
    Partition,
    #[serde(rename = "aws.parseArn")]
    ParseArn,
    #[serde(rename = "aws.isVirtualHostableS3Bucket")]
    IsVirtualHostableS3Bucket,
}

impl Function {
    /// Null when an argument has not the type that the function takes.
    pub fn call(self, arguments: &[Value]) -> Value {
        self.value(arguments).unwrap_or_default()
    }

    fn value(self, arguments: &[Value]) -> Option<Value> {
        let text = |index: usize| arguments.get(index)?.as_str();
        let flag = |index: usize| arguments.get(index)?.as_bool();
        let number = |index: usize| usize::try_from(arguments.get(index)?.as_u64()?).ok();
        Some(match self {
            Self::BooleanEquals => json!(flag(0)? == flag(1)?),
            Self::StringEquals => json!(text(0)? == text(1)?),
            Self::GetAttr => attribute(arguments.first()?, text(1)?)?.clone(),
            Self::IsSet => json!(!arguments.first()?.is_null()),
            Self::Not => json!(!arguments.first()?.as_bool().unwrap_or(false)),
            Self::Substring => json!(substring(text(0)?, number(1)?, number(2)?, flag(3)?)?),
            Self::IsValidHostLabel => json!(is_host(text(0)?, flag(1)?)),
            Self::ParseUrl => parsed_url(text(0)?)?,
            Self::UriEncode => json!(utf8_percent_encode(text(0)?, UNRESERVED).to_string()),
            Self::Partition => partition::of(text(0)?).as_value(),
            Self::ParseArn => parsed_arn(text(0)?)?,
            Self::IsVirtualHostableS3Bucket => json!(is_hostable_bucket(text(0)?, flag(1)?)),
        })
    }
}

/// `resourceId[2]` or `outer.inner`.
fn attribute<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match part.split_once('[') {
        Some((name, index)) => {
            let list = if name.is_empty() { value } else { value.get(name)? };
            list.get(index.strip_suffix(']')?.parse::<usize>().ok()?)
        }
        None => value.get(part),
    })
}

/// Positions count from the end when `reverse`; only ASCII text has positions.
fn substring(text: &str, start: usize, stop: usize, reverse: bool) -> Option<&str> {
    if !text.is_ascii() || start >= stop || stop > text.len() {
        return None;
    }
    match reverse {
        true => text.get(text.len() - stop..text.len() - start),
        false => text.get(start..stop),
    }
}

/// RFC 1123: up to 63 letters, digits and hyphens, no hyphen at the beginning.
fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-')
}

fn is_host(text: &str, with_subdomains: bool) -> bool {
    if with_subdomains { text.split('.').all(is_label) } else { is_label(text) }
}

/// Lower-case labels that no certificate or IP address stands against.
fn is_hostable_bucket(bucket: &str, with_subdomains: bool) -> bool {
    let is_bucket_label =
        |label: &str| is_label(label) && !label.ends_with('-') && !label.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_hostable = if with_subdomains { bucket.split('.').all(is_bucket_label) } else { is_bucket_label(bucket) };
    (3..=63).contains(&bucket.len()) && is_hostable && bucket.parse::<Ipv4Addr>().is_err()
}

fn parsed_url(text: &str) -> Option<Value> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.contains(['?', '#']) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host_of(authority)?;
    let normalized = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    Some(json!({
        "scheme": scheme,
        "authority": authority,
        "path": path,
        "normalizedPath": normalized,
        "isIp": is_address(host),
    }))
}

/// The host of `host:port`; none when the port is no number.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rfind(':').filter(|colon| !authority[*colon..].contains(']')) {
        Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
        None => (authority, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    (is_port && !host.is_empty()).then_some(host)
}

fn is_address(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.map_or_else(|| host.parse::<Ipv4Addr>().is_ok(), |inner| inner.parse::<Ipv6Addr>().is_ok())
}

/// `arn:partition:service:region:account:resource`; region and account may be empty.
fn parsed_arn(text: &str) -> Option<Value> {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts[..] else { return None };
    if partition.is_empty() || service.is_empty() || resource.is_empty() {
        return None;
    }
    let resource: Vec<_> = resource.split([':', '/']).collect();
    Some(json!({
        "partition": partition,
        "service": service,
        "region": region,
        "accountId": account,
        "resourceId": resource,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_name_and_position() {
        let value = json!({"a": {"b": "x"}, "list": ["p", "q"]});
        assert_eq!(attribute(&value, "a.b"), Some(&json!("x")));
        assert_eq!(attribute(&value, "list[1]"), Some(&json!("q")));
        assert_eq!(attribute(&value, "list[2]"), None);
        assert_eq!(attribute(&value["list"], "[0]"), Some(&json!("p")));
    }

    #[test]
    fn a_substring_counts_from_either_end() {
        assert_eq!(substring("abcdefg", 0, 4, false), Some("abcd"));
        assert_eq!(substring("abcdefg", 0, 4, true), Some("defg"));
        assert_eq!(substring("abc", 0, 4, false), None);
        assert_eq!(substring("a\u{e9}bcd", 0, 1, false), None);
    }

    #[test]
    fn addresses_are_taken_apart() {
        let url = parsed_url("https://127.0.0.1:80/path").unwrap();
        let expected = json!({"scheme": "https", "authority": "127.0.0.1:80", "path": "/path",
            "normalizedPath": "/path/", "isIp": true});
        assert_eq!(url, expected);
        assert_eq!(parsed_url("https://[fe80::1]").unwrap()["isIp"], true);
        for refused in ["example.com", "wss://example.com", "https://example.com?a=b", "https://e.com:port", "https://"]
        {
            assert_eq!(parsed_url(refused), None, "{refused}");
        }
    }

    #[test]
    fn arns_are_taken_apart() {
        let arn = parsed_arn("arn:aws:s3:us-east-1:123456789012:accesspoint/name:x").unwrap();
        assert_eq!(arn["resourceId"], json!(["accesspoint", "name", "x"]));
        assert_eq!(parsed_arn("arn:aws:s3:::bucket").unwrap()["region"], "");
        assert_eq!(parsed_arn("arn:aws:s3"), None);
        assert_eq!(parsed_arn("arn::s3:::bucket"), None);
    }

    #[test]
    fn labels_and_buckets_are_checked() {
        assert!(is_host("a-1", false) && is_host("a.b", true));
        assert!(!is_host("a.b", false) && !is_host("-a", false) && !is_host("a b", true) && !is_host("", false));
        assert!(is_hostable_bucket("my-bucket", false) && is_hostable_bucket("my.bucket", true));
        for refused in ["my.bucket", "ab", "My-bucket", "bucket-", "192.168.1.1"] {
            assert!(!is_hostable_bucket(refused, false), "{refused}");
        }
        assert!(!is_hostable_bucket("192.168.1.1", true));
    }

    #[test]
    fn a_missing_value_makes_a_comparison_unset_and_a_negation_true() {
        assert_eq!(Function::StringEquals.call(&[Value::Null, json!("a")]), Value::Null);
        assert_eq!(Function::Not.call(&[Value::Null]), json!(true));
    }
}
