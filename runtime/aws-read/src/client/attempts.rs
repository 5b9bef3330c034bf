//! How one page is got: bucket's region, attempts, one exchange.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use super::read::Read;
use super::{Client, Page};
use crate::endpoint::{Addressee, Endpoint};
use crate::error::{Fault, ReadError};
use crate::protocol::{self, Reply, Request};
use crate::region::Region;
use crate::transport::{Exchange, NoReply};
use crate::{redaction, retry, s3};

/// A bucket's region is found in one step; one more is for a bucket that moved.
const MAX_REDIRECTS: usize = 2;

/// A request and where it belongs.
struct Outgoing<'a> {
    parameters: &'a Map<String, Value>,
    request: Request,
    region: Region,
    deadline: Instant,
    /// The request may have left.
    is_sent: AtomicBool,
}

/// How an attempt failed.
enum Failure {
    Fault {
        fault: Fault,
        retry_after: Option<Duration>,
        is_clock_corrected: bool,
    },
    NoAnswer {
        host: String,
        cause: String,
    },
    /// Another attempt would fail in the same way.
    Final(ReadError),
}

impl Client {
    pub(super) async fn page(
        &self,
        read: &Read,
        parameters: &Map<String, Value>,
        region: Region,
        deadline: Instant,
    ) -> Result<Page, ReadError> {
        let request = read.request(parameters)?;
        let mut outgoing = Outgoing { parameters, request, region, deadline, is_sent: AtomicBool::new(false) };
        let sent = timeout_at(deadline, self.send(read, &mut outgoing)).await;
        let reply = sent.map_err(|_| ReadError::Deadline {
            operation: read.full_name(),
            sent: outgoing.is_sent.load(Ordering::Relaxed),
        })??;
        let mut value = protocol::answer(read.service, read.operation, &reply)
            .map_err(|cause| ReadError::Answer { operation: read.full_name(), cause })?;
        let redactions = redaction::redact(read.allowed, &mut value);
        Ok(Page { value, redactions, region: outgoing.region })
    }

    /// Follows the bucket to its region.
    async fn send(&self, read: &Read, outgoing: &mut Outgoing<'_>) -> Result<Reply, ReadError> {
        let mut redirects = 0;
        loop {
            let fault = match self.attempts(read, outgoing).await? {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            let elsewhere = s3::other_region(&fault, &outgoing.region);
            match (read.bucket(outgoing.parameters), elsewhere) {
                (Some(bucket), Some(region)) if redirects < MAX_REDIRECTS => {
                    debug!(%region, "the bucket is in another region");
                    self.buckets.remember(bucket, &region);
                    outgoing.region = region;
                    redirects += 1;
                }
                _ => return Err(read.refused(&outgoing.region, fault)),
            }
        }
    }

    /// Tries again what is worth it; the inner result is AWS's own answer.
    ///
    /// The slot is kept while it waits for another attempt: a service that throttles is
    /// asked less often then, and calls that wait for a slot spend none of their attempts.
    async fn attempts(&self, read: &Read, outgoing: &Outgoing<'_>) -> Result<Result<Reply, Fault>, ReadError> {
        let _slot = self.slots.take(read.allowed.service(), outgoing.region.as_str()).await;
        let (mut attempt, mut is_clock_tried) = (1, false);
        loop {
            let failure = match self.attempt(read, outgoing).await {
                Ok(reply) => return Ok(Ok(reply)),
                Err(failure) => failure,
            };
            match failure {
                Failure::Fault { is_clock_corrected: true, .. } if !is_clock_tried => {
                    debug!("the clock differs from AWS's and is corrected");
                    is_clock_tried = true;
                    continue;
                }
                _ => {}
            }
            let pause = failure.pause(attempt);
            let is_over =
                attempt >= self.attempts || pause.is_none_or(|pause| Instant::now() + pause >= outgoing.deadline);
            match (failure, pause) {
                (_, Some(pause)) if !is_over => sleep(pause).await,
                (Failure::Final(error), _) => return Err(error),
                (Failure::Fault { fault, .. }, _) => return Ok(Err(fault)),
                (Failure::NoAnswer { host, cause }, _) => {
                    return Err(ReadError::Unreachable { operation: read.full_name(), host, cause });
                }
            }
            attempt += 1;
            debug!(operation = read.allowed.name(), attempt, "another attempt");
        }
    }

    async fn attempt(&self, read: &Read, outgoing: &Outgoing<'_>) -> Result<Reply, Failure> {
        let to = Addressee {
            name: read.allowed.service(),
            service: read.service,
            operation: read.operation,
            parameters: outgoing.parameters,
            region: &outgoing.region,
        };
        let endpoint = self.endpoints.find(to).map_err(Failure::Final)?;
        let credentials = self.credentials_for(read).await.map_err(Failure::Final)?;
        let exchange = Exchange {
            request: &outgoing.request,
            address: endpoint.address(&outgoing.request, read.bucket(outgoing.parameters)),
            endpoint: &endpoint,
            credentials: &credentials,
        };
        outgoing.is_sent.store(true, Ordering::Relaxed);
        let reply = self.transport.exchange(exchange).await.map_err(|no_reply| no_reply.of(read))?;
        match protocol::fault(read.service, &reply) {
            Some(fault) => Err(self.failure(read, outgoing, &endpoint, &reply, fault)),
            None => Ok(reply),
        }
    }

    async fn credentials_for(&self, read: &Read) -> Result<Credentials, ReadError> {
        match &self.sessions {
            Some(sessions) => sessions.credentials(read.allowed, &self.data).await,
            None => self.credentials.get().await,
        }
    }

    fn failure(
        &self,
        read: &Read,
        outgoing: &Outgoing<'_>,
        endpoint: &Endpoint,
        reply: &Reply,
        fault: Fault,
    ) -> Failure {
        // A page of HTML with status 500 on this machine is a stand-in that broke over
        // what it does not implement; AWS itself may send one and recover.
        let is_broken_stand_in = endpoint.is_loopback && reply.status == 500 && is_html(reply);
        if reply.status == 501 || is_broken_stand_in {
            return Failure::Final(ReadError::NotImplemented {
                operation: read.full_name(),
                region: outgoing.region.clone(),
                host: endpoint.host().to_owned(),
            });
        }
        let is_clock_corrected = retry::is_about_time(&fault)
            && reply.header("date").is_some_and(|date| self.transport.clock().correct(date));
        Failure::Fault { fault, retry_after: retry::retry_after(reply), is_clock_corrected }
    }
}

impl Failure {
    /// How long to wait before another attempt; none when it is not worth one.
    fn pause(&self, attempt: u32) -> Option<Duration> {
        let usual = retry::pause(attempt, fastrand::f64());
        match self {
            Self::Fault { fault, retry_after, .. } if retry::is_worthwhile(fault) => {
                Some(usual.max(retry_after.unwrap_or_default()))
            }
            Self::NoAnswer { .. } => Some(usual),
            Self::Fault { .. } | Self::Final(_) => None,
        }
    }
}

impl NoReply {
    fn of(self, read: &Read) -> Failure {
        match self {
            Self::Failed { host, cause } => Failure::NoAnswer { host, cause },
            Self::TooLarge { limit } => Failure::Final(ReadError::TooLarge { operation: read.full_name(), limit }),
            Self::Unsendable { cause } => Failure::Final(ReadError::Setup { cause }),
        }
    }
}

fn is_html(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}
