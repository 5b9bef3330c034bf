//! Where buckets turned out to be.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::region::Region;

/// Buckets that are remembered; then it starts anew, since callers choose the names.
const MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct BucketRegions(Mutex<HashMap<String, Region>>);

impl BucketRegions {
    pub fn get(&self, bucket: &str) -> Option<Region> {
        self.locked().get(bucket).cloned()
    }

    pub fn remember(&self, bucket: &str, region: &Region) {
        let mut regions = self.locked();
        if regions.len() >= MAX {
            regions.clear();
        }
        regions.insert(bucket.to_owned(), region.clone());
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Region>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded() {
        let regions = BucketRegions::default();
        for number in 0..=MAX {
            regions.remember(&format!("bucket-{number}"), &Region::default_region());
        }
        assert_eq!(regions.get("bucket-0"), None);
        assert_eq!(regions.get(&format!("bucket-{MAX}")), Some(Region::default_region()));
    }
}
