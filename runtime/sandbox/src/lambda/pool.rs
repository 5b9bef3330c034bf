//! Idle instances by function, and how many a function may run at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// What the pool needs to know of an instance.
pub trait Pooled {
    fn version(&self) -> &str;
    fn idle_since(&self) -> Instant;
    /// Whether it would last through an invocation of that length.
    fn is_usable(&mut self, needed: Duration) -> bool;
}

pub struct Pool<I> {
    functions: Mutex<HashMap<String, Shelf<I>>>,
    /// Instances of one function at the same time.
    limit: usize,
}

struct Shelf<I> {
    idle: Vec<I>,
    places: Arc<Semaphore>,
}

impl<I: Pooled> Pool<I> {
    pub fn new(limit: usize) -> Self {
        Self { functions: Mutex::default(), limit }
    }

    /// A place for one invocation; `None` when none came free within `patience`.
    pub async fn admit(&self, function: &str, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let places = self.with_shelf(function, |shelf| shelf.places.clone());
        timeout(patience, places.acquire_owned()).await.ok()?.ok()
    }

    /// An idle instance of that version, and with it the instances of other
    /// versions and those that are of no more use, for the caller to end.
    pub fn take(&self, function: &str, version: &str, needed: Duration) -> (Option<I>, Vec<I>) {
        self.with_shelf(function, |shelf| {
            let is_of_no_use = |instance: &mut I| instance.version() != version || !instance.is_usable(needed);
            let retired = shelf.idle.extract_if(.., is_of_no_use).collect();
            (shelf.idle.pop(), retired)
        })
    }

    pub fn give_back(&self, function: &str, instance: I) {
        self.with_shelf(function, |shelf| shelf.idle.push(instance));
    }

    /// The instances that have been idle since before `limit`, for the caller to end.
    pub fn reap(&self, limit: Instant) -> Vec<I> {
        let mut functions = self.lock();
        let old = |instance: &mut I| instance.idle_since() < limit;
        let reaped =
            functions.values_mut().flat_map(|shelf| shelf.idle.extract_if(.., old).collect::<Vec<_>>()).collect();
        // Nobody holds a place of a function without instances that nobody waits for.
        functions.retain(|_, shelf| !shelf.idle.is_empty() || shelf.places.available_permits() < self.limit);
        reaped
    }

    /// All idle instances, for the caller to end.
    pub fn clear(&self) -> Vec<I> {
        self.lock().drain().flat_map(|(_, shelf)| shelf.idle).collect()
    }

    fn with_shelf<T>(&self, function: &str, act: impl FnOnce(&mut Shelf<I>) -> T) -> T {
        let mut functions = self.lock();
        let new = || Shelf { idle: Vec::new(), places: Arc::new(Semaphore::new(self.limit)) };
        act(functions.entry(function.to_owned()).or_insert_with(new))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Shelf<I>>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Fake {
        version: &'static str,
        usable: bool,
        idle_since: Instant,
    }

    impl Pooled for Fake {
        fn version(&self) -> &str {
            self.version
        }
        fn idle_since(&self) -> Instant {
            self.idle_since
        }
        fn is_usable(&mut self, _: Duration) -> bool {
            self.usable
        }
    }

    fn fake(version: &'static str, usable: bool) -> Fake {
        Fake { version, usable, idle_since: Instant::now() }
    }

    #[test]
    fn only_a_usable_instance_of_the_same_version_is_used_again() {
        let pool = Pool::new(2);
        pool.give_back("f", fake("old", true));
        pool.give_back("f", fake("new", false));
        let (found, retired) = pool.take("f", "new", Duration::ZERO);
        assert_eq!((found.is_none(), retired.len()), (true, 2), "the old version is retired");
        pool.give_back("f", fake("new", true));
        assert!(pool.take("g", "new", Duration::ZERO).0.is_none());
        assert!(pool.take("f", "new", Duration::ZERO).0.is_some());
    }

    #[test]
    fn idle_instances_are_reaped() {
        let pool = Pool::new(2);
        pool.give_back("f", fake("v", true));
        assert_eq!(pool.reap(Instant::now() + Duration::from_secs(1)).len(), 1);
        assert!(pool.take("f", "v", Duration::ZERO).0.is_none());
    }

    #[tokio::test]
    async fn a_function_runs_no_more_instances_than_its_limit() {
        let pool = Pool::<Fake>::new(1);
        let place = pool.admit("f", Duration::ZERO).await;
        assert!(place.is_some());
        assert!(pool.admit("f", Duration::ZERO).await.is_none());
        assert!(pool.admit("g", Duration::ZERO).await.is_some());
        drop(place);
        assert!(pool.admit("f", Duration::ZERO).await.is_some());
    }
}
