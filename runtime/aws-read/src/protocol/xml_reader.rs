//! XML answers as a stream: one pass over the document, no tree and no copy.
//!
//! smithy-rs's own XML reader parses a child element again for each level that
//! it is deep, and EC2's instances are eight levels deep (1,000 of them took it
//! three times as long as this one). It also takes a document that ends early
//! for a short one, and knows no `TRUE`. This reader takes its place behind the
//! same interface, so that HTTP bindings and the collecting of values stay shared
//! with the other protocols.

mod shape;

use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_schema::{Schema, prelude};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::xml;
use crate::text;

/// Deeper than any answer of the modelled services.
const MAX_DEPTH: usize = 64;

type Members<'c> = dyn FnMut(&Schema<'_>, &mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'c;
type Elements<'c> = dyn FnMut(&mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'c;
type Entries<'c> = dyn FnMut(String, &mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'c;

pub(super) struct XmlReader<'a> {
    reader: Reader<&'a [u8]>,
    /// What is read next.
    next: Next<'a>,
    /// Elements that are open in the document.
    open: usize,
    /// Values inside values that are being read.
    depth: usize,
    /// A child of the outermost structure that belongs to no member and says nothing.
    passed_over: Option<&'static str>,
}

enum Next<'a> {
    /// The element that this tag opened; the reader is right behind the tag.
    Element(BytesStart<'a>),
    /// An attribute's value.
    Text(String),
    /// What is read is the document, whose only child is the root element.
    Document,
    /// The last value is read.
    Nothing,
}

/// What comes next inside an element.
enum Inside<'a> {
    Child(BytesStart<'a>),
    End,
}

