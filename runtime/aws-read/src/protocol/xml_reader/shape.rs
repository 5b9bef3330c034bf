//! The reader behind smithy's interface: each kind of value from its element.

use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{BigDecimal, BigInteger, Blob, DateTime, Document};

use super::{Elements, Entries, Members, XmlReader};
use crate::protocol::scalar;

impl ShapeDeserializer for XmlReader<'_> {
    fn read_struct(&mut self, schema: &Schema<'_>, consumer: &mut Members<'_>) -> Result<(), SerdeError> {
        self.deeper(|this| this.structure(schema, consumer))
    }

    /// An element of a flattened list stands where the list would stand, so that
    /// each one is handed over as a list of its own.
    fn read_list(&mut self, schema: &Schema<'_>, consumer: &mut Elements<'_>) -> Result<(), SerdeError> {
        match schema.xml_flattened() {
            true => self.deeper(|this| consumer(this)),
            false => self.deeper(|this| this.list(consumer)),
        }
    }

    /// As with lists, each entry of a flattened map is a map of its own.
    fn read_map(&mut self, schema: &Schema<'_>, consumer: &mut Entries<'_>) -> Result<(), SerdeError> {
        match schema.xml_flattened() {
            true => self.deeper(|this| this.take_element().and_then(|_| this.entry(schema, consumer))),
            false => self.deeper(|this| this.map(schema, consumer)),
        }
    }

    fn read_boolean(&mut self, _: &Schema<'_>) -> Result<bool, SerdeError> {
        self.parsed(scalar::boolean, "a boolean")
    }

    fn read_byte(&mut self, _: &Schema<'_>) -> Result<i8, SerdeError> {
        self.parsed(|text| text.parse().ok(), "an integer")
    }

    fn read_short(&mut self, _: &Schema<'_>) -> Result<i16, SerdeError> {
        self.parsed(|text| text.parse().ok(), "an integer")
    }

    fn read_integer(&mut self, _: &Schema<'_>) -> Result<i32, SerdeError> {
        self.parsed(|text| text.parse().ok(), "an integer")
    }

    fn read_long(&mut self, _: &Schema<'_>) -> Result<i64, SerdeError> {
        self.parsed(|text| text.parse().ok(), "an integer")
    }

    fn read_float(&mut self, _: &Schema<'_>) -> Result<f32, SerdeError> {
        self.parsed(|text| text.parse().ok(), "a number")
    }

    fn read_double(&mut self, _: &Schema<'_>) -> Result<f64, SerdeError> {
        self.parsed(|text| text.parse().ok(), "a number")
    }

    fn read_big_integer(&mut self, _: &Schema<'_>) -> Result<BigInteger, SerdeError> {
        self.parsed(|text| text.parse().ok(), "an integer")
    }

    fn read_big_decimal(&mut self, _: &Schema<'_>) -> Result<BigDecimal, SerdeError> {
        self.parsed(|text| text.parse().ok(), "a number")
    }

    fn read_string(&mut self, _: &Schema<'_>) -> Result<String, SerdeError> {
        self.text()
    }

    fn read_blob(&mut self, _: &Schema<'_>) -> Result<Blob, SerdeError> {
        self.parsed(|text| aws_smithy_types::base64::decode(text).ok(), "base64").map(Blob::new)
    }

    fn read_timestamp(&mut self, _: &Schema<'_>) -> Result<DateTime, SerdeError> {
        self.parsed(scalar::timestamp, "a time")
    }

    fn read_document(&mut self, _: &Schema<'_>) -> Result<Document, SerdeError> {
        Err(SerdeError::unsupported("documents have no form in XML"))
    }

    fn is_null(&self) -> bool {
        false
    }

    fn skip_value(&mut self) -> Result<(), SerdeError> {
        self.leave_value()
    }

    fn container_size(&self) -> Option<usize> {
        None
    }
}
