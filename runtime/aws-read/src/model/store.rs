//! The models that are compiled in.

use std::sync::LazyLock;

use super::Service;

static S3: LazyLock<Service> = LazyLock::new(|| parsed(include_str!("../../../../configs/aws-models/s3.json")));

/// The model of a service on the allowlist.
pub(crate) fn service(name: &str) -> Option<&'static Service> {
    match name {
        "s3" => Some(&S3),
        _ => None,
    }
}

fn parsed(json: &str) -> Service {
    Service::parse(json).expect("the model is compiled in and read by a test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowlist;
    use crate::model::Location;

    #[test]
    fn every_allowed_operation_is_modelled_and_a_get_without_a_body() {
        assert!(!allowlist::operations("s3").is_empty());
        for allowed in allowlist::operations("s3") {
            let service = service(allowed.service()).expect("a model");
            let operation = service.operations.get(allowed.name()).unwrap_or_else(|| panic!("{allowed:?}"));
            assert_eq!(operation.http.method, "GET", "{}", allowed.name());
            let members = service.input(operation).into_iter().flat_map(|input| input.members.values());
            assert!(members.into_iter().all(|member| member.location.is_some()), "{}", allowed.name());
        }
    }

    #[test]
    fn the_model_holds_no_operation_beside_the_allowed_ones() {
        let modelled: Vec<_> = service("s3").unwrap().operations.keys().map(String::as_str).collect();
        let allowed: Vec<_> = allowlist::operations("s3").iter().map(|operation| operation.name()).collect();
        assert_eq!(modelled, allowed);
    }

    #[test]
    fn locations_are_read_from_the_model() {
        let input = service("s3").unwrap().shape("GetBucketTaggingRequest");
        assert_eq!(input.members["Bucket"].location, Some(Location::Uri));
    }
}
