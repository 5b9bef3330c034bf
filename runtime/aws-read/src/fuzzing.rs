//! What the fuzz targets in ../fuzz call: each decoder on bytes that nobody
//! chose. Not for programs.
//!
//! The first two bytes choose the operation, the third the status; the rest is
//! the body. Anything but a panic is right.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::model::{self, Operation, Protocol, Service};
use crate::protocol::{self, Reply};
use crate::{parameters, text};

/// Answers and errors of ec2.
pub fn ec2(data: &[u8]) {
    decode(Protocol::Ec2, data);
}

/// Answers and errors of the query services.
pub fn query(data: &[u8]) {
    decode(Protocol::Query, data);
}

/// Answers and errors of the JSON services.
pub fn json(data: &[u8]) {
    decode(Protocol::Json, data);
}

/// Answers and errors of the rest-json services.
pub fn rest_json(data: &[u8]) {
    decode(Protocol::RestJson, data);
}

/// Answers and errors of the rest-xml services.
pub fn rest_xml(data: &[u8]) {
    decode(Protocol::RestXml, data);
}

/// A caller's parameters, from text to request.
pub fn parameters(data: &[u8]) {
    let Some((service, operation, body)) = chosen(|_| true, data) else { return };
    let Ok(given) = serde_json::from_slice::<Value>(body) else { return };
    if let Ok(checked) = parameters::parse(service, operation, &given) {
        let _request_or_fault = protocol::request(service, operation, &checked);
    }
}

fn decode(protocol: Protocol, data: &[u8]) {
    let Some((service, operation, rest)) = chosen(|service| service.protocol == protocol, data) else { return };
    let Some((status, body)) = rest.split_first() else { return };
    let status = if status % 2 == 0 { 200 } else { 400 };
    let reply = Reply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    let _fault = protocol::fault(service, &reply);
    if let Err(problem) = protocol::answer(service, operation, &reply) {
        // Nothing of an answer's text reaches a terminal uncleaned, in an error neither.
        assert_eq!(text::cleaned(&problem), problem);
    }
}

/// A service and an operation by the first two bytes, and what follows them.
fn chosen(is_wanted: impl Fn(&Service) -> bool, data: &[u8]) -> Option<(&'static Service, &'static Operation, &[u8])> {
    let (choice, rest) = data.split_first_chunk::<2>()?;
    let services = model::SERVICES.iter().filter_map(|name| model::service(name));
    let mut operations: Vec<_> = services
        .filter(|service| is_wanted(service))
        .flat_map(|service| service.operations.values().map(move |operation| (service, operation)))
        .collect();
    operations.sort_unstable_by_key(|(service, operation)| (service.metadata.service_id, operation.name));
    let (service, operation) = operations.get(usize::from(u16::from_le_bytes(*choice)) % operations.len())?;
    Some((service, operation, rest))
}
