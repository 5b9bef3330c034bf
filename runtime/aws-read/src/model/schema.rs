//! smithy schemas of a model's shapes, made when an operation first needs them.
//!
//! A schema is kept for the life of the process: models are static, and each
//! shape of a service gets at most one schema for requests and one for answers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_smithy_schema::traits::{HttpTrait, TimestampFormat as WireTime};
use aws_smithy_schema::{ShapeId, ShapeType, intern_header_name, shape_id};

use super::{Kind, Location, Operation, Protocol, Reference, Service, Shape, TimestampFormat, XmlNamespace};

/// The codecs find members by their names and never look at a shape's id.
const SHAPE: ShapeId<'static> = shape_id!("aws", "Shape");

/// A schema that may be of one call alone.
pub(crate) type AnySchema<'s> = aws_smithy_schema::Schema<'s>;

/// A schema of the model.
pub(crate) type Schema = AnySchema<'static>;

/// EC2 names the same member differently in requests and in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Request,
    Answer,
}

/// A structure's schema with its members in the schema's order.
#[derive(Debug)]
pub(crate) struct Structure {
    pub schema: &'static Schema,
    pub members: Vec<Member>,
}

#[derive(Debug)]
pub(crate) struct Member {
    /// As callers spell it.
    pub name: &'static str,
    /// Name of the member's shape.
    pub shape: &'static str,
    pub schema: &'static Schema,
}

/// What was made so far.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    structures: Mutex<HashMap<(&'static str, Side), &'static Structure>>,
    inputs: Mutex<HashMap<&'static str, &'static Schema>>,
}

impl Service {
    /// The schema of a structure and its members. Structures below it are made
    /// when they are read or written, so that recursive shapes end.
    pub fn structure(&self, name: &'static str, side: Side) -> &'static Structure {
        let mut known = self.schemas.structures.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((name, side)).or_insert_with(|| leaked(self.new_structure(name, side)))
    }

    /// The schema of an operation's input with its method and path; members are
    /// those of [`Service::structure`] of the input shape.
    pub fn input_schema(&self, operation: &Operation) -> &'static Schema {
        let mut known = self.schemas.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(operation.name) {
            Some(schema) => schema,
            None => {
                let schema = leaked(self.new_input(operation));
                known.insert(operation.name, schema);
                schema
            }
        }
    }

    fn new_structure(&self, name: &'static str, side: Side) -> Structure {
        let shape = self.shape(name);
        let members = shape.members.iter().enumerate().map(|(index, (member, reference))| {
            let schema = Schema::new_member(SHAPE, self.shape_type(reference.shape), member, index);
            let mut schema = self.placed(self.decorated(schema, reference, side), member, reference, side);
            if shape.payload == Some(member) {
                schema = schema.with_http_payload();
            }
            Member { name: member, shape: reference.shape, schema: leaked(schema) }
        });
        let members: Vec<_> = members.collect();
        let slice: Vec<&'static Schema> = members.iter().map(|member| member.schema).collect();
        let kind = if shape.union { ShapeType::Union } else { ShapeType::Structure };
        let schema = Schema::new_struct(SHAPE, kind, slice.leak());
        Structure { schema: leaked(named(schema, name, shape.location_name, shape.xml_namespace)), members }
    }

    fn new_input(&self, operation: &Operation) -> Schema {
        let http = HttpTrait::new(operation.http.method, self.labelled(operation), None);
        let Some(input) = &operation.input else {
            return Schema::new_struct(SHAPE, ShapeType::Structure, &[]).with_http(http);
        };
        let shape = self.shape(input.shape);
        let members: Vec<_> =
            self.structure(input.shape, Side::Request).members.iter().map(|member| member.schema).collect();
        let schema = Schema::new_struct(SHAPE, ShapeType::Structure, members.leak()).with_http(http);
        let namespace = input.xml_namespace.or(shape.xml_namespace);
        named(schema, input.shape, shape.location_name.or(input.location_name), namespace)
    }

