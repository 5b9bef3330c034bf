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

    /// An idle instance of that version. Instances of other versions, and those
    /// that are of no more use, end here.
    pub fn take(&self, function: &str, version: &str, needed: Duration) -> Option<I> {
        self.with_shelf(function, |shelf| {
            shelf.idle.retain_mut(|instance| instance.version() == version && instance.is_usable(needed));
            shelf.idle.pop()
        })
    }

    pub fn give_back(&self, function: &str, instance: I) {
        self.with_shelf(function, |shelf| shelf.idle.push(instance));
    }

    /// Ends the instances that have been idle since before `limit`.
    pub fn reap(&self, limit: Instant) {
        let mut functions = self.lock();
        functions.values_mut().for_each(|shelf| shelf.idle.retain(|instance| instance.idle_since() >= limit));
    }

    pub fn clear(&self) {
        self.lock().clear();
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
        assert!(pool.take("f", "new", Duration::ZERO).is_none());
        assert!(pool.take("f", "old", Duration::ZERO).is_none(), "the old version was retired");
        pool.give_back("f", fake("new", true));
        assert!(pool.take("g", "new", Duration::ZERO).is_none());
        assert!(pool.take("f", "new", Duration::ZERO).is_some());
    }

    #[test]
    fn idle_instances_are_reaped() {
        let pool = Pool::new(2);
        pool.give_back("f", fake("v", true));
        pool.reap(Instant::now() + Duration::from_secs(1));
        assert!(pool.take("f", "v", Duration::ZERO).is_none());
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
