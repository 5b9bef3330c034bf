//! Writes a caller's JSON by its shape through a codec's serializer.

use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeSerializer};
use aws_smithy_types::date_time::Format;
use aws_smithy_types::{Blob, DateTime, Document, Number};
use serde_json::{Map, Value};

use crate::model::{AnySchema, Kind, Member, Protocol, Reference, Schema, Service, Side, Structure};

/// Members of a structure as a caller gave them.
pub(super) struct Given<'a> {
    pub service: &'a Service,
    pub structure: &'static Structure,
    /// The structure's own or, with method and path, the operation's input.
    pub schema: &'static Schema,
    /// Of the member that is the whole body.
    pub payload: Option<&'a Reference>,
    pub members: &'a Map<String, Value>,
}

impl SerializableStruct for Given<'_> {
    fn schema(&self) -> &AnySchema<'_> {
        self.schema
    }

    fn serialize_members(&self, serializer: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        for member in &self.structure.members {
            match self.members.get(member.name) {
                None | Some(Value::Null) => {}
                Some(value) => self.member(member, value, serializer)?,
            }
        }
        Ok(())
    }
}

impl Given<'_> {
    fn member(&self, member: &Member, value: &Value, serializer: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        match (self.payload.filter(|_| member.schema.http_payload().is_some()), value) {
            (Some(payload), Value::Object(members)) if !self.service.shape(payload.shape).document => {
                self.payload(payload, members, serializer)
            }
            _ => write(self.service, member.shape, member.schema, value, serializer),
        }
    }

    /// A payload stands for itself: with its member's schema, JSON would write
    /// the member's name before it.
    fn payload(
        &self,
        payload: &Reference,
        members: &Map<String, Value>,
        serializer: &mut dyn ShapeSerializer,
    ) -> Result<(), SerdeError> {
        let structure = self.service.structure(payload.shape, Side::Request);
        let schemas: Vec<_> = structure.members.iter().map(|member| member.schema).collect();
        let given = Given { service: self.service, structure, schema: structure.schema, payload: None, members };
        serializer.write_struct(&self.service.payload_schema(payload, &schemas), &given)
    }
}

fn write(
    service: &Service,
    name: &'static str,
    schema: &AnySchema<'_>,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let shape = service.shape(name);
    match (shape.kind, value) {
        (_, Value::Null) => serializer.write_null(schema),
        (Kind::Structure, value) if shape.document => serializer.write_document(schema, &document(value)),
        (Kind::Structure, Value::Object(members)) => {
            let structure = service.structure(name, Side::Request);
            let given = Given { service, structure, schema: structure.schema, payload: None, members };
            serializer.write_struct(schema, &given)
        }
        (Kind::List, Value::Array(items)) if items.is_empty() && service.protocol == Protocol::Ec2 => Ok(()),
        (Kind::List, Value::Array(items)) => {
            let (Some(element), Some(part)) = (&shape.member, schema.member()) else { return Err(wrong("an array")) };
            serializer.write_list_with_length(schema, items.len(), &|serializer| {
                items.iter().try_for_each(|item| write(service, element.shape, part, item, serializer))
            })
        }
        (Kind::Map, Value::Object(entries)) => {
            let parts = (&shape.value, schema.key(), schema.member());
            let (Some(value), Some(key), Some(part)) = parts else { return Err(wrong("an object")) };
            serializer.write_map_with_length(schema, entries.len(), &|serializer| {
                entries.iter().try_for_each(|(name, entry)| {
                    serializer.write_string(key, name)?;
                    write(service, value.shape, part, entry, serializer)
                })
            })
        }
        _ => write_scalar(shape.kind, schema, value, serializer),
    }
}

fn write_scalar(
    kind: Kind,
    schema: &AnySchema<'_>,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    match (kind, value) {
        (Kind::Boolean, Value::Bool(flag)) => serializer.write_boolean(schema, *flag),
        (Kind::Integer, Value::Number(_)) => serializer.write_integer(schema, integer(value)?),
        (Kind::Long, Value::Number(number)) => {
            serializer.write_long(schema, number.as_i64().ok_or_else(|| wrong("an integer"))?)
        }
        (Kind::Float, _) => serializer.write_float(schema, number(value)? as f32),
        (Kind::Double, _) => serializer.write_double(schema, number(value)?),
        (Kind::Timestamp, _) => serializer.write_timestamp(schema, &time(value).ok_or_else(|| wrong("a time"))?),
        (Kind::Blob, Value::String(text)) => serializer.write_blob(schema, Blob::new(text.as_bytes())),
        (Kind::String, Value::String(text)) => serializer.write_string(schema, text),
        (Kind::String, value) if schema.media_type().is_some() => serializer.write_string(schema, &value.to_string()),
        _ => Err(wrong("another type")),
    }
}

fn integer(value: &Value) -> Result<i32, SerdeError> {
    value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| wrong("a 32-bit integer"))
}

/// JSON has no form for what is not a finite number; it is given as text.
fn number(value: &Value) -> Result<f64, SerdeError> {
    let number = match value {
        Value::String(text) => not_finite(text),
        value => value.as_f64(),
    };
    number.ok_or_else(|| wrong("a number"))
}

/// `NaN`, `Infinity` and `-Infinity`, the texts that AWS takes for a number.
pub(crate) fn not_finite(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// RFC 3339 text or seconds since 1970, as callers give times.
pub(crate) fn time(value: &Value) -> Option<DateTime> {
    match value {
        Value::String(text) => DateTime::from_str(text, Format::DateTimeWithOffset).ok(),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Some(DateTime::from_secs(seconds)),
            None => number.as_f64().map(DateTime::from_secs_f64),
        },
        _ => None,
    }
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::String(text) => Document::String(text.clone()),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (_, Some(number)) => Number::NegInt(number),
            _ => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(entries) => {
            Document::Object(entries.iter().map(|(name, entry)| (name.clone(), document(entry))).collect())
        }
    }
}

fn wrong(expected: &str) -> SerdeError {
    SerdeError::type_mismatch(format!("expected {expected}"))
}
