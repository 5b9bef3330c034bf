//! The client: gate, parameters, pages, regions, attempts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_types::SdkConfig;
use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use crate::allowlist::{self, AllowedOperation};
use crate::call::{Answer, Call, Redactions};
use crate::credentials::CredentialsCache;
use crate::endpoint::{Addressee, Endpoints};
use crate::error::{Fault, ReadError, Refusal};
use crate::model::{self, Operation, Service};
use crate::paging::Pages;
use crate::parameters::{self, Parameters};
use crate::protocol::{self, Reply, Request};
use crate::region::Region;
use crate::signing::{self, Scope};
use crate::{retry, s3, transport};

/// A bucket's region is found in one step; one more is for a bucket that moved.
const MAX_REDIRECTS: usize = 2;

/// Buckets whose regions are remembered; then it starts anew, since callers choose the names.
const MAX_BUCKET_REGIONS: usize = 10_000;

/// Reads AWS. Cheap to share by reference; connections are kept.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    credentials: CredentialsCache,
    endpoints: Endpoints,
    region: Region,
    /// Where buckets turned out to be.
    bucket_regions: Mutex<HashMap<String, Region>>,
}

/// One allowed operation with its model.
struct Read {
    allowed: &'static AllowedOperation,
    service: &'static Service,
    operation: &'static Operation,
}

/// A request and where it belongs.
struct Outgoing<'a> {
    request: Request,
    bucket: Option<&'a str>,
    region: Region,
}

/// How an attempt failed.
enum Failure {
    Fault(Fault),
    NoAnswer {
        host: String,
        cause: String,
    },
    /// Another attempt would fail in the same way.
    Final(ReadError),
}

impl Client {
    /// A client with the configuration's credentials, region (us-east-1 when
    /// there is none) and endpoint. TLS needs rustls' process-wide provider.
    pub fn new(config: &SdkConfig) -> Result<Self, ReadError> {
        let setup = |cause: String| ReadError::Setup { cause };
        let region = match config.region() {
            Some(region) => Region::parse(region.as_ref()).ok_or_else(|| setup(format!("{region} is no region")))?,
            None => Region::default_region(),
        };
        let provider = config.credentials_provider().ok_or_else(|| setup("no source of credentials".into()))?;
        Ok(Self {
            http: transport::client()?,
            credentials: CredentialsCache::new(provider),
            endpoints: Endpoints::from_config(config)?,
            region,
            bucket_regions: Mutex::default(),
        })
    }

    /// Makes one read, with as many calls as it has pages. A page that fails
    /// after others succeeded ends the answer early and is reported in it.
    pub async fn call(&self, call: Call) -> Result<Answer, ReadError> {
        let read = Read::find(&call)?;
        let mut parameters = parameters::parse(read.service, read.allowed, &call.parameters)?;
        let mut pages = Pages::new(read.operation.pagination.as_ref(), call.budget, &parameters);
        let (mut calls, mut interrupted) = (Vec::new(), None);
        let mut region = self.first_region(&read, &call, &parameters);
        loop {
            pages.prepare(&mut parameters);
            let page = self.page(&read, &parameters, region.clone(), call.budget.deadline).await;
            match page {
                Ok((page, found)) => {
                    calls.push(read.allowed.full_name());
                    region = found;
                    if !pages.take(page) {
                        break;
                    }
                }
                Err(error) if pages.is_empty() => return Err(error),
                Err(error) => {
                    interrupted = Some(error);
                    break;
                }
            }
        }
        let collected = pages.collected();
        let truncated = collected.truncated || interrupted.is_some();
        Ok(Answer {
            value: collected.value,
            items: collected.items,
            truncated,
            next: None,
            interrupted,
            calls,
            region,
            redactions: Redactions::default(),
        })
    }

    /// Where a call without a region goes.
    pub fn region(&self) -> &Region {
        &self.region
    }

    fn first_region(&self, read: &Read, call: &Call, parameters: &Parameters) -> Region {
        let known = read.bucket(parameters).and_then(|bucket| self.bucket_regions().get(bucket).cloned());
        let known = known.or_else(|| s3::region_filter(parameters).filter(|_| read.is_s3()));
        known.or_else(|| call.region.clone()).unwrap_or_else(|| self.region.clone())
    }