impl<'a> XmlReader<'a> {
    /// Begins at the document, as if it were an element around the root.
    pub fn document(body: &'a [u8]) -> Result<Self, SerdeError> {
        let text = std::str::from_utf8(body).map_err(|_| invalid("the XML is not UTF-8"))?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, next: Next::Document, open: 0, depth: 0, passed_over: None })
    }

    /// Begins at the root element.
    pub fn root(body: &'a [u8]) -> Result<Self, SerdeError> {
        let mut this = Self::document(body)?;
        match this.inside()? {
            Inside::Child(root) => this.next = Next::Element(root),
            Inside::End => return Err(invalid("the XML has no root element")),
        }
        Ok(this)
    }

    /// Goes to a child of the element that is next, for wrappers around answers.
    pub fn into_child(mut self, name: &str) -> Result<Self, SerdeError> {
        let parent = self.take_element()?;
        while let Inside::Child(child) = self.inside()? {
            if local_name(&child) == name {
                self.next = Next::Element(child);
                return Ok(self);
            }
            self.skip()?;
        }
        Err(invalid(&format!("expected <{name}> in <{}>, found none", text::short(&local_name(&parent)))))
    }

    /// A child with this name is no sign of another document.
    pub fn passing_over(mut self, name: &'static str) -> Self {
        self.passed_over = Some(name);
        self
    }

    /// Reads to the end, when the outermost value is read; fails if the document
    /// was cut off or another one follows.
    fn finish(&mut self) -> Result<(), SerdeError> {
        self.leave_value()?;
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Start(start) => self.skip_sibling(&start)?,
                _ => {}
            }
        }
    }

    /// Elements behind the last value: what stands in a wrapper behind an
    /// answer is fine, a second root is not.
    fn skip_sibling(&mut self, start: &BytesStart<'a>) -> Result<(), SerdeError> {
        match self.open {
            0 => Err(invalid(&format!("<{}> follows the answer", text::short(&local_name(start))))),
            _ => self.skip(),
        }
    }

    /// The next event; the end of the text is one only where the document may end.
    fn event(&mut self) -> Result<Event<'a>, SerdeError> {
        let event = self
            .reader
            .read_event()
            .map_err(|error| invalid(&format!("XML at byte {}: {error}", self.reader.error_position())))?;
        match &event {
            Event::Start(_) => self.open += 1,
            Event::End(_) => self.open = self.open.saturating_sub(1),
            Event::Eof if self.open > 0 => return Err(invalid("the XML ends before its elements are closed")),
            Event::DocType(_) => return Err(invalid("the XML holds a document type")),
            _ => {}
        }
        Ok(event)
    }

    /// The next child of the element that was entered, or its end. Text between
    /// children is not looked at, as in every XML reader of AWS's SDKs.
    fn inside(&mut self) -> Result<Inside<'a>, SerdeError> {
        loop {
            match self.event()? {
                Event::Start(child) => return Ok(Inside::Child(child)),
                Event::End(_) | Event::Eof => return Ok(Inside::End),
                _ => {}
            }
        }
    }

    /// Goes behind the end of the element whose start was read last.
    fn skip(&mut self) -> Result<(), SerdeError> {
        let outside = self.open.saturating_sub(1);
        while self.open > outside {
            self.event()?;
        }
        Ok(())
    }

    /// Goes behind the value that is next, if nobody read it.
    fn leave_value(&mut self) -> Result<(), SerdeError> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Element(_) => self.skip(),
            Next::Text(_) | Next::Document | Next::Nothing => Ok(()),
        }
    }

    fn take_element(&mut self) -> Result<BytesStart<'a>, SerdeError> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Element(start) => Ok(start),
            _ => Err(SerdeError::type_mismatch("expected an element")),
        }
    }

    /// All text of what is next.
    fn text(&mut self) -> Result<String, SerdeError> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Text(text) => return Ok(text),
            Next::Element(_) => {}
            Next::Document | Next::Nothing => return Err(SerdeError::type_mismatch("expected text")),
        }
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&part.decode().map_err(|error| invalid(&error.to_string()))?),
                Event::CData(part) => text.push_str(&part.decode().map_err(|error| invalid(&error.to_string()))?),
                Event::GeneralRef(reference) => {
                    text.push_str(&xml::resolved(&reference).map_err(|error| invalid(&error))?);
                }
                Event::Start(start) => {
                    let name = local_name(&start);
                    return Err(SerdeError::type_mismatch(format!("expected text, found <{}>", text::short(&name))));
                }
                Event::End(_) | Event::Eof => return Ok(text),
                _ => {}
            }
        }
    }

    /// The value of a scalar's text.
    fn parsed<T>(&mut self, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Result<T, SerdeError> {
        let text = self.text()?;
        // What was found instead is not repeated: it could be a secret.
        parse(text.trim()).ok_or_else(|| SerdeError::type_mismatch(format!("expected {expected}, found other text")))
    }

    /// Lets the consumer read a child and goes behind it.
    fn child(
        &mut self,
        child: BytesStart<'a>,
        consume: &mut dyn FnMut(&mut Self) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        self.next = Next::Element(child);
        consume(self)?;
        self.leave_value()
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, SerdeError>) -> Result<T, SerdeError> {
        if self.depth >= MAX_DEPTH {
            return Err(invalid(&format!("the XML is more than {MAX_DEPTH} levels deep")));
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        if self.depth == 0 {
            self.finish()?;
        }
        Ok(value)
    }

    fn attributes(
        &mut self,
        schema: &Schema<'_>,
        start: &BytesStart<'a>,
        consumer: &mut Members<'_>,
    ) -> Result<(), SerdeError> {
        if !schema.members().iter().any(|member| member.xml_attribute()) {
            return Ok(());
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| invalid(&error.to_string()))?;
            let named = |member: &&&Schema<'_>| {
                member.xml_attribute() && wire_name(member).as_bytes() == attribute.key.as_ref()
            };
            if let Some(member) = schema.members().iter().find(named) {
                let value = attribute.unescape_value().map_err(|error| invalid(&error.to_string()))?;
                self.next = Next::Text(value.into_owned());
                consumer(member, self)?;
            }
        }
        Ok(())
    }

    fn structure(&mut self, schema: &Schema<'_>, consumer: &mut Members<'_>) -> Result<(), SerdeError> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Element(start) => self.attributes(schema, &start, consumer)?,
            Next::Document => {}
            Next::Text(_) | Next::Nothing => return Err(SerdeError::type_mismatch("expected an element")),
        }
        while let Inside::Child(child) = self.inside()? {
            let name = local_name(&child);
            let member = schema.members().iter().find(|member| wire_name(member) == name && !member.xml_attribute());
            match member {
                None if self.passed_over == Some(&name) => self.skip()?,
                // An unknown child is shown to the consumer as an unknown member.
                None => self.child(child, &mut |this| consumer(&prelude::DOCUMENT, this))?,
                Some(member) => self.child(child, &mut |this| consumer(member, this))?,
            }
        }
        Ok(())
    }

    fn list(&mut self, consumer: &mut Elements<'_>) -> Result<(), SerdeError> {
        self.take_element()?;
        // The name of the elements is not compared: services write `member`, `item` or a name of
        // their own where the model says another.
        while let Inside::Child(child) = self.inside()? {
            self.child(child, &mut |this| consumer(this))?;
        }
        Ok(())
    }

    fn map(&mut self, schema: &Schema<'_>, consumer: &mut Entries<'_>) -> Result<(), SerdeError> {
        self.take_element()?;
        while let Inside::Child(_) = self.inside()? {
            self.entry(schema, consumer)?;
        }
        Ok(())
    }

    /// A map's entry whose start tag is read: a key and a value, in any order.
    fn entry(&mut self, schema: &Schema<'_>, consumer: &mut Entries<'_>) -> Result<(), SerdeError> {
        let part_name = |part: Option<&Schema<'_>>, default: &str| {
            part.and_then(|part| part.xml_name().map(|name| name.value().to_owned())).unwrap_or(default.to_owned())
        };
        let (key_name, value_name) = (part_name(schema.key(), "key"), part_name(schema.member(), "value"));
        let (mut key, mut early_value) = (None, None);
        while let Inside::Child(child) = self.inside()? {
            let name = local_name(&child);
            if name == key_name {
                self.next = Next::Element(child);
                key = Some(self.text()?);
            } else if name != value_name {
                self.skip()?;
            } else if let Some(key) = key.take() {
                self.child(child, &mut |this| consumer(key.clone(), this))?;
            } else {
                early_value = Some(self.fork(child));
                self.skip()?;
            }
        }
        match (key, early_value) {
            (Some(key), Some(mut value)) => consumer(key, &mut value),
            (Some(_), None) | (None, None) => Ok(()),
            (None, Some(_)) => Err(invalid("a map's entry has no key")),
        }
    }

    /// Another reader at this place, for a value that comes before its key.
    fn fork(&self, start: BytesStart<'a>) -> Self {
        Self {
            reader: self.reader.clone(),
            next: Next::Element(start),
            open: self.open,
            depth: self.depth,
            passed_over: None,
        }
    }
}

fn invalid(problem: &str) -> SerdeError {
    SerdeError::invalid_input(problem)
}

fn wire_name<'s>(member: &'s Schema<'_>) -> &'s str {
    member.xml_name().map(|name| name.value()).or(member.member_name()).unwrap_or_default()
}

/// Without its prefix. The document is UTF-8, so that names are.
fn local_name<'s>(start: &'s BytesStart<'_>) -> std::borrow::Cow<'s, str> {
    String::from_utf8_lossy(start.local_name().into_inner())
}
