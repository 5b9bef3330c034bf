//! The models that are compiled in.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::Service;
pub(crate) use crate::services::SERVICES;
use crate::services::{for_each_service, index};

macro_rules! models {
    ($($name:literal),+ $(,)?) => {
        [$(Embedded::new(include_bytes!(concat!("../../../../configs/aws-models/", $name, ".json.gz")))),+]
    };
}

static MODELS: [Embedded; SERVICES.len()] = for_each_service!(models);

struct Embedded {
    compressed: &'static [u8],
    service: OnceLock<Service>,
}

impl Embedded {
    const fn new(compressed: &'static [u8]) -> Self {
        Self { compressed, service: OnceLock::new() }
    }

    fn json(&self) -> Result<String, String> {
        let mut json = String::new();
        GzDecoder::new(self.compressed).read_to_string(&mut json).map_err(|error| error.to_string())?;
        Ok(json)
    }

    fn parsed(&self) -> Service {
        self.json().and_then(Service::parse).expect("the model is compiled in and read by a test")
    }
}

/// The model of a service, parsed when it is first asked for.
pub(crate) fn service(name: &str) -> Option<&'static Service> {
    let embedded = &MODELS[index(name)?];
    Some(embedded.service.get_or_init(|| embedded.parsed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Location, Protocol, Side};

    #[test]
    fn every_service_is_found_by_its_name_and_no_other() {
        for name in SERVICES {
            assert!(!service(name).unwrap().operations.is_empty(), "{name}");
        }
        for name in ["", "S3", "s3 ", "kms", "../s3"] {
            assert!(service(name).is_none(), "{name}");
        }
    }

    #[test]
    fn every_operation_is_named_as_it_is_listed_and_has_schemas() {
        for service in SERVICES.iter().map(|name| service(name).unwrap()) {
            for (name, operation) in &service.operations {
                assert_eq!(operation.name, *name);
                service.input_schema(operation);
                if let Some(output) = &operation.output {
                    assert_eq!(service.shape(output.shape).kind, Kind::Structure, "{name}");
                    service.structure(output.shape, Side::Answer);
                }
            }
        }
    }

    /// What the list of protocol cases that do not apply relies on.
    #[test]
    fn no_model_has_xml_payloads_in_requests_or_the_old_form() {
        for (name, json) in SERVICES.iter().zip(&MODELS).map(|(name, model)| (name, model.json().unwrap())) {
            let model: serde_json::Value = serde_json::from_str(&json).unwrap();
            let shapes = model["shapes"].as_object().unwrap();
            assert!(shapes.values().all(|shape| shape.get("location").is_none()), "{name}");
            for operation in model["operations"].as_object().unwrap().values() {
                assert!(operation["input"].get("payload").is_none() && operation["output"].get("payload").is_none());
                let input = operation["input"]["shape"].as_str().map(|input| &shapes[input]);
                let has_payload = input.is_some_and(|input| input.get("payload").is_some());
                assert!(!has_payload || model["metadata"]["protocol"] != "rest-xml", "{name}: {operation}");
            }
        }
    }

    #[test]
    fn protocols_and_locations_are_read_from_the_model() {
        let spoken = [("cloudwatch", Protocol::Json), ("sqs", Protocol::Json), ("ec2", Protocol::Ec2)];
        for (name, protocol) in spoken {
            assert_eq!(service(name).unwrap().protocol, protocol, "{name}");
        }
        let input = service("s3").unwrap().shape("GetBucketTaggingRequest");
        assert_eq!(input.members["Bucket"].location, Some(Location::Uri));
    }
}
