//! Pruned AWS service models (configs/aws-models), parsed when a service is
//! first used.

mod service;
mod store;

pub(crate) use service::{Http, Kind, Location, Operation, Pagination, Protocol, Reference, Service, Shape};
pub(crate) use store::service;
