//! Puts the pages of an answer together, within a budget.

use serde_json::{Map, Value};

use crate::call::Budget;
use crate::model::Pagination;
use crate::parameters::Parameters;

/// Items asked for in one page.
const PAGE: usize = 1000;

/// The pages so far. An answer without paging is one page.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    pagination: Option<&'a Pagination>,
    budget: Budget,
    /// The caller chose the page's size, so one page is what was asked for.
    is_single: bool,
    value: Map<String, Value>,
    items: usize,
    count: usize,
    truncated: bool,
    last_token: Option<String>,
}

/// All pages as one value.
#[derive(Debug, PartialEq)]
pub(crate) struct Collected {
    pub value: Value,
    pub items: usize,
    pub truncated: bool,
}

impl<'a> Pages<'a> {
    pub fn new(pagination: Option<&'a Pagination>, budget: Budget, parameters: &Parameters) -> Self {
        let limit = pagination.and_then(|pagination| pagination.limit.as_deref());
        Self {
            pagination,
            budget,
            is_single: limit.is_some_and(|limit| parameters.get(limit).is_some()),
            value: Map::new(),
            items: 0,
            count: 0,
            truncated: false,
            last_token: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Asks for no more items than the budget still takes, so that the token
    /// after the last page goes on exactly where the answer ends.
    pub fn prepare(&self, parameters: &mut Parameters) {
        let Some(pagination) = self.pagination.filter(|_| !self.is_single) else { return };
        if let Some(limit) = &pagination.limit {
            let left = self.budget.max_items.saturating_sub(self.items);
            parameters.set(limit, left.clamp(1, PAGE).to_string());
        }
        if let Some(token) = &self.last_token {
            parameters.set(&pagination.input_token, token.clone());
        }
    }

    /// Takes a page in; true when the next one is to be fetched.
    pub fn take(&mut self, page: Value) -> bool {
        let Value::Object(mut page) = page else { return false };
        self.count += 1;
        let Some(pagination) = self.pagination else {
            self.items = 1;
            self.value = page;
            return false;
        };
        let token = page.remove(&pagination.output_token);
        let token = token.filter(|token| token.as_str().is_some_and(|text| !text.is_empty()));
        let fresh = page.remove(&pagination.items);
        self.value.extend(page.into_iter().filter(|_| self.count == 1));
        let dropped = self.append(pagination, fresh);
        self.go_on(pagination, token, dropped)
    }

    /// Adds the page's items up to the budget; true when some did not fit.
    fn append(&mut self, pagination: &Pagination, fresh: Option<Value>) -> bool {
        let Some(Value::Array(mut fresh)) = fresh else { return false };
        let room = self.budget.max_items.saturating_sub(self.items);
        let dropped = fresh.len() > room;
        fresh.truncate(room);
        self.items += fresh.len();
        let all = self.value.entry(pagination.items.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(all) = all {
            all.append(&mut fresh);
        }
        dropped
    }

    /// A token that is left in the value lets the caller go on from there. After
    /// dropped items it would skip them, so it is taken away.
    fn go_on(&mut self, pagination: &Pagination, token: Option<Value>, dropped: bool) -> bool {
        self.truncated = dropped || token.is_some();
        let Some(token) = token.filter(|_| !dropped) else { return false };
        let text = token.as_str().map(str::to_owned);
        let is_over = self.is_single || self.items >= self.budget.max_items || self.count >= self.budget.max_pages;
        if is_over || text == self.last_token {
            self.value.insert(pagination.output_token.clone(), token);
            return false;
        }
        self.last_token = text;
        true
    }

    pub fn collected(self) -> Collected {
        Collected { value: Value::Object(self.value), items: self.items, truncated: self.truncated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{allowlist, model, parameters};
    use serde_json::json;
    use tokio::time::Instant;

    fn budget(max_items: usize, max_pages: usize) -> Budget {
        Budget { begin_until: Instant::now(), deadline: Instant::now(), max_items, max_pages }
    }

    fn parameters(given: Value) -> Parameters {
        let allowed = allowlist::find("s3", "ListBuckets").unwrap();
        parameters::parse(model::service("s3").unwrap(), allowed, &given).unwrap()
    }

    fn pages(budget: Budget, given: Value) -> Pages<'static> {
        let operation = &model::service("s3").unwrap().operations["ListBuckets"];
        Pages::new(operation.pagination.as_ref(), budget, &parameters(given))
    }

    fn page(names: &[&str], token: Option<&str>) -> Value {
        let buckets: Vec<_> = names.iter().map(|name| json!({"Name": name})).collect();
        json!({"Buckets": buckets, "Owner": {"ID": "o"}, "ContinuationToken": token})
    }

    #[test]
    fn pages_are_joined_until_no_token_is_left() {
        let mut pages = pages(budget(10, 10), json!({}));
        let mut next = parameters(json!({}));
        pages.prepare(&mut next);
        assert_eq!((next.get("MaxBuckets"), next.get("ContinuationToken")), (Some("10"), None));
        assert!(pages.take(page(&["a", "b"], Some("t1"))));
        pages.prepare(&mut next);
        assert_eq!((next.get("MaxBuckets"), next.get("ContinuationToken")), (Some("8"), Some("t1")));
        assert!(!pages.take(page(&["c"], None)));
        let value = json!({"Owner": {"ID": "o"}, "Buckets": [{"Name": "a"}, {"Name": "b"}, {"Name": "c"}]});
        assert_eq!(pages.collected(), Collected { value, items: 3, truncated: false });
    }

    #[test]
    fn the_item_budget_ends_paging_and_leaves_the_token() {
        let mut pages = pages(budget(2, 10), json!({}));
        assert!(!pages.take(page(&["a", "b"], Some("t1"))));
        let collected = pages.collected();
        assert!(collected.truncated);
        assert_eq!(collected.value["ContinuationToken"], "t1");
    }

    #[test]
    fn items_beyond_the_budget_take_the_token_with_them() {
        let mut pages = pages(budget(1, 10), json!({}));
        assert!(!pages.take(page(&["a", "b"], Some("t1"))));
        let collected = pages.collected();
        assert_eq!((collected.items, collected.truncated), (1, true));
        assert_eq!(collected.value.get("ContinuationToken"), None);
    }

    #[test]
    fn the_page_budget_and_a_repeated_token_end_paging() {
        let mut few = pages(budget(100, 1), json!({}));
        assert!(!few.take(page(&["a"], Some("t1"))));
        assert!(few.collected().truncated);
        let mut looping = pages(budget(100, 100), json!({}));
        assert!(looping.take(page(&["a"], Some("t1"))));
        assert!(!looping.take(page(&["b"], Some("t1"))));
    }

    #[test]
    fn a_page_size_of_the_caller_asks_for_one_page() {
        let mut pages = pages(budget(100, 100), json!({"MaxBuckets": 1}));
        assert!(!pages.take(page(&["a"], Some("t1"))));
        assert_eq!(pages.collected().value["ContinuationToken"], "t1");
    }
}
