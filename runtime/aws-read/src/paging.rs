//! Puts the pages of an answer together, within a budget.

mod paginator;
mod path;

#[cfg(test)]
mod properties;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::call::{Budget, ItemMap};
pub(crate) use paginator::Paginator;

/// The tokens of a page in the order of the paginator's inputs; several where a
/// place in a list has several parts, of which some may be absent.
type Tokens = Vec<Option<Value>>;

/// The pages so far. An answer without paging is one page.
#[derive(Debug)]
pub(crate) struct Pages {
    paginator: Option<Paginator>,
    budget: Budget,
    each_item: Option<ItemMap>,
    /// The caller chose the page's size, so one page is what was asked for.
    is_single: bool,
    value: Map<String, Value>,
    items: usize,
    count: usize,
    /// What the next page, or the one that just failed, is asked with.
    tokens: Option<Tokens>,
    truncated: bool,
}

/// All pages as one value.
#[derive(Debug, PartialEq)]
pub(crate) struct Collected {
    pub value: Value,
    pub items: usize,
    pub truncated: bool,
    /// Input members that go on after the last item. A part of the token that is
    /// absent is null, so that an earlier one does not stay.
    pub next: Option<Value>,
}

impl Pages {
    pub fn new(
        paginator: Option<Paginator>,
        budget: Budget,
        each_item: Option<ItemMap>,
        parameters: &Map<String, Value>,
    ) -> Self {
        let limit = paginator.as_ref().and_then(|paginator| paginator.limit.as_ref());
        let given: Option<Tokens> = paginator.as_ref().map(|paginator| {
            paginator.inputs.iter().map(|name| parameters.get(name).cloned().filter(|value| !value.is_null())).collect()
        });
        Self {
            is_single: limit.is_some_and(|limit| parameters.contains_key(&limit.member)),
            tokens: given.filter(|tokens| tokens.iter().any(Option::is_some)),
            paginator,
            budget,
            each_item,
            value: Map::new(),
            items: 0,
            count: 0,
            truncated: false,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Makes the parameters those of the next page. It asks for no more items than
    /// the budget still takes, so that the answer ends near where it should.
    pub fn prepare(&self, parameters: &mut Map<String, Value>) {
        let Some(paginator) = &self.paginator else { return };
        for (name, token) in paginator.inputs.iter().zip(self.tokens.iter().flatten()) {
            match token {
                Some(token) => parameters.insert(name.clone(), token.clone()),
                None => parameters.remove(name),
            };
        }
        if let Some(limit) = paginator.limit.as_ref().filter(|limit| !self.is_single && limit.fits(parameters)) {
            let left = self.budget.max_items.saturating_sub(self.items).max(1);
            parameters.insert(limit.member.clone(), limit.value(left));
        }
    }

    /// Takes in the answer to `parameters`; true when the next page is to be fetched.
    pub fn take(&mut self, page: Value, parameters: &Map<String, Value>) -> bool {
        let Value::Object(mut page) = page else { return false };
        self.count += 1;
        let Some(paginator) = self.paginator.take() else {
            self.items = 1;
            self.value = page;
            return false;
        };
        let outputs = paginator.outputs(parameters);
        let tokens: Tokens = outputs.iter().map(|path| path.find(&page).cloned()).collect();
        let says_more = paginator.more.as_ref().map(|path| path.find(&page) == Some(&Value::Bool(true)));
        self.append(&paginator, &mut page);
        let goes_on = self.go_on(&paginator, tokens, says_more);
        self.paginator = Some(paginator);
        goes_on
    }

    /// Adds the page's items, all of them: an item that was left out could not be
    /// asked for again. The first page's other members are kept.
    fn append(&mut self, paginator: &Paginator, page: &mut Map<String, Value>) {
        let lists: Vec<_> = paginator.lists.iter().map(|path| (path, path.take(page), true)).collect();
        let beside: Vec<_> = paginator.beside.iter().map(|path| (path, path.take(page), false)).collect();
        if self.count == 1 {
            for path in paginator.all_outputs().chain(&paginator.more) {
                path.take(page);
            }
            self.value = std::mem::take(page);
        }
        for (path, fresh, is_items) in lists.into_iter().chain(beside) {
            let Some(fresh) = fresh else { continue };
            let fresh = if is_items { self.mapped(fresh) } else { fresh };
            if is_items {
                self.items += length(&fresh);
            }
            if let Some(place) = path.place(&mut self.value) {
                join(place, fresh);
            }
        }
    }

    fn mapped(&self, list: Value) -> Value {
        match (&self.each_item, list) {
            (Some(map), Value::Array(items)) => items.into_iter().map(|item| map.apply(item)).collect(),
            (_, list) => list,
        }
    }

    fn go_on(&mut self, paginator: &Paginator, tokens: Tokens, says_more: Option<bool>) -> bool {
        let has_token = tokens.iter().any(Option::is_some);
        let repeats = self.tokens.as_ref() == Some(&tokens);
        let is_last =
            says_more == Some(false) || (!has_token && says_more.is_none()) || (repeats && paginator.same_token_ends);
        self.truncated = !is_last;
        self.tokens = Some(tokens).filter(|_| !is_last && has_token && !repeats);
        let is_over = self.is_single
            || self.items >= self.budget.max_items
            || self.count >= self.budget.max_pages
            || Instant::now() >= self.budget.begin_until;
        self.tokens.is_some() && !is_over
    }

    /// `interrupted`: the next page failed, so that the place to go on is still its token.
    pub fn collected(self, interrupted: bool) -> Collected {
        let inputs = self.paginator.iter().flat_map(|paginator| paginator.inputs.iter().cloned());
        let next = self.tokens.map(|tokens| inputs.zip(tokens.into_iter().map(Option::unwrap_or_default)).collect());
        let truncated = self.truncated || interrupted;
        let next = next.map(Value::Object).filter(|_| truncated);
        Collected { value: Value::Object(self.value), items: self.items, truncated, next }
    }
}

/// Number of items in a list, or of entries where the items are a map.
fn length(items: &Value) -> usize {
    match items {
        Value::Array(items) => items.len(),
        Value::Object(items) => items.len(),
        _ => 0,
    }
}

/// Adds a page's part: lists and text grow, numbers are summed, maps get the new entries.
fn join(place: &mut Value, fresh: Value) {
    match (place, fresh) {
        (Value::Array(all), Value::Array(mut fresh)) => all.append(&mut fresh),
        (Value::String(all), Value::String(fresh)) => all.push_str(&fresh),
        (Value::Object(all), Value::Object(fresh)) => {
            for (name, value) in fresh {
                join(all.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Number(all), Value::Number(fresh)) => {
            if let (Some(one), Some(other)) = (all.as_i64(), fresh.as_i64()) {
                *all = one.saturating_add(other).into();
            }
        }
        (place, fresh) => *place = fresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use serde_json::json;
    use std::time::Duration;

    fn budget(max_items: usize, max_pages: usize) -> Budget {
        let deadline = Instant::now() + Duration::from_secs(3600);
        Budget { begin_until: deadline, deadline, max_items, max_pages }
    }

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    fn pages(operation: &str, budget: Budget, given: Value) -> Pages {
        let (name, operation) = operation.split_once(':').unwrap();
        let service = model::service(name).unwrap();
        let paginator = Paginator::of(name, service, &service.operations[operation]).unwrap();
        Pages::new(paginator, budget, None, &object(given))
    }

    fn buckets(budget: Budget, given: Value) -> Pages {
        pages("s3:ListBuckets", budget, given)
    }

    fn page(names: &[&str], token: Option<&str>) -> Value {
        let buckets: Vec<_> = names.iter().map(|name| json!({"Name": name})).collect();
        json!({"Buckets": buckets, "Owner": {"ID": "o"}, "ContinuationToken": token})
    }

    fn asked(pages: &Pages, given: Value) -> Value {
        let mut parameters = object(given);
        pages.prepare(&mut parameters);
        Value::Object(parameters)
    }

    #[test]
    fn pages_are_joined_until_no_token_is_left() {
        let mut pages = buckets(budget(10, 10), json!({}));
        assert_eq!(asked(&pages, json!({})), json!({"MaxBuckets": 10}));
        assert!(pages.take(page(&["a", "b"], Some("t1")), &Map::new()));
        assert_eq!(asked(&pages, json!({})), json!({"MaxBuckets": 8, "ContinuationToken": "t1"}));
        assert!(!pages.take(page(&["c"], None), &Map::new()));
        let value = json!({"Owner": {"ID": "o"}, "Buckets": [{"Name": "a"}, {"Name": "b"}, {"Name": "c"}]});
        assert_eq!(pages.collected(false), Collected { value, items: 3, truncated: false, next: None });
    }

    #[test]
    fn the_item_budget_ends_paging_and_says_how_to_go_on() {
        let mut pages = buckets(budget(2, 10), json!({}));
        assert!(!pages.take(page(&["a", "b"], Some("t1")), &Map::new()));
        let collected = pages.collected(false);
        assert!(collected.truncated);
        assert_eq!(collected.next, Some(json!({"ContinuationToken": "t1"})));
        assert_eq!(collected.value.get("ContinuationToken"), None);
    }

    #[test]
    fn a_page_that_is_larger_than_asked_for_is_kept_whole() {
        let mut pages = buckets(budget(1, 10), json!({}));
        assert!(!pages.take(page(&["a", "b"], Some("t1")), &Map::new()));
        let collected = pages.collected(false);
        assert_eq!((collected.items, collected.next), (2, Some(json!({"ContinuationToken": "t1"}))));
    }

    #[test]
    fn the_page_budget_and_the_time_to_begin_end_paging() {
        let mut few = buckets(budget(100, 1), json!({}));
        assert!(!few.take(page(&["a"], Some("t1")), &Map::new()));
        assert!(few.collected(false).next.is_some());
        let mut late = buckets(Budget { begin_until: Instant::now(), ..budget(100, 100) }, json!({}));
        assert!(!late.take(page(&["a"], Some("t1")), &Map::new()));
        assert!(late.collected(false).truncated);
    }

    #[test]
    fn a_repeated_token_ends_paging_without_a_place_to_go_on() {
        let mut pages = buckets(budget(100, 100), json!({}));
        assert!(pages.take(page(&["a"], Some("t1")), &Map::new()));
        assert!(!pages.take(page(&["b"], Some("t1")), &Map::new()));
        let collected = pages.collected(false);
        assert_eq!((collected.truncated, collected.next), (true, None));
    }

    #[test]
    fn where_the_last_page_repeats_the_token_the_answer_is_whole() {
        let mut pages = pages("logs:GetLogEvents", budget(100, 100), json!({"startFromHead": true}));
        let given = object(json!({"startFromHead": true}));
        let page =
            |token: &str| json!({"events": [{"message": token}], "nextForwardToken": token, "nextBackwardToken": "b"});
        assert!(pages.take(page("f/1"), &given));
        assert!(pages.take(page("f/2"), &given));
        assert!(!pages.take(page("f/2"), &given));
        let collected = pages.collected(false);
        assert_eq!((collected.items, collected.truncated), (3, false));
        assert_eq!(collected.value.get("nextBackwardToken"), None);
    }

    #[test]
    fn a_page_size_of_the_caller_asks_for_one_page() {
        let mut pages = buckets(budget(100, 100), json!({"MaxBuckets": 1}));
        assert_eq!(asked(&pages, json!({"MaxBuckets": 1})), json!({"MaxBuckets": 1}));
        assert!(!pages.take(page(&["a"], Some("t1")), &Map::new()));
        assert_eq!(pages.collected(false).next, Some(json!({"ContinuationToken": "t1"})));
    }

    #[test]
    fn after_a_failed_page_the_place_to_go_on_is_its_token() {
        let mut pages = buckets(budget(100, 100), json!({}));
        assert!(pages.take(page(&["a"], Some("t1")), &Map::new()));
        let collected = pages.collected(true);
        assert_eq!((collected.truncated, collected.next), (true, Some(json!({"ContinuationToken": "t1"}))));
    }

    #[test]
    fn a_place_of_several_parts_leaves_no_old_part_behind() {
        let given = json!({"HostedZoneId": "Z"});
        let mut pages = pages("route53:ListResourceRecordSets", budget(100, 100), given.clone());
        let first = json!({"ResourceRecordSets": [{}], "IsTruncated": true, "MaxItems": "1",
            "NextRecordName": "a.", "NextRecordType": "A", "NextRecordIdentifier": "blue"});
        assert!(pages.take(first, &object(given.clone())));
        let second = asked(&pages, given.clone());
        assert_eq!(second["StartRecordIdentifier"], "blue");
        let page =
            json!({"ResourceRecordSets": [{}], "IsTruncated": true, "NextRecordName": "b.", "NextRecordType": "A"});
        assert!(pages.take(page, &object(second.clone())));
        assert_eq!(asked(&pages, second).get("StartRecordIdentifier"), None);
        let next = json!({"StartRecordName": "b.", "StartRecordType": "A", "StartRecordIdentifier": null});
        assert_eq!(pages.collected(true).next, Some(next));
    }

    #[test]
    fn a_last_page_says_so_whatever_its_token() {
        let mut pages = pages("iam:ListUsers", budget(100, 100), json!({}));
        assert!(!pages.take(json!({"Users": [{}], "IsTruncated": false, "Marker": "m"}), &Map::new()));
        let collected = pages.collected(false);
        assert_eq!((collected.truncated, collected.value), (false, json!({"Users": [{}]})));
    }

    #[test]
    fn several_lists_and_what_comes_beside_are_joined() {
        let mut pages = pages("cloudwatch:ListMetrics", budget(100, 100), json!({}));
        assert!(pages.take(json!({"Metrics": [1], "OwningAccounts": ["a"], "NextToken": "t"}), &Map::new()));
        assert!(!pages.take(json!({"Metrics": [2], "OwningAccounts": ["b"]}), &Map::new()));
        let collected = pages.collected(false);
        assert_eq!((collected.items, &collected.value), (2, &json!({"Metrics": [1, 2], "OwningAccounts": ["a", "b"]})));
    }

    #[test]
    fn items_are_mapped_page_by_page() {
        let service = model::service("s3").unwrap();
        let paginator = Paginator::of("s3", service, &service.operations["ListBuckets"]).unwrap();
        let map = ItemMap::new(|item| item["Name"].clone());
        let mut pages = Pages::new(paginator, budget(10, 10), Some(map), &Map::new());
        pages.take(page(&["a"], Some("t")), &Map::new());
        pages.take(page(&["b"], None), &Map::new());
        assert_eq!(pages.collected(false).value["Buckets"], json!(["a", "b"]));
    }
}
