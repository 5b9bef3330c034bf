//! A small XML tree, for errors. Document types are refused and depth is
//! limited: answers come from outside.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deeper than any answer of the modelled services.
const MAX_DEPTH: usize = 64;

/// An element with names as written, prefixes included in `attributes` and
/// stripped from `name`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// All text directly in the element.
    pub text: String,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

/// The document's root element; fails on anything that is not one whole document.
pub(super) fn parse(document: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(document).map_err(|_| "the XML is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| format!("XML at byte {}: {error}", reader.error_position()))?;
        match event {
            Event::Start(start) if open.len() > MAX_DEPTH => return Err(format!("<{}> is too deep", name_of(&start))),
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => adopt(&mut open, element(&start)?),
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                adopt(&mut open, done);
            }
            Event::Text(text) => append(&mut open, &text.decode().map_err(|error| error.to_string())?),
            Event::CData(text) => append(&mut open, &text.decode().map_err(|error| error.to_string())?),
            Event::GeneralRef(reference) => append(&mut open, &resolved(&reference)?),
            Event::DocType(_) => return Err("the XML holds a document type".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    root(open)
}

/// `open` holds the document itself and the elements that were never closed.
fn root(mut open: Vec<Element>) -> Result<Element, String> {
    let document = open.pop().unwrap_or_default();
    match <[Element; 1]>::try_from(document.children) {
        Ok([root]) if open.is_empty() => Ok(root),
        _ => Err("the XML is not one whole document".into()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        attributes.push((key, attribute.unescape_value().map_err(|error| error.to_string())?.into_owned()));
    }
    Ok(Element { name: name_of(start), attributes, ..Element::default() })
}

fn name_of(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
}

fn adopt(open: &mut [Element], done: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(done);
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

pub(super) fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.into());
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("the XML entity {name} is unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_cdata_and_prefixes_are_resolved() {
        let root = parse(
            b"<?xml version=\"1.0\"?><s:A xmlns:s=\"u\" s:t=\"1&amp;2\"><B>x&lt;y&#x41;<![CDATA[<z>]]></B></s:A>",
        );
        let root = root.unwrap();
        assert_eq!(root.name, "A");
        assert!(root.attributes.contains(&("s:t".into(), "1&2".into())));
        assert_eq!(root.child_text("B"), Some("x<yA<z>"));
    }

    #[test]
    fn anything_but_one_whole_document_is_refused() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        let bad = ["", "text", "<a>", "<a/><b/>", "<a></b>", "<a>&nope;</a>", "<!DOCTYPE a []><a/>", deep.as_str()];
        for document in bad {
            assert!(parse(document.as_bytes()).is_err(), "{document}");
        }
    }
}
