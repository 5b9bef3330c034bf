//! How requests and answers look on the wire: ec2, query, json 1.0 and 1.1,
//! rest-json and rest-xml.
//!
//! Requests, HTTP bindings and JSON are smithy-rs's codecs, driven by schemas
//! that are made from the model. XML answers are read by [`xml_reader`], and
//! what AWS does beyond the protocols is in [`quirks`].

mod answer;
mod bindings;
#[cfg(test)]
mod cases;
mod collect;
mod fault;
#[cfg(test)]
mod properties;
mod quirks;
mod request;
mod scalar;
mod write;
mod xml;
mod xml_reader;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

pub(crate) use answer::read as answer;
pub(crate) use fault::read as fault;
pub(crate) use request::build as request;
pub(crate) use write::{not_finite, time};

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request without its host: nothing is signed or addressed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    /// Percent-encoded, begins with a slash.
    pub path: String,
    /// Percent-encoded, without the question mark.
    pub query: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// Goes before the endpoint's host, with its dot: `123456789012.`
    pub host_prefix: Option<String>,
}
