//! One allowed operation with its model.

use serde_json::{Map, Value};

use crate::allowlist::{self, AllowedOperation, DataOptIn};
use crate::call::Call;
use crate::error::{Fault, ReadError, Refusal};
use crate::model::{self, Operation, Service};
use crate::paging::Paginator;
use crate::protocol::{self, Request};
use crate::region::Region;
use crate::{parameters, s3, text};

#[derive(Debug, Clone, Copy)]
pub(super) struct Read {
    pub allowed: &'static AllowedOperation,
    pub service: &'static Service,
    pub operation: &'static Operation,
}

impl Read {
    /// Passes the gate.
    pub fn find(call: &Call, data: &DataOptIn) -> Result<Self, ReadError> {
        let allowed = allowlist::find(&call.service, &call.operation, data)?;
        let modelled = model::service(allowed.service());
        let found = modelled.and_then(|service| Some((service, service.operations.get(allowed.name())?)));
        let (service, operation) =
            found.ok_or_else(|| ReadError::Setup { cause: format!("no service model has {}", allowed.full_name()) })?;
        Ok(Self { allowed, service, operation })
    }

    pub fn full_name(&self) -> String {
        self.allowed.full_name()
    }

    /// The checked parameters without those that are null, and with those that are
    /// not the caller's to choose.
    pub fn parameters(&self, given: Value) -> Result<Map<String, Value>, ReadError> {
        let given = if given.is_null() { Value::Object(Map::new()) } else { given };
        let given = self.allowed.with_rules(given).map_err(|fault| ReadError::Parameter {
            operation: self.full_name(),
            path: text::short(&fault.parameter),
            expected: None,
            problem: fault.problem,
            nearest: Vec::new(),
        })?;
        let parsed = parameters::parse(self.service, self.operation, &given);
        let parsed = parsed.map_err(|fault| fault.of(self.full_name()))?;
        let parameters = if let Value::Object(parameters) = parsed { parameters } else { Map::new() };
        match self.bucket(&parameters).map_or(Ok(()), s3::check_bucket) {
            Ok(()) => Ok(parameters),
            Err(problem) => Err(ReadError::Parameter {
                operation: self.full_name(),
                path: "Bucket".into(),
                expected: None,
                problem,
                nearest: Vec::new(),
            }),
        }
    }

    pub fn paginator(&self) -> Result<Option<Paginator>, ReadError> {
        let paginator = Paginator::of(self.allowed.service(), self.service, self.operation);
        paginator.map_err(|cause| ReadError::Setup { cause: format!("paging of {}: {cause}", self.full_name()) })
    }

    pub fn is_s3(&self) -> bool {
        self.allowed.service() == "s3"
    }

    pub fn bucket<'a>(&self, parameters: &'a Map<String, Value>) -> Option<&'a str> {
        parameters.get("Bucket").filter(|_| self.is_s3())?.as_str()
    }

    pub fn request(&self, parameters: &Map<String, Value>) -> Result<Request, ReadError> {
        let parameters = Value::Object(parameters.clone());
        let request = protocol::request(self.service, self.operation, &parameters);
        request.map_err(|fault| fault.of(self.full_name()))
    }

    pub fn refused(&self, region: &Region, fault: Fault) -> ReadError {
        let actions = self.allowed.iam_actions().to_vec();
        ReadError::Refused(Box::new(Refusal::new(self.full_name(), region.clone(), fault, actions)))
    }
}