    /// The path template with labels by member name, as the HTTP bindings look
    /// them up; botocore writes wire names.
    fn labelled(&self, operation: &Operation) -> &'static str {
        let mut uri = operation.http.request_uri.to_owned();
        let members = self.input(operation).into_iter().flat_map(|input| input.members.iter());
        for (name, reference) in members.filter(|(_, reference)| reference.location == Some(Location::Uri)) {
            let label = reference.location_name.unwrap_or(name);
            uri = uri.replace(&format!("{{{label}}}"), &format!("{{{name}}}"));
            uri = uri.replace(&format!("{{{label}+}}"), &format!("{{{name}+}}"));
        }
        uri.leak()
    }

    fn shape_type(&self, name: &str) -> ShapeType {
        let shape = self.shape(name);
        match shape.kind {
            Kind::Structure if shape.document => ShapeType::Document,
            Kind::Structure if shape.union => ShapeType::Union,
            Kind::Structure => ShapeType::Structure,
            Kind::List => ShapeType::List,
            Kind::Map => ShapeType::Map,
            Kind::String => ShapeType::String,
            Kind::Integer => ShapeType::Integer,
            Kind::Long => ShapeType::Long,
            Kind::Float => ShapeType::Float,
            Kind::Double => ShapeType::Double,
            Kind::Boolean => ShapeType::Boolean,
            Kind::Timestamp => ShapeType::Timestamp,
            Kind::Blob => ShapeType::Blob,
        }
    }

    /// What holds for members, elements, keys and values alike.
    fn decorated(&self, mut schema: Schema, reference: &Reference, side: Side) -> Schema {
        let shape = self.shape(reference.shape);
        if let Some(format) = reference.timestamp_format.or(shape.timestamp_format) {
            schema = schema.with_timestamp_format(wire_time(format));
        }
        if let Some(namespace) = reference.xml_namespace.or(shape.xml_namespace) {
            schema = schema.with_xml_namespace(namespace.uri(), namespace.prefix());
        }
        if reference.xml_attribute {
            schema = schema.with_xml_attribute();
        }
        let is_flat = reference.flattened || shape.flattened || self.is_flat_in_ec2(shape, side);
        if is_flat {
            schema = schema.with_xml_flattened();
        }
        if reference.jsonvalue || shape.jsonvalue {
            schema = schema.with_media_type("application/json");
        }
        match (&shape.member, &shape.key, &shape.value) {
            // The serializers would prefer the element's name to the one of its flattened list.
            (Some(element), ..) if is_flat => schema.with_list_member(leaked(self.nameless(element, side))),
            (Some(element), ..) => schema.with_list_member(self.part(element, side)),
            (_, Some(key), Some(value)) => schema.with_map_members(self.part(key, side), self.part(value, side)),
            _ => schema,
        }
    }

    /// EC2 numbers the elements of every list right behind its name: `Filter.1.Name`.
    fn is_flat_in_ec2(&self, shape: &Shape, side: Side) -> bool {
        self.protocol == Protocol::Ec2 && side == Side::Request && shape.kind == Kind::List
    }

    /// A list's element, a map's key or value.
    fn part(&self, reference: &Reference, side: Side) -> &'static Schema {
        let schema = self.nameless(reference, side);
        leaked(match reference.location_name {
            Some(name) => schema.with_xml_name(name),
            None => schema,
        })
    }

    /// What is no member has no member name, so that the query serializer counts it.
    fn nameless(&self, reference: &Reference, side: Side) -> Schema {
        self.decorated(Schema::new(SHAPE, self.shape_type(reference.shape)), reference, side)
    }

    /// A member's place and name on the wire.
    fn placed(&self, schema: Schema, member: &'static str, reference: &Reference, side: Side) -> Schema {
        let name = reference.location_name;
        match (reference.location, side) {
            (Some(Location::Header), _) => schema.with_http_header(intern_header_name(name.unwrap_or(member))),
            (Some(Location::Headers), _) => schema.with_http_prefix_headers(name.unwrap_or_default()),
            (Some(Location::StatusCode), _) => schema.with_http_response_code(),
            (Some(Location::Uri), Side::Request) => schema.with_http_label(),
            (Some(Location::QueryString), Side::Request) if self.shape(reference.shape).kind == Kind::Map => {
                schema.with_http_query_params()
            }
            (Some(Location::QueryString), Side::Request) => schema.with_http_query(name.unwrap_or(member)),
            // An answer has no address: such members are in its body, under their own names.
            (Some(Location::Uri | Location::QueryString), Side::Answer) => schema,
            (None, _) => match self.body_name(member, reference, side) {
                Some(name) => schema.with_xml_name(name).with_json_name(name),
                None => schema,
            },
        }
    }

    /// Name in a body when it is not the member's own.
    fn body_name(&self, member: &'static str, reference: &Reference, side: Side) -> Option<&'static str> {
        if self.protocol == Protocol::Ec2 && side == Side::Request {
            return reference.query_name.or_else(|| Some(capitalised(reference.location_name.unwrap_or(member))));
        }
        // A list that is flattened wherever it stands has the name of its elements (botocore's
        // parsers, `_member_key_name`).
        let shape = self.shape(reference.shape);
        let element = shape.member.as_ref().filter(|_| shape.flattened);
        let is_xml = matches!(self.protocol, Protocol::Ec2 | Protocol::Query | Protocol::RestXml);
        element.filter(|_| is_xml).and_then(|element| element.location_name).or(reference.location_name)
    }

    /// The schema of a payload structure over the schemas of its members. Its
    /// element is named by the member that is the payload, else by its shape.
    pub fn payload_schema<'m>(&self, payload: &Reference, members: &'m [&'m Schema]) -> AnySchema<'m> {
        let shape = self.shape(payload.shape);
        let schema = AnySchema::new_struct(SHAPE, self.shape_type(payload.shape), members);
        let name = payload.location_name.or(shape.location_name);
        named(schema, payload.shape, name, payload.xml_namespace.or(shape.xml_namespace))
    }
}

fn named<'m>(
    schema: AnySchema<'m>,
    shape: &'static str,
    location: Option<&'static str>,
    namespace: Option<XmlNamespace>,
) -> AnySchema<'m> {
    let schema = match location {
        Some(name) => schema.with_xml_name(name),
        None => schema.with_original_name(shape),
    };
    match namespace {
        Some(namespace) => schema.with_xml_namespace(namespace.uri(), namespace.prefix()),
        None => schema,
    }
}

fn capitalised(name: &'static str) -> &'static str {
    match name.chars().next() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}", first.to_ascii_uppercase(), &name[1..]).leak(),
        _ => name,
    }
}

fn wire_time(format: TimestampFormat) -> WireTime {
    match format {
        TimestampFormat::Iso8601 => WireTime::DateTime,
        TimestampFormat::Rfc822 => WireTime::HttpDate,
        TimestampFormat::UnixTimestamp => WireTime::EpochSeconds,
    }
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
