//! How requests and answers look on the wire. One protocol so far, rest-xml;
//! another one adds its request and answer form here and its name to
//! [`crate::model::Protocol`].

mod answer;
mod fault;
mod request;
mod scalar;
mod xml;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::error::Fault;
use crate::model::{Operation, Protocol, Service};
use crate::parameters::Parameters;

pub(crate) use request::Request;

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

/// Builds a request; fails with what is wrong with a parameter.
pub(crate) fn request(service: &Service, operation: &Operation, parameters: &Parameters) -> Result<Request, String> {
    match service.metadata.protocol {
        Protocol::RestXml => request::build(service, operation, parameters),
    }
}

/// Reads a successful answer; fails with what the model does not describe.
pub(crate) fn answer(service: &Service, operation: &Operation, reply: &Reply) -> Result<Value, String> {
    match service.metadata.protocol {
        Protocol::RestXml => answer::read(service, operation, reply),
    }
}

/// The error that a reply holds, none if it is a success.
pub(crate) fn fault(service: &Service, reply: &Reply) -> Option<Fault> {
    match service.metadata.protocol {
        Protocol::RestXml => fault::read(reply),
    }
}
