//! How an invocation goes wrong on purpose, and the switch that ends an
//! instance from outside.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The function never answers: it is ended when its time is over.
    Hang,
    /// Its process is killed once it has taken the event.
    Kill,
}

/// The switches of all running instances, by the access key that each signs with.
#[derive(Clone, Default)]
pub struct KillSwitches(Arc<Mutex<HashMap<String, CancellationToken>>>);

impl KillSwitches {
    /// The switch of a new instance.
    pub fn mount(&self, access_key_id: &str) -> KillSwitch {
        let pulled = CancellationToken::new();
        self.lock().insert(access_key_id.to_owned(), pulled.clone());
        KillSwitch { switches: self.clone(), access_key_id: access_key_id.to_owned(), pulled }
    }

    /// False when no instance signs with that key.
    pub fn pull(&self, access_key_id: &str) -> bool {
        let switch = self.lock().get(access_key_id).cloned();
        switch.inspect(CancellationToken::cancel).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Taken down with its instance.
pub struct KillSwitch {
    switches: KillSwitches,
    access_key_id: String,
    pulled: CancellationToken,
}

impl KillSwitch {
    pub async fn pulled(&self) {
        self.pulled.cancelled().await;
    }
}

impl Drop for KillSwitch {
    fn drop(&mut self) {
        self.switches.lock().remove(&self.access_key_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_switch_works_while_its_instance_lives() {
        let switches = KillSwitches::default();
        let switch = switches.mount("AKIA1");
        assert!(!switches.pull("AKIA2"));
        assert!(switches.pull("AKIA1"));
        switch.pulled().await;
        drop(switch);
        assert!(!switches.pull("AKIA1"));
    }
}
