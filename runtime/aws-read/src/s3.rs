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
/// (301 PermanentRedirect, 307 TemporaryRedirect, 400 AuthorizationHeaderMalformed
/// and IllegalLocationConstraintException).
pub(crate) fn other_region(fault: &Fault, asked: &Region) -> Option<Region> {
    let redirects = matches!(fault.status, 301 | 302 | 307 | 400);
    let named = fault.region.clone().or_else(|| constraint(fault));
    named.filter(|region| redirects && region != asked)
}

/// Where a bucket is, as the refusal says that follows a request from or to a region
/// that accounts opt in to: "The af-south-1 location constraint is incompatible ...".
/// A bucket in us-east-1 has no constraint, which is "unspecified" (botocore, issue 3197
/// and pull request 3303).
fn constraint(fault: &Fault) -> Option<Region> {
    let message = fault.message.strip_prefix("The ").filter(|_| fault.code == "IllegalLocationConstraintException")?;
    match message.split_once(" location constraint is incompatible")?.0 {
        "unspecified" => Region::parse("us-east-1"),
        name => Region::parse(name).filter(Region::is_known),
    }
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

    #[test]
    fn a_bucket_beyond_an_opt_in_region_is_found_by_its_location_constraint() {
        let fault = |code: &str, place: &str| Fault {
            status: 400,
            code: code.into(),
            message: format!(
                "The {place} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            ),
            request_id: None,
            region: None,
        };
        let illegal = "IllegalLocationConstraintException";
        let of = |name: &str| Region::parse(name).unwrap();
        assert_eq!(other_region(&fault(illegal, "af-south-1"), &of("us-east-1")), Some(of("af-south-1")));
        assert_eq!(other_region(&fault(illegal, "unspecified"), &of("af-south-1")), Some(of("us-east-1")));
        for (code, place) in [(illegal, "af-south-1"), (illegal, "nowhere-1"), ("InvalidRequest", "us-east-1")] {
            assert_eq!(other_region(&fault(code, place), &of("af-south-1")), None, "{code} {place}");
        }
    }
}
