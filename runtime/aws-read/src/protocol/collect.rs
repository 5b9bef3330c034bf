//! Reads an answer's value by its shape into JSON, whichever protocol it comes in.

use aws_smithy_schema::prelude;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{Blob, DateTime, Document, Number};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{quirks, scalar};
use crate::model::{AnySchema, Kind, Schema, Service, Side};
use crate::text;

pub(super) struct Collector<'a> {
    pub service: &'a Service,
}

impl Collector<'_> {
    /// The members of an answer. Fails when it holds members but none of the
    /// model's: another document must not pass for an empty answer.
    pub fn answer(&self, shape: &'static str, reader: &mut dyn ShapeDeserializer) -> Result<Value, SerdeError> {
        let (members, unknown) = self.members(shape, self.service.structure(shape, Side::Answer).schema, reader)?;
        match (members.is_empty(), unknown) {
            (true, 1..) => Err(SerdeError::invalid_input("the answer holds none of the members that it may have")),
            _ => Ok(Value::Object(members)),
        }
    }

    /// Members by name, and the number of those that the model does not name.
    fn members(
        &self,
        shape: &'static str,
        schema: &Schema,
        reader: &mut dyn ShapeDeserializer,
    ) -> Result<(Map<String, Value>, usize), SerdeError> {
        let structure = self.service.structure(shape, Side::Answer);
        let (mut members, mut unknown) = (Map::new(), 0);
        reader.read_struct(schema, &mut |schema, reader| {
            let Some(member) = schema.member_index().and_then(|index| structure.members.get(index)) else {
                unknown += 1;
                return Ok(());
            };
            let value = self.value(member.shape, member.schema, reader).map_err(at(member.name))?;
            insert(&mut members, member.name, value);
            Ok(())
        })?;
        Ok((members, unknown))
    }

    fn value(
        &self,
        name: &'static str,
        schema: &AnySchema<'_>,
        reader: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        if reader.is_null() {
            return reader.read_null().map(|()| Value::Null);
        }
        let shape = self.service.shape(name);
        match shape.kind {
            Kind::Structure if shape.document => reader.read_document(schema).map(document),
            Kind::Structure => {
                let schema = self.service.structure(name, Side::Answer).schema;
                self.members(name, schema, reader).map(|(members, _)| Value::Object(members))
            }
            Kind::List => self.list(name, schema, reader),
            Kind::Map => self.map(name, schema, reader),
            Kind::String => {
                let read = reader.read_string(schema)?;
                Ok(match schema.media_type() {
                    Some(_) => quirks::json_text(&read),
                    None => Value::String(text::clean(quirks::policy_document(self.service, name, read))),
                })
            }
            Kind::Integer => reader.read_integer(schema).map(Value::from),
            Kind::Long => reader.read_long(schema).map(Value::from),
            // By way of text, so that 0.1 does not become 0.10000000149011612.
            Kind::Float => {
                reader.read_float(schema).map(|number| float(number.to_string().parse().unwrap_or(f64::NAN)))
            }
            Kind::Double => reader.read_double(schema).map(float),
            Kind::Boolean => reader.read_boolean(schema).map(Value::from),
            Kind::Timestamp => {
                let text = scalar::rfc_3339(&time(schema, reader)?);
                text.map(Value::from)
                    .ok_or_else(|| SerdeError::invalid_input("expected a time, found one out of range"))
            }
            Kind::Blob => reader.read_blob(schema).map(blob),
        }
    }

    fn list(
        &self,
        name: &'static str,
        schema: &AnySchema<'_>,
        reader: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        let shape = self.service.shape(name);
        let (Some(element), Some(element_schema)) = (&shape.member, schema.member()) else {
            return Err(SerdeError::unsupported("a list without an element shape"));
        };
        let mut items = Vec::new();
        reader.read_list(schema, &mut |reader| {
            let index = items.len();
            items.push(self.value(element.shape, element_schema, reader).map_err(at(&index.to_string()))?);
            Ok(())
        })?;
        Ok(Value::Array(items))
    }

    fn map(
        &self,
        name: &'static str,
        schema: &AnySchema<'_>,
        reader: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        let shape = self.service.shape(name);
        let (Some(value), Some(value_schema)) = (&shape.value, schema.member()) else {
            return Err(SerdeError::unsupported("a map without a value shape"));
        };
        let mut entries = Map::new();
        reader.read_map(schema, &mut |key, reader| {
            let key = text::clean(key);
            let value = self.value(value.shape, value_schema, reader).map_err(at(&key))?;
            entries.insert(key, value);
            Ok(())
        })?;
        Ok(Value::Object(entries))
    }
}

/// Adds a member. A flattened XML list or map comes in pieces, which are joined.
fn insert(members: &mut Map<String, Value>, name: &str, value: Value) {
    match (members.get_mut(name), value) {
        (_, Value::Null) => {}
        (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
        (Some(Value::Object(entries)), Value::Object(more)) => entries.extend(more),
        (_, value) => {
            members.insert(name.to_owned(), value);
        }
    }
}

/// Headers hold times in any form, while the bindings take the model's alone.
fn time(schema: &AnySchema<'_>, reader: &mut dyn ShapeDeserializer) -> Result<DateTime, SerdeError> {
    if schema.http_header().is_none() {
        return reader.read_timestamp(schema);
    }
    let text = reader.read_string(&prelude::STRING)?;
    scalar::timestamp(text.trim()).ok_or_else(|| SerdeError::type_mismatch("expected a time, found other text"))
}

/// JSON has no form for what is not a finite number; AWS writes it as text.
fn float(number: f64) -> Value {
    match number {
        _ if number.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        _ => json!(number),
    }
}

/// Text if the bytes are UTF-8, else base64.
fn blob(blob: Blob) -> Value {
    match std::str::from_utf8(blob.as_ref()) {
        Ok(text) => json!(text::cleaned(text)),
        Err(_) => json!(STANDARD.encode(blob.as_ref())),
    }
}

fn document(document: Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => Value::Bool(flag),
        Document::String(text) => Value::String(text::clean(text)),
        Document::Number(Number::PosInt(number)) => json!(number),
        Document::Number(Number::NegInt(number)) => json!(number),
        Document::Number(Number::Float(number)) => float(number),
        Document::Array(items) => items.into_iter().map(self::document).collect(),
        Document::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (text::clean(key), self::document(value)));
            Value::Object(entries.collect())
        }
    }
}

/// Puts a member's name before what is wrong below it: `Buckets.0.CreationDate: ...`.
fn at(name: &str) -> impl Fn(SerdeError) -> SerdeError {
    let name = text::short(name);
    move |error| {
        let problem = said(&error);
        let is_placed = problem.split_once(": ").is_some_and(|(path, _)| !path.contains(' '));
        SerdeError::invalid_input(format!("{name}{}{problem}", if is_placed { "." } else { ": " }))
    }
}

/// A codec's error without its kind.
pub(super) fn said(error: &SerdeError) -> String {
    match error {
        SerdeError::TypeMismatch { message, .. }
        | SerdeError::InvalidInput { message, .. }
        | SerdeError::UnsupportedOperation { message, .. }
        | SerdeError::Custom { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
