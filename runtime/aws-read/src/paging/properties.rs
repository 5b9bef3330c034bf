//! For any pages and budgets: what was kept and what the place to go on leads to
//! is every item, once and in order.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Pages, Paginator};
use crate::call::Budget;
use crate::model;

/// A list of numbers behind an operation: up to `cap` of them a page, fewer when
/// the caller asks for fewer and the service listens.
#[derive(Debug, Clone)]
struct Source {
    operation: (&'static str, &'static str),
    items: usize,
    cap: usize,
    listens: bool,
    /// Every so many pages one is empty but has a token.
    empty_every: usize,
    /// The call, counted from 0, that fails; none when it is not reached.
    fails_at: usize,
}

impl Source {
    fn page(&self, asked: &Map<String, Value>, call: usize) -> Option<Value> {
        if call == self.fails_at {
            return None;
        }
        let (token, list) = match self.operation.1 {
            "ListBuckets" => ("ContinuationToken", "Buckets"),
            _ => ("StartRecordName", "ResourceRecordSets"),
        };
        let (start, phase) = asked.get(token).map_or((0, 0), |token| place(token.as_str().unwrap()));
        let limit = asked.get("MaxBuckets").or(asked.get("MaxItems")).filter(|_| self.listens);
        let limit = limit.and_then(|limit| limit.as_u64().or_else(|| limit.as_str()?.parse().ok()));
        let size = limit.map_or(self.cap, |limit| self.cap.min(limit as usize));
        let is_empty = self.empty_every > 0 && phase % self.empty_every == self.empty_every - 1;
        let end = if is_empty { start } else { self.items.min(start + size) };
        let items: Vec<_> = (start..end).collect();
        let has_more = end < self.items;
        let next = has_more.then(|| format!("{end}/{}", phase + 1));
        Some(match self.operation.1 {
            "ListBuckets" => json!({list: items, "ContinuationToken": next}),
            // The type is there only for every second place, as an identifier is with Route 53.
            _ => json!({list: items, "IsTruncated": has_more, "NextRecordName": next,
                "NextRecordType": (end % 2 == 0).then_some("A")}),
        })
    }
}

fn place(token: &str) -> (usize, usize) {
    let (start, phase) = token.split_once('/').unwrap();
    (start.parse().unwrap(), phase.parse().unwrap())
}

/// One call with as many pages as the budget takes.
fn call(source: &Source, budget: Budget, given: &Map<String, Value>, calls: &mut usize) -> Option<super::Collected> {
    let (name, operation) = source.operation;
    let service = model::service(name).unwrap();
    let paginator = Paginator::of(name, service, &service.operations[operation]).unwrap();
    let mut parameters: Map<_, _> = given.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let mut pages = Pages::new(paginator, budget, None, &parameters);
    loop {
        pages.prepare(&mut parameters);
        let page = source.page(&parameters, *calls);
        *calls += 1;
        let Some(page) = page else {
            return if pages.is_empty() { None } else { Some(pages.collected(true)) };
        };
        if !pages.take(page, &parameters) {
            return Some(pages.collected(false));
        }
    }
}

fn list(value: &Value) -> Vec<usize> {
    let list = value.get("Buckets").or(value.get("ResourceRecordSets")).and_then(Value::as_array);
    list.into_iter().flatten().map(|item| item.as_u64().unwrap() as usize).collect()
}

fn sources() -> impl Strategy<Value = Source> {
    let operation = prop_oneof![Just(("s3", "ListBuckets")), Just(("route53", "ListResourceRecordSets"))];
    (operation, 0..200_usize, 1..40_usize, any::<bool>(), 0..4_usize, 0..30_usize).prop_map(
        |(operation, items, cap, listens, empty_every, fails_at)| {
            // Every page empty would be no list at all.
            let empty_every = if empty_every == 1 { 0 } else { empty_every };
            Source { operation, items, cap, listens, empty_every, fails_at }
        },
    )
}

proptest! {
    #[test]
    fn no_item_is_lost_or_repeated(source in sources(), max_items in 1..60_usize, max_pages in 1..6_usize) {
        let deadline = Instant::now() + Duration::from_secs(3600);
        let budget = Budget { begin_until: deadline, deadline, max_items, max_pages };
        let (mut kept, mut calls) = (Vec::new(), 0);
        let mut given = Map::new();
        for _ in 0..1000 {
            // A call whose first page fails gives nothing and is made again.
            let Some(answer) = call(&source, budget, &given, &mut calls) else { continue };
            let fresh = list(&answer.value);
            prop_assert_eq!(answer.items, fresh.len());
            prop_assert!(fresh.len() <= max_items + source.cap, "{} items in one answer", fresh.len());
            kept.extend(fresh);
            prop_assert_eq!(answer.truncated, answer.next.is_some());
            match answer.next {
                Some(Value::Object(next)) => given.extend(next),
                _ => break,
            }
        }
        prop_assert_eq!(kept, (0..source.items).collect::<Vec<_>>());
    }
}
