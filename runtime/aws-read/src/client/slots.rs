//! How many calls are in flight: in all, and at one service in one region, which
//! is what AWS counts when it throttles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Services that answer few requests a second, which calls side by side would use up
/// at once: Route 53 takes five of an account (Route 53 developer guide, "Quotas"), SES
/// one (SES developer guide, "Service quotas").
const ONE_BY_ONE: [&str; 3] = ["route53", "ses", "sesv2"];

#[derive(Debug)]
pub(super) struct Slots {
    all: Arc<Semaphore>,
    /// By service and region; as many as there are services times regions.
    each: Mutex<HashMap<(String, String), Arc<Semaphore>>>,
    per_service_and_region: usize,
}

/// Leave for one call in flight, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _each: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Slots {
    pub fn new(all: usize, per_service_and_region: usize) -> Self {
        let all = Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS)));
        Self { all, each: Mutex::default(), per_service_and_region: per_service_and_region.max(1) }
    }

    /// Waits for the narrower limit first, so that calls to a busy service do not
    /// keep others out while they wait.
    pub async fn take(&self, service: &str, region: &str) -> Slot {
        let each = self.of(service, region).acquire_owned().await;
        let all = self.all.clone().acquire_owned().await;
        // The semaphores are never closed, which is the only failure.
        Slot { _each: each.ok(), _all: all.ok() }
    }

    fn of(&self, service: &str, region: &str) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        let most = if ONE_BY_ONE.contains(&service) { 1 } else { Semaphore::MAX_PERMITS };
        let permits = self.per_service_and_region.min(most);
        let key = (service.to_owned(), region.to_owned());
        each.entry(key).or_insert_with(|| Arc::new(Semaphore::new(permits))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_busy_service_does_not_keep_others_out() {
        let slots = Slots::new(3, 1);
        let first = slots.take("ec2", "eu-west-1").await;
        assert!(slots.take("ec2", "eu-west-1").now_or_never().is_none());
        let _other_region = slots.take("ec2", "eu-west-2").now_or_never().unwrap();
        let _other_service = slots.take("s3", "eu-west-1").now_or_never().unwrap();
        assert!(slots.take("iam", "eu-west-1").now_or_never().is_none());
        drop(first);
        assert!(slots.take("ec2", "eu-west-1").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_service_that_takes_few_requests_is_asked_one_by_one() {
        for (service, is_narrow) in [("route53", true), ("sesv2", true), ("iam", false)] {
            let slots = Slots::new(16, 4);
            let _first = slots.take(service, "us-east-1").await;
            assert_eq!(slots.take(service, "us-east-1").now_or_never().is_none(), is_narrow, "{service}");
        }
    }
}
