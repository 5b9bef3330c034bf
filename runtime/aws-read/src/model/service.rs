//! A service model in the form that configs/aws-models/prune.py writes: the
//! operations and the shapes they reach, with botocore's trait names.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    pub metadata: Metadata,
    pub operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    /// First label of the service's host names.
    pub endpoint_prefix: String,
    pub protocol: Protocol,
    /// As configuration files name it: `S3`.
    pub service_id: String,
    /// Service of the signature, when it is not the endpoint prefix.
    signing_name: Option<String>,
}

/// How a service's requests and answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    RestXml,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub http: Http,
    pub input: Option<Target>,
    pub output: Option<Target>,
    /// The answer's root is the only member itself, not a structure around it.
    #[serde(default)]
    pub unwrapped_output: bool,
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub shape: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Http {
    pub method: String,
    /// Path with `{Label}` and `{Label+}`, and a fixed query: `/{Bucket}?tagging`.
    pub request_uri: String,
}

/// Member names that carry the paging.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    pub input_token: String,
    pub output_token: String,
    pub limit: Option<String>,
    pub items: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub required: Vec<String>,
    /// The member that is the whole body.
    pub payload: Option<String>,
    /// Element of a list.
    pub member: Option<Reference>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub sensitive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    String,
    Integer,
    Long,
    Boolean,
    Timestamp,
}

/// A member's or list element's shape and its place on the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub shape: String,
    /// The body when absent.
    pub location: Option<Location>,
    pub location_name: Option<String>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub xml_attribute: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Location {
    Uri,
    QueryString,
    Header,
}

impl Metadata {
    pub fn signing_name(&self) -> &str {
        self.signing_name.as_deref().unwrap_or(&self.endpoint_prefix)
    }
}

impl Service {
    /// Reads a model and makes sure that every shape it names is in it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let service: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        match service.names().find(|name| !service.shapes.contains_key(*name)) {
            Some(missing) => Err(format!("shape {missing} is not in the model")),
            None => Ok(()),
        }?;
        Ok(service)
    }

    /// Every shape name that an operation or a shape mentions.
    fn names(&self) -> impl Iterator<Item = &String> {
        let targets = self.operations.values().flat_map(|operation| [&operation.input, &operation.output]);
        let references = self.shapes.values().flat_map(|shape| shape.members.values().chain(&shape.member));
        targets.flatten().map(|target| &target.shape).chain(references.map(|reference| &reference.shape))
    }

    /// A shape that this model names.
    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// The members of an operation's input, none without an input.
    pub fn input(&self, operation: &Operation) -> Option<&Shape> {
        operation.input.as_ref().map(|target| self.shape(&target.shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_with_a_missing_shape_is_refused() {
        let json = r#"{"metadata": {"endpointPrefix": "x", "protocol": "rest-xml", "serviceId": "X"},
            "operations": {"Get": {"http": {"method": "GET", "requestUri": "/"}, "output": {"shape": "Gone"}}},
            "shapes": {}}"#;
        assert_eq!(Service::parse(json).unwrap_err(), "shape Gone is not in the model");
    }
}