    /// One page and the region that answered.
    async fn page(
        &self,
        read: &Read,
        parameters: &Parameters,
        region: Region,
        deadline: Instant,
    ) -> Result<(serde_json::Value, Region), ReadError> {
        let request = read.request(parameters)?;
        let over = |sent| ReadError::Deadline { operation: read.allowed.full_name(), sent };
        if Instant::now() >= deadline {
            return Err(over(false));
        }
        let mut outgoing = Outgoing { request, bucket: read.bucket(parameters), region };
        let reply = timeout_at(deadline, self.send(read, &mut outgoing)).await.map_err(|_| over(true))??;
        let value = protocol::answer(read.service, read.operation, &reply)
            .map_err(|cause| ReadError::Answer { operation: read.allowed.full_name(), cause })?;
        Ok((value, outgoing.region))
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
            match (outgoing.bucket, elsewhere) {
                (Some(bucket), Some(region)) if redirects < MAX_REDIRECTS => {
                    debug!(%region, "the bucket is in another region");
                    self.remember(bucket, &region);
                    outgoing.region = region;
                    redirects += 1;
                }
                _ => return Err(read.refused(&outgoing.region, fault)),
            }
        }
    }

    /// Tries again what is worth it; the inner result is AWS's own answer.
    async fn attempts(&self, read: &Read, outgoing: &Outgoing<'_>) -> Result<Result<Reply, Fault>, ReadError> {
        let mut attempt = 1;
        loop {
            let is_last = attempt >= retry::MAX_ATTEMPTS;
            match self.attempt(read, outgoing).await {
                Ok(reply) => return Ok(Ok(reply)),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Fault(fault)) if is_last || !retry::is_worthwhile(&fault) => return Ok(Err(fault)),
                Err(Failure::NoAnswer { host, cause }) if is_last => {
                    return Err(ReadError::Unreachable { operation: read.allowed.full_name(), host, cause });
                }
                Err(_) => sleep(retry::pause(attempt, fastrand::f64())).await,
            }
            attempt += 1;
            debug!(operation = read.allowed.name(), attempt, "another attempt");
        }
    }

    async fn attempt(&self, read: &Read, outgoing: &Outgoing<'_>) -> Result<Reply, Failure> {
        let metadata = &read.service.metadata;
        let Outgoing { request, bucket, region } = outgoing;
        let to = Addressee { endpoint_prefix: &metadata.endpoint_prefix, region, bucket: *bucket };
        let unsigned = http_request(request, self.endpoints.address(request, to)).map_err(Failure::Final)?;
        let host = unsigned.uri().authority().map(ToString::to_string).unwrap_or_default();
        let credentials = self.credentials.get().await.map_err(Failure::Final)?;
        let scope = Scope { service: metadata.signing_name(), region, time: SystemTime::now() };
        let signed = signing::signed(unsigned, scope, &credentials)
            .map_err(|cause| Failure::Final(ReadError::Setup { cause: format!("sign the request: {cause}") }))?;
        let reply = transport::exchange(&self.http, signed).await;
        let reply = reply.map_err(|cause| Failure::NoAnswer { host, cause })?;
        match protocol::fault(read.service, &reply) {
            Some(fault) => Err(Failure::Fault(fault)),
            None => Ok(reply),
        }
    }

    fn remember(&self, bucket: &str, region: &Region) {
        let mut regions = self.bucket_regions();
        if regions.len() >= MAX_BUCKET_REGIONS {
            regions.clear();
        }
        regions.insert(bucket.to_owned(), region.clone());
    }

    fn bucket_regions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Region>> {
        self.bucket_regions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read {
    /// Passes the gate.
    fn find(call: &Call) -> Result<Self, ReadError> {
        let allowed = allowlist::find(&call.service, &call.operation)?;
        let modelled = model::service(allowed.service());
        let found = modelled.and_then(|service| Some((service, service.operations.get(allowed.name())?)));
        let (service, operation) =
            found.ok_or_else(|| ReadError::Setup { cause: format!("no service model has {}", allowed.full_name()) })?;
        Ok(Self { allowed, service, operation })
    }

    fn is_s3(&self) -> bool {
        self.allowed.service() == "s3"
    }

    fn bucket<'a>(&self, parameters: &'a Parameters) -> Option<&'a str> {
        parameters.get("Bucket").filter(|_| self.is_s3())
    }

    fn request(&self, parameters: &Parameters) -> Result<Request, ReadError> {
        let checked = self.bucket(parameters).map_or(Ok(()), s3::check_bucket);
        checked
            .and_then(|()| protocol::request(self.service, self.operation, parameters))
            .map_err(|problem| ReadError::Parameter { operation: self.allowed.full_name(), problem, nearest: None })
    }

    fn refused(&self, region: &Region, fault: Fault) -> ReadError {
        ReadError::Refused(Box::new(Refusal {
            operation: self.allowed.full_name(),
            region: region.clone(),
            fault,
            iam_actions: self.allowed.iam_actions().to_vec(),
        }))
    }
}

fn http_request(request: &Request, address: String) -> Result<http::Request<Bytes>, ReadError> {
    let mut builder = http::Request::builder().method(request.method.clone()).uri(&address);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Bytes::new()).map_err(|error| ReadError::Setup { cause: format!("address {address}: {error}") })
}
