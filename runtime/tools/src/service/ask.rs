//! What a recipe reads through: every call and every failure ends up in the
//! ledger, so that an answer cannot forget what it lacks.

use std::future::Future;

use aws_read::{Answer, Budget, Call, ItemMap, ReadError, Region};
use futures::StreamExt;
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
        Self { reader, ledger, question, region, now, budget }
    }

    /// The same question in another region.
    pub fn in_region(&self, region: Region) -> Self {
        Self { region, ..self.clone() }
    }

    /// All pages of one read, within the budget. `operation` is `ec2:DescribeVolumes`.
    pub async fn read(&self, operation: &str, parameters: Value) -> Result<Value, Unread> {
        let answer = self.call(operation, parameters, None).await;
        self.settled(operation, answer, &[]).map(Option::unwrap_or_default)
    }

    /// As [`Self::read`], for long lists: each item is made small as soon as its page is there.
    pub async fn read_each(
        &self,
        operation: &str,
        parameters: Value,
        map: impl Fn(Value) -> Value + Send + Sync + 'static,
    ) -> Result<Value, Unread> {
        let answer = self.call(operation, parameters, Some(ItemMap::new(map))).await;
        self.settled(operation, answer, &[]).map(Option::unwrap_or_default)
    }

    /// As [`Self::read`], where some of AWS's error codes are an answer:
    /// `NoSuchBucketPolicy` means that there is no policy.
    pub async fn read_if_any(
        &self,
        operation: &str,
        parameters: Value,
        absent: &[&str],
    ) -> Result<Option<Value>, Unread> {
        let answer = self.call(operation, parameters, None).await;
        self.settled(operation, answer, absent)
    }

    /// Does the work for all items, some of them at the same time; results in the items' order.
    pub async fn each<T, R, F>(&self, items: impl IntoIterator<Item = T>, work: impl Fn(T) -> F) -> Vec<R>
    where
        F: Future<Output = R>,
    {
        futures::stream::iter(items.into_iter().map(work)).buffered(AT_ONCE).collect().await
    }

    /// The account's number.
    pub async fn account(&self) -> Result<String, Unread> {
        let identity = self.read("sts:GetCallerIdentity", json!({})).await?;
        identity["Account"].as_str().map(str::to_owned).ok_or(Unread)
    }

    /// Something a reader of the answer should know; each text once.
    pub fn note(&self, text: impl Into<String>) {
        self.ledger.note(text.into());
    }

    async fn call(&self, operation: &str, parameters: Value, each_item: Option<ItemMap>) -> Result<Answer, ReadError> {
        let (service, name) = operation.split_once(':').unwrap_or((operation, ""));
        let call =
            Call { each_item, region: Some(self.region.clone()), ..Call::new(service, name, parameters, self.budget) };
        if Instant::now() >= self.budget.begin_until {
            return Err(ReadError::Deadline { operation: operation.into(), sent: false });
        }
        self.reader.call(call).await
    }

    fn settled(
        &self,
        operation: &str,
        answer: Result<Answer, ReadError>,
        absent: &[&str],
    ) -> Result<Option<Value>, Unread> {
        match answer {
            Ok(answer) => Ok(Some(self.ledger.answered(operation, answer))),
            Err(error) if absent.contains(&error.code()) => {
                self.ledger.absent(operation, &self.region);
                Ok(None)
            }
            Err(error) => {
                self.ledger.failed(operation, &self.region, &error);
                Err(Unread)
            }
        }
    }
}
