//! What a recipe reads through: every call and every failure ends up in the
//! ledger, so that an answer cannot forget what it lacks.

use std::future::Future;
use std::vec;

use aws_read::{Answer, Budget, Call, ItemMap, ReadError, Region};
use futures::StreamExt;
use futures::stream::{Buffered, Collect, Iter};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::ledger::Ledger;
use super::question::Question;
use crate::reader::Reader;

/// A read that failed. The ledger has the reason; a recipe only leaves out what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unread;

/// Reads of one question in one region.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    reader: &'a dyn Reader,
    ledger: &'a Ledger,
    pub question: &'a Question,
    /// Where `read` reads.
    pub region: Region,
    pub now: OffsetDateTime,
    budget: Budget,
    /// The only operations that may be called; any of the client's when absent.
    reads: Option<&'static [&'static str]>,
}

/// Work on items that is done at the same time; the client bounds the calls themselves.
const AT_ONCE: usize = 16;

impl<'a> Ask<'a> {
    pub fn new(
        reader: &'a dyn Reader,
        ledger: &'a Ledger,
        question: &'a Question,
        region: Region,
        now: OffsetDateTime,
        budget: Budget,
    ) -> Self {
        Self { reader, ledger, question, region, now, budget, reads: None }
    }

    /// The same, which calls nothing but these operations.
    pub fn only(&self, reads: &'static [&'static str]) -> Self {
        Self { reads: Some(reads), ..self.clone() }
    }

    /// The same question in another region.
    pub fn in_region(&self, region: Region) -> Self {
        Self { region, ..self.clone() }
    }

    /// All pages of one read, within the budget. `operation` is `ec2:DescribeVolumes`.
    pub async fn read(&self, operation: &str, parameters: Value) -> Result<Value, Unread> {
        self.answer(operation, parameters, self.budget, None).await.map(|answer| answer.value)
    }

    /// As [`Self::read`], for long lists: each item is made small as soon as its page is there.
    pub async fn read_each(
        &self,
        operation: &str,
        parameters: Value,
        map: impl Fn(Value) -> Value + Send + Sync + 'static,
    ) -> Result<Value, Unread> {
        self.answer(operation, parameters, self.budget, Some(ItemMap::new(map))).await.map(|answer| answer.value)
    }

    /// As [`Self::read_each`], for a list by which something is shown to be absent: all
    /// of it, as far as the time goes. A list that ends early counts as not read, since
    /// what it lacks would look absent.
    pub async fn read_whole(
        &self,
        operation: &str,
        parameters: Value,
        map: impl Fn(Value) -> Value + Send + Sync + 'static,
    ) -> Result<Value, Unread> {
        let budget = Budget { max_items: usize::MAX, max_pages: usize::MAX, ..self.budget };
        let answer = self.answer(operation, parameters, budget, Some(ItemMap::new(map))).await?;
        if answer.truncated || answer.interrupted.is_some() { Err(Unread) } else { Ok(answer.value) }
    }

    /// As [`Self::read`], where some of AWS's error codes are an answer:
    /// `NoSuchBucketPolicy` means that there is no policy.
    pub async fn read_if_any(
        &self,
        operation: &str,
        parameters: Value,
        absent: &[&str],
    ) -> Result<Option<Value>, Unread> {
        let answer = self.call(operation, parameters, self.budget, None).await;
        Ok(self.settled(operation, answer, &self.budget, absent)?.map(|answer| answer.value))
    }

    /// Page after page until one holds what was looked for. What AWS has after that
    /// page is not missing from the answer. A page that fails ends the pages; the
    /// ledger has the reason.
    pub async fn read_until(
        &self,
        operation: &str,
        mut parameters: Value,
        is_enough: impl Fn(&Value) -> bool + Send + Sync,
    ) -> Result<Vec<Value>, Unread> {
        let single = Budget { max_pages: 1, ..self.budget };
        let mut pages = Vec::new();
        loop {
            let mut answer = self.call(operation, parameters.clone(), single, None).await;
            let next = answer.as_mut().ok().and_then(|answer| answer.next.take());
            let is_last = pages.len() + 1 >= self.budget.max_pages;
            if let Ok(answer) = &mut answer {
                answer.truncated &= is_last && !is_enough(&answer.value);
            }
            match self.settled(operation, answer, &single, &[]) {
                Ok(page) => pages.extend(page.map(|answer| answer.value)),
                Err(Unread) if pages.is_empty() => return Err(Unread),
                Err(Unread) => return Ok(pages),
            }
            match next {
                Some(next) if !is_last && !pages.last().is_some_and(&is_enough) => merge(&mut parameters, next),
                _ => return Ok(pages),
            }
        }
    }

    /// Does the work for all items, some of them at the same time; results in the items' order.
    ///
    /// The type names the work's futures and not the closure that makes them: a
    /// closure that takes references would not be general enough for a boxed future.
    pub fn each<T, R, F: Future<Output = R>>(
        &self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> F,
    ) -> Collect<Buffered<Iter<vec::IntoIter<F>>>, Vec<R>> {
        let work: Vec<F> = items.into_iter().map(work).collect();
        futures::stream::iter(work).buffered(AT_ONCE).collect()
    }

    /// The account's number.
    pub async fn account(&self) -> Result<String, Unread> {
        let identity = self.read("sts:GetCallerIdentity", json!({})).await?;
        identity["Account"].as_str().map(str::to_owned).ok_or(Unread)
    }

    /// Requests that this question has made to a service so far, each page counted.
    pub fn requests(&self, service: &str) -> usize {
        self.ledger.requests(service)
    }

    /// After this time no call is begun any more.
    pub fn begin_until(&self) -> Instant {
        self.budget.begin_until
    }

    /// Something a reader of the answer should know; each text once.
    pub fn note(&self, text: impl Into<String>) {
        self.ledger.note(text);
    }

    /// One read with a budget of its own, and all that its answer says.
    pub(super) async fn answer(
        &self,
        operation: &str,
        parameters: Value,
        budget: Budget,
        each_item: Option<ItemMap>,
    ) -> Result<Answer, Unread> {
        let answer = self.call(operation, parameters, budget, each_item).await;
        self.settled(operation, answer, &budget, &[])?.ok_or(Unread)
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget
    }

    async fn call(
        &self,
        operation: &str,
        parameters: Value,
        budget: Budget,
        each_item: Option<ItemMap>,
    ) -> Result<Answer, ReadError> {
        let (service, name) = operation.split_once(':').unwrap_or((operation, ""));
        if self.reads.is_some_and(|reads| !reads.contains(&operation)) {
            let (service, operation) = (service.to_owned(), name.to_owned());
            return Err(ReadError::NotAllowed { service, operation, tier: None, nearest: Vec::new() });
        }
        if Instant::now() >= budget.begin_until {
            return Err(ReadError::Deadline { operation: operation.into(), sent: false });
        }
        let call =
            Call { each_item, region: Some(self.region.clone()), ..Call::new(service, name, parameters, budget) };
        self.reader.call(call).await
    }

    fn settled(
        &self,
        operation: &str,
        answer: Result<Answer, ReadError>,
        budget: &Budget,
        absent: &[&str],
    ) -> Result<Option<Answer>, Unread> {
        match answer {
            Ok(answer) => {
                self.ledger.answered(operation, &answer, budget);
                Ok(Some(answer))
            }
            Err(error) if absent.contains(&error.code()) => {
                if error.was_sent() {
                    self.ledger.absent(operation, &self.region);
                }
                Ok(None)
            }
            Err(error) => {
                self.ledger.failed(operation, &self.region, &error);
                Err(Unread)
            }
        }
    }
}

/// The members of `next` go over those of `parameters`.
fn merge(parameters: &mut Value, next: Value) {
    if let (Value::Object(parameters), Value::Object(next)) = (parameters, next) {
        parameters.extend(next);
    }
}
