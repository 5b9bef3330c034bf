//! What S3 does differently: a bucket answers only in its own region, and its
//! name goes into a host or path, so that it is checked.

use serde_json::{Map, Value};

use crate::error::Fault;
use crate::region::Region;

/// Refuses what is not the name of a general purpose bucket; says why.
pub(crate) fn check_bucket(bucket: &str) -> Result<(), String> {
    if bucket.starts_with("arn:") {
        return Err("is an ARN; give the bucket's name, since access points are not supported".into());
    }
    if ["--x-s3", "--xa-s3", "--op-s3"].iter().any(|suffix| bucket.ends_with(suffix)) {
        return Err("names a directory bucket or an access point, which are not supported".into());
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if !(3..=255).contains(&bucket.len()) || !bucket.bytes().all(fits) {
        return Err("is no bucket name, which has 3 to 63 letters, digits, dots and hyphens".into());
    }
    Ok(())
}

/// ListBuckets with a region filter has to be asked in that region.
pub(crate) fn region_filter(parameters: &Map<String, Value>) -> Option<Region> {
    Region::parse(parameters.get("BucketRegion")?.as_str()?)
}

/// The region to ask instead, when S3 says that the bucket is elsewhere
/// (301 PermanentRedirect, 307 TemporaryRedirect, 400 AuthorizationHeaderMalformed).
pub(crate) fn other_region(fault: &Fault, asked: &Region) -> Option<Region> {
    let redirects = matches!(fault.status, 301 | 302 | 307 | 400);
    fault.region.clone().filter(|region| redirects && region != asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bucket_name_is_refused() {
        assert_eq!(check_bucket("my.Old_bucket"), Ok(()));
        for name in ["arn:aws:s3:::b", "b--usw2-az1--x-s3", "..", "a/b", "a b c", "a@b.c", ""] {
            assert!(check_bucket(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_redirect_names_another_region_or_none() {
        let fault = |status, region: &str| Fault {
            status,
            code: "PermanentRedirect".into(),
            message: String::new(),
            request_id: None,
            region: Region::parse(region),
        };
        let asked = Region::default_region();
        assert_eq!(other_region(&fault(301, "eu-west-1"), &asked), Region::parse("eu-west-1"));
        assert_eq!(other_region(&fault(301, "us-east-1"), &asked), None);
        assert_eq!(other_region(&fault(403, "eu-west-1"), &asked), None);
    }
}
