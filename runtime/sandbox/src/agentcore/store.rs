//! Gateways with their targets, kept in one JSON file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::model::{Entry, Target};
use crate::state_file::{self, StateError};

/// Everything that survives a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) gateways: BTreeMap<String, Entry>,
    /// What each client token made.
    #[serde(default)]
    tokens: BTreeMap<String, Made>,
}

/// What a create call with a client token led to.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Made {
    /// The request's body without meaning to us but for comparing.
    request: String,
    gateway_id: String,
    target_id: Option<String>,
}

/// A create call that may have been made before.
pub(super) struct Attempt<'a> {
    pub(super) client_token: Option<&'a str>,
    /// Path and body.
    pub(super) request: &'a str,
}

impl State {
    pub(super) fn gateway(&self, id: &str) -> Result<&Entry, Fault> {
        self.gateways.get(id).ok_or_else(|| no_gateway(id))
    }

    pub(super) fn gateway_mut(&mut self, id: &str) -> Result<&mut Entry, Fault> {
        self.gateways.get_mut(id).ok_or_else(|| no_gateway(id))
    }

    pub(super) fn target(&self, gateway_id: &str, target_id: &str) -> Result<&Target, Fault> {
        self.gateway(gateway_id)?.targets.get(target_id).ok_or_else(|| no_target(gateway_id, target_id))
    }

    pub(super) fn target_mut(&mut self, gateway_id: &str, target_id: &str) -> Result<&mut Target, Fault> {
        let targets = &mut self.gateway_mut(gateway_id)?.targets;
        targets.get_mut(target_id).ok_or_else(|| no_target(gateway_id, target_id))
    }

    /// The ids of gateway and target that the same call made earlier and that
    /// still exist. A token that was used for another request is a fault.
    pub(super) fn made_before(&self, attempt: &Attempt<'_>) -> Result<Option<(String, Option<String>)>, Fault> {
        let Some(made) = attempt.client_token.and_then(|token| self.tokens.get(token)) else { return Ok(None) };
        if made.request != attempt.request {
            let message = "The clientToken was used with other parameters";
            return Err(Fault::validation("IdempotentParameterMismatchException", message));
        }
        Ok(Some((made.gateway_id.clone(), made.target_id.clone())))
    }

    pub(super) fn remember(&mut self, attempt: &Attempt<'_>, gateway_id: &str, target_id: Option<&str>) {
        let Some(token) = attempt.client_token else { return };
        let made = Made {
            request: attempt.request.into(),
            gateway_id: gateway_id.into(),
            target_id: target_id.map(str::to_string),
        };
        self.tokens.insert(token.into(), made);
    }

    /// Drops tokens whose resource is gone, so that their reuse creates anew.
    fn forget_stale_tokens(&mut self) {
        let gateways = &self.gateways;
        self.tokens.retain(|_, made| {
            let entry = gateways.get(&made.gateway_id);
            entry.is_some_and(|entry| made.target_id.as_ref().is_none_or(|id| entry.targets.contains_key(id)))
        });
    }
}

fn no_gateway(id: &str) -> Fault {
    Fault::NotFound(format!("Gateway with ID: {id} was not found"))
}

fn no_target(gateway_id: &str, target_id: &str) -> Fault {
    Fault::NotFound(format!("Target with ID: {target_id} was not found in gateway {gateway_id}"))
}

pub(super) struct Store {
    path: PathBuf,
    state: Mutex<State>,
}

impl Store {
    pub(super) fn open(state_dir: &Path) -> Result<Self, StateError> {
        let path = state_dir.join("agentcore/gateways.json");
        let state = state_file::read_json(&path)?.unwrap_or_default();
        Ok(Self { path, state: Mutex::new(state) })
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock())
    }

    /// All or nothing: a fault in `edit`, or in writing the file, changes nothing.
    pub(super) fn change<R>(&self, edit: impl FnOnce(&mut State) -> Result<R, Fault>) -> Result<R, Fault> {
        let mut state = self.lock();
        let mut next = state.clone();
        let result = edit(&mut next)?;
        next.forget_stale_tokens();
        state_file::write_json(&self.path, &next).map_err(|error| Fault::Internal(error.to_string()))?;
        *state = next;
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
