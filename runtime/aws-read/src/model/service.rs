//! A service model in botocore's form (service-2.json, or the pruned files of
//! configs/aws-models).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::operation::Target;
use super::schema::Schemas;
use super::{Members, Operation, Protocol, Reference, TimestampFormat, XmlNamespace};

/// A model is parsed from text that lives as long as the process, so that names
/// are not copied: the embedded models are parsed once each.
#[derive(Debug)]
pub(crate) struct Service {
    pub metadata: Metadata,
    /// The first of the model's protocols that this client speaks.
    pub protocol: Protocol,
    pub operations: HashMap<&'static str, Operation>,
    shapes: HashMap<&'static str, Shape>,
    pub(super) schemas: Schemas,
}

#[derive(Deserialize)]
struct Parsed {
    metadata: Metadata,
    #[serde(borrow)]
    operations: HashMap<&'static str, Operation>,
    shapes: HashMap<&'static str, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    /// Empty in models of protocol suites.
    #[serde(default)]
    pub api_version: &'static str,
    /// First label of the service's host names.
    #[serde(default)]
    pub endpoint_prefix: &'static str,
    protocol: &'static str,
    #[serde(default)]
    protocols: Vec<&'static str>,
    json_version: Option<&'static str>,
    target_prefix: Option<&'static str>,
    /// As configuration files name it: `S3`.
    #[serde(default)]
    pub service_id: &'static str,
    /// Service of the signature, when it is not the endpoint prefix.
    signing_name: Option<&'static str>,
    aws_query_compatible: Option<Map<String, Value>>,
    pub xml_namespace: Option<XmlNamespace>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub members: Members,
    #[serde(default)]
    pub required: Vec<&'static str>,
    /// The member that is the whole body.
    pub payload: Option<&'static str>,
    /// Element of a list.
    pub member: Option<Box<Reference>>,
    /// Of a map.
    pub key: Option<Box<Reference>>,
    /// Of a map.
    pub value: Option<Box<Reference>>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub sensitive: bool,
    /// Any JSON value.
    #[serde(default)]
    pub document: bool,
    /// Least and greatest value of an integer.
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// Exactly one member is given.
    #[serde(default)]
    pub union: bool,
    #[serde(default)]
    pub eventstream: bool,
    /// Name of the XML element when the shape is a payload.
    pub location_name: Option<&'static str>,
    pub xml_namespace: Option<XmlNamespace>,
    pub timestamp_format: Option<TimestampFormat>,
    #[serde(default)]
    pub jsonvalue: bool,
    /// Known values of a string; AWS adds to them, so that others are valid too.
    #[serde(default, rename = "enum")]
    pub values: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    #[serde(alias = "character")]
    String,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Timestamp,
    Blob,
}

impl Metadata {
    pub fn signing_name(&self) -> &'static str {
        self.signing_name.unwrap_or(self.endpoint_prefix)
    }

    pub fn json_version(&self) -> &'static str {
        self.json_version.unwrap_or("1.0")
    }

    /// What goes before the operation's name in X-Amz-Target.
    pub fn target_prefix(&self) -> &'static str {
        self.target_prefix.unwrap_or_default()
    }

    /// The service spoke query before it spoke JSON, and has error codes from then.
    pub fn is_query_compatible(&self) -> bool {
        self.aws_query_compatible.is_some()
    }

    fn protocol(&self) -> Result<Protocol, String> {
        let names = self.protocols.iter().copied().chain([self.protocol]);
        let spoken = names.into_iter().find_map(Protocol::parse);
        spoken.ok_or_else(|| format!("protocol {} is not spoken", self.protocol))
    }
}

impl Service {
    /// Reads a model and makes sure that every shape it names is in it. The
    /// text is kept for the life of the process, because names point into it.
    pub fn parse(json: String) -> Result<Self, String> {
        let Parsed { metadata, operations, shapes } =
            serde_json::from_str(json.leak()).map_err(|error| error.to_string())?;
        let protocol = metadata.protocol()?;
        let service = Self { metadata, protocol, operations, shapes, schemas: Schemas::default() };
        let missing = service.names().find(|name| !service.shapes.contains_key(name));
        missing.map_or(Ok(()), |missing| Err(format!("shape {missing} is not in the model")))?;
        Ok(service)
    }

    /// Every shape name that an operation or a shape mentions.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let targets = self.operations.values().flat_map(|operation| [&operation.input, &operation.output]);
        let members = self.shapes.values().flat_map(|shape| shape.members.iter().map(|(_, member)| member.shape));
        let parts = self.shapes.values().flat_map(|shape| [&shape.member, &shape.key, &shape.value]);
        targets.flatten().map(|target| target.shape).chain(members).chain(parts.flatten().map(|part| part.shape))
    }

    /// A shape that this model names.
    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    pub fn target(&self, target: Option<&Target>) -> Option<&Shape> {
        target.map(|target| self.shape(target.shape))
    }

    /// The shape of an operation's input, none without an input.
    pub fn input(&self, operation: &Operation) -> Option<&Shape> {
        self.target(operation.input.as_ref())
    }

    /// The shape of an operation's output, none without an output.
    pub fn output(&self, operation: &Operation) -> Option<&Shape> {
        self.target(operation.output.as_ref())
    }

    /// The element shape of a list, the value shape of a map.
    pub fn element(&self, shape: &Shape) -> Option<&Shape> {
        shape.member.as_ref().or(shape.value.as_ref()).map(|reference| self.shape(reference.shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(metadata: &str, output: &str) -> Result<Service, String> {
        let json = format!(
            r#"{{"metadata": {metadata}, "operations": {{"Get": {{"name": "Get", "http": {{"method": "GET",
                "requestUri": "/"}}, "output": {{"shape": "{output}"}}}}}}, "shapes": {{"There": {{"type": "blob"}}}}}}"#
        );
        Service::parse(json)
    }

    #[test]
    fn a_model_with_a_missing_shape_is_refused() {
        assert_eq!(parsed(r#"{"protocol": "json"}"#, "Gone").unwrap_err(), "shape Gone is not in the model");
    }

    #[test]
    fn the_first_protocol_that_is_spoken_is_chosen() {
        let several = r#"{"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor", "json", "query"]}"#;
        assert_eq!(parsed(several, "There").unwrap().protocol, Protocol::Json);
        assert!(parsed(r#"{"protocol": "smithy-rpc-v2-cbor"}"#, "There").unwrap_err().contains("not spoken"));
    }
}
