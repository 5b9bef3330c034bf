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
    /// Input members that go on after this page.
    next: Option<Value>,
}

impl FakeAccount {
    /// Answers every call of the operation with this output.
    pub fn answering(self, operation: &str, output: Value) -> Self {
        self.answering_when(operation, json!({}), output)
    }

    /// Answers calls whose parameters hold these members. Of several answers that
    /// fit, the one that was added last is given.
    pub fn answering_when(mut self, operation: &str, when: Value, output: Value) -> Self {
        self.answers.push(Prepared { operation: operation.into(), when, region: None, answer: Ok(output), next: None });
        self
    }

    /// As [`Self::answering_when`], with the input members that lead to the next page.
    pub fn answering_page(mut self, operation: &str, when: Value, output: Value, next: Value) -> Self {
        let (operation, next) = (operation.into(), Some(next));
        self.answers.push(Prepared { operation, when, region: None, answer: Ok(output), next });
        self
    }

    pub fn answering_in(mut self, region: &str, operation: &str, output: Value) -> Self {
        let region = Region::parse(region);
        self.answers.push(Prepared {
            operation: operation.into(),
            when: json!({}),
            region,
            answer: Ok(output),
            next: None,
        });
        self
    }

    /// Answers with an error of AWS.
    pub fn failing(self, operation: &str, status: u16, code: &str) -> Self {
        self.failing_when(operation, json!({}), status, code)
    }

    pub fn failing_when(mut self, operation: &str, when: Value, status: u16, code: &str) -> Self {
        let answer = Err((status, code.into()));
        self.answers.push(Prepared { operation: operation.into(), when, region: None, answer, next: None });
        self
    }

    pub fn failing_in(mut self, region: &str, operation: &str, status: u16, code: &str) -> Self {
        let (region, answer) = (Region::parse(region), Err((status, code.into())));
        self.answers.push(Prepared { operation: operation.into(), when: json!({}), region, answer, next: None });
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
        assert!(aws_read::operation(&call.service, &call.operation).is_some(), "{operation} is not allowed");
        let checked = aws_read::check_parameters(&call.service, &call.operation, &call.parameters);
        assert!(checked.is_ok(), "{}", checked.unwrap_err());
        let answer = match self.find(&operation, &call, &region).map(|prepared| (&prepared.answer, &prepared.next)) {
            Some((Ok(value), next)) => {
                let value = without_nulls(value.clone());
                let fits = aws_read::check_answer(&call.service, &call.operation, &value);
                assert_eq!(fits, Ok(()), "the answer that was prepared for {operation}");
                Ok(Answer {
                    truncated: next.is_some(),
                    next: next.clone(),
                    ..Answer::whole(&call.service, &call.operation, region, each_item(&call, value))
                })
            }
            Some((Err((status, code)), _)) => Err(refused(operation, region, *status, code)),
            None => panic!("the fake account has no answer for {operation} {}", call.parameters),
        };
        Box::pin(async { answer })
    }

    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>> {
        Box::pin(async { Ok(Region::default_region()) })
    }
}

/// A prepared member that is null is one that AWS leaves out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(there.map(|(name, member)| (name, without_nulls(member))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Makes the items small, as the client does page by page.
fn each_item(call: &Call, mut output: Value) -> Value {
    let Some(map) = &call.each_item else { return output };
    let paged = aws_read::operation(&call.service, &call.operation).and_then(aws_read::result_list);
    let members = output.as_object_mut().into_iter().flatten();
    let lists = members.filter(|(name, _)| paged.as_ref().is_none_or(|paged| paged == *name)).map(|(_, list)| list);
    for item in lists.filter_map(Value::as_array_mut).flatten() {
        *item = map.apply(item.take());
    }
    output
}

fn refused(operation: String, region: Region, status: u16, code: &str) -> ReadError {
    let message = format!("{code} happened");
    let fault = Fault { status, code: code.into(), message, request_id: None, region: None };
    let iam_actions = vec![operation.clone()];
    ReadError::Refused(Box::new(Refusal { operation, region, fault, iam_actions }))
}
