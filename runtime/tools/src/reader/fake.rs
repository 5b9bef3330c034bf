//! An account that answers from a list and remembers what it was asked.

use std::sync::Mutex;

use aws_read::{Answer, Call, Fault, ReadError, Refusal, Region};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Reader;

/// Answers by operation and the parameters that matter.
#[derive(Default)]
pub(crate) struct FakeAccount {
    answers: Vec<Prepared>,
    /// `ec2:DescribeVolumes us-east-1 {"Filters":[...]}`, one entry a call.
    asked: Mutex<Vec<String>>,
}

struct Prepared {
    operation: String,
    /// Members that the call's parameters must hold with these values.
    when: Value,
    /// Any region when absent.
    region: Option<Region>,
    answer: Result<Value, (u16, String)>,
}

impl FakeAccount {
    /// Answers every call of the operation with this output.
    pub fn answering(self, operation: &str, output: Value) -> Self {
        self.answering_when(operation, json!({}), output)
    }

    /// Answers calls whose parameters hold these members. Of several answers that
    /// fit, the one that was added last is given.
    pub fn answering_when(mut self, operation: &str, when: Value, output: Value) -> Self {
        self.answers.push(Prepared { operation: operation.into(), when, region: None, answer: Ok(output) });
        self
    }

    pub fn answering_in(mut self, region: &str, operation: &str, output: Value) -> Self {
        let region = Region::parse(region);
        self.answers.push(Prepared { operation: operation.into(), when: json!({}), region, answer: Ok(output) });
        self
    }

    /// Answers with an error of AWS.
    pub fn failing(self, operation: &str, status: u16, code: &str) -> Self {
        self.failing_when(operation, json!({}), status, code)
    }

    pub fn failing_when(mut self, operation: &str, when: Value, status: u16, code: &str) -> Self {
        let answer = Err((status, code.into()));
        self.answers.push(Prepared { operation: operation.into(), when, region: None, answer });
        self
    }

    /// What was asked, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }

    fn find(&self, operation: &str, call: &Call, region: &Region) -> Option<&Prepared> {
        let fits = |prepared: &&Prepared| {
            prepared.operation == operation
                && prepared.region.as_ref().is_none_or(|wanted| wanted == region)
                && prepared
                    .when
                    .as_object()
                    .unwrap()
                    .iter()
                    .all(|(name, value)| call.parameters.get(name) == Some(value))
        };
        self.answers.iter().rev().find(fits)
    }
}

impl Reader for FakeAccount {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>> {
        let operation = format!("{}:{}", call.service, call.operation);
        let region = call.region.clone().unwrap_or_else(Region::default_region);
        self.asked.lock().unwrap().push(format!("{operation} {region} {}", call.parameters));
        let answer = match self.find(&operation, &call, &region).map(|prepared| &prepared.answer) {
            Some(Ok(value)) => Ok(Answer::whole(&call.service, &call.operation, region, value.clone())),
            Some(Err((status, code))) => Err(refused(operation, region, *status, code)),
            None => panic!("the fake account has no answer for {operation} {}", call.parameters),
        };
        Box::pin(async { answer })
    }

    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>> {
        Box::pin(async { Ok(Region::default_region()) })
    }
}

fn refused(operation: String, region: Region, status: u16, code: &str) -> ReadError {
    let message = format!("{code} happened");
    let fault = Fault { status, code: code.into(), message, request_id: None, region: None };
    let iam_actions = vec![operation.clone()];
    ReadError::Refused(Box::new(Refusal { operation, region, fault, iam_actions }))
}
