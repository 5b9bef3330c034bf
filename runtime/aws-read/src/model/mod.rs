//! Service models in botocore's own form, parsed when a service is first used,
//! and the schemas that are built from them, operation by operation.

mod agreement;
mod members;
mod operation;
mod schema;
mod service;
mod store;

pub use agreement::check_answer;
pub(crate) use members::Members;
pub(crate) use operation::{Location, Operation, Protocol, Reference, TimestampFormat, XmlNamespace};
pub(crate) use schema::{AnySchema, Member, Schema, Side, Structure};
pub(crate) use service::{Kind, Service, Shape};
pub(crate) use store::{SERVICES, service};
