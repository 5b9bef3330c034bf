//! The client: gate, region, parameters, pages. How one page is got is in
//! [`attempts`].

mod attempts;
mod buckets;
mod read;
mod slots;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_types::SdkConfig;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::allowlist::DataOptIn;
use crate::call::{Answer, Call, Redactions};
use crate::credentials::CredentialsCache;
use crate::endpoint::Endpoints;
use crate::error::ReadError;
use crate::paging::{Collected, Pages};
use crate::region::Region;
use crate::s3;
use crate::session::Sessions;
use crate::transport::Transport;
use buckets::BucketRegions;
use read::Read;
use slots::Slots;

/// Limits and choices of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSettings {
    /// Attempts at one AWS call, the first one included.
    pub attempts: u32,
    /// Calls in flight at once.
    pub calls_in_flight: usize,
    pub calls_per_service_and_region: usize,
    /// Operations of the data tier that are allowed: `logs:StartQuery`.
    pub data_operations: Vec<String>,
    /// Calls AWS with sessions of the client's own role that may do nothing but
    /// the reads of the called service.
    pub session_policy: bool,
    /// ARN of that role; asked of STS when absent.
    pub role: Option<String>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            attempts: 3,
            calls_in_flight: 16,
            calls_per_service_and_region: 4,
            data_operations: Vec::new(),
            session_policy: false,
            role: None,
        }
    }
}

/// Reads AWS. Cheap to share by reference; connections are kept.
#[derive(Debug)]
pub struct Client {
    transport: Arc<Transport>,
    endpoints: Arc<Endpoints>,
    credentials: Arc<CredentialsCache>,
    /// None when calls are made with the credentials themselves.
    sessions: Option<Sessions>,
    region: Region,
    attempts: u32,
    data: DataOptIn,
    slots: Slots,
    buckets: BucketRegions,
}

/// A page as the caller may see it.
struct Page {
    value: Value,
    redactions: Redactions,
    /// The region that answered.
    region: Region,
}

impl Client {
    /// A client with the configuration's credentials, region (us-east-1 when
    /// there is none) and endpoint. TLS needs rustls' process-wide provider.
    pub fn new(config: &SdkConfig, settings: ClientSettings) -> Result<Self, ReadError> {
        let setup = |cause: String| ReadError::Setup { cause };
        let region = match config.region() {
            Some(region) => Region::parse(region.as_ref()).ok_or_else(|| setup(format!("{region} is no region")))?,
            None => Region::default_region(),
        };
        let provider = config.credentials_provider().ok_or_else(|| setup("no source of credentials".into()))?;
        let credentials = Arc::new(CredentialsCache::new(provider));
        let transport = Arc::new(Transport::new()?);
        let endpoints = Arc::new(Endpoints::from_config(config)?);
        let data = DataOptIn::parse(&settings.data_operations).map_err(|fault| setup(fault.to_string()))?;
        let (wire, ways, base) = (transport.clone(), endpoints.clone(), credentials.clone());
        let sessions = settings.session_policy.then(|| Sessions::new(wire, ways, base, region.clone(), settings.role));
        Ok(Self {
            transport,
            endpoints,
            credentials,
            sessions,
            region,
            attempts: settings.attempts.max(1),
            data,
            slots: Slots::new(settings.calls_in_flight, settings.calls_per_service_and_region),
            buckets: BucketRegions::default(),
        })
    }

    /// Where a call without a region goes.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Makes one read, with as many calls as it has pages. A page that fails
    /// after others succeeded ends the answer early and is reported in it.
    pub async fn call(&self, call: Call) -> Result<Answer, ReadError> {
        let read = Read::find(&call, &self.data)?;
        let mut parameters = read.parameters(call.parameters.clone())?;
        let mut region = self.first_region(&read, &call, &parameters)?;
        if Instant::now() >= call.budget.begin_until {
            return Err(ReadError::Deadline { operation: read.full_name(), sent: false });
        }
        let mut pages = Pages::new(read.paginator()?, call.budget, call.each_item, &parameters);
        let (mut calls, mut redactions, mut interrupted) = (Vec::new(), Redactions::default(), None);
        loop {
            pages.prepare(&mut parameters);
            match self.page(&read, &parameters, region.clone(), call.budget.deadline).await {
                Ok(page) => {
                    calls.push(read.full_name());
                    region = page.region;
                    redactions = joined(redactions, page.redactions);
                    if !pages.take(page.value, &parameters) {
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
        let Collected { value, items, truncated, next } = pages.collected(interrupted.is_some());
        Ok(Answer { value, items, truncated, next, interrupted, calls, region, redactions })
    }

    /// The region of the bucket, of a filter by region, of the call or of the client.
    fn first_region(&self, read: &Read, call: &Call, parameters: &Map<String, Value>) -> Result<Region, ReadError> {
        if let Some(known) = read.bucket(parameters).and_then(|bucket| self.buckets.get(bucket)) {
            return Ok(known);
        }
        let filter = s3::region_filter(parameters).filter(|_| read.is_s3());
        let region = filter.or_else(|| call.region.clone()).unwrap_or_else(|| self.region.clone());
        match region.is_known() {
            true => Ok(region),
            false => {
                let nearest = Region::nearest(region.as_str());
                Err(ReadError::UnknownRegion { region: region.to_string(), nearest })
            }
        }
    }
}

/// The redactions of all pages; each place is named once.
fn joined(one: Redactions, other: Redactions) -> Redactions {
    let paths: BTreeSet<_> = one.paths.into_iter().chain(other.paths).collect();
    Redactions { count: one.count + other.count, paths: paths.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redactions_of_pages_are_counted_and_places_are_named_once() {
        let redactions =
            |count, paths: &[&str]| Redactions { count, paths: paths.iter().map(ToString::to_string).collect() };
        let all = joined(redactions(2, &["b", "a"]), redactions(1, &["b"]));
        assert_eq!(all, redactions(3, &["a", "b"]));
    }
}
