//! What the proxy knows: which faults are armed, which calls came, whom to kill.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::call::Call;
use super::fault::{Fault, FaultPoint, Rewriting};

/// Shared between the proxy's thread and the test.
#[derive(Default)]
pub(super) struct Switchboard {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    log: Vec<Call>,
    armed: BTreeMap<FaultPoint, Fault>,
    met: Vec<(FaultPoint, Fault)>,
    /// Faults that last, by the call whose later attempts meet them too.
    lasting: BTreeMap<String, Fault>,
    victim: Option<i32>,
    rewriting: Option<Rewriting>,
}

impl Switchboard {
    /// Notes a call and says what becomes of it. A call is noted once for all its attempts.
    pub(super) fn decide(&self, call: &Call) -> Option<Fault> {
        let mut state = self.lock();
        if let Some(fault) = state.lasting.get(&call.invocation) {
            return Some(*fault);
        }
        let is_repeated = state.log.iter().any(|earlier| earlier.invocation == call.invocation && is_sdk(call));
        if is_repeated {
            return None;
        }
        state.log.push(call.clone());
        let point = FaultPoint::all_of(&state.log).pop()?;
        let fault = state.armed.remove(&point)?;
        state.met.push((point, fault));
        if fault.lasts() {
            state.lasting.insert(call.invocation.clone(), fault);
        }
        Some(fault)
    }

    /// Forgets what came and what was armed, and starts to count anew.
    pub(super) fn arm(&self, faults: impl IntoIterator<Item = (FaultPoint, Fault)>) {
        let mut state = self.lock();
        let (victim, rewriting) = (state.victim, state.rewriting.take());
        *state = State { armed: faults.into_iter().collect(), victim, rewriting, ..State::default() };
    }

    pub(super) fn rewrite(&self, rewriting: Option<Rewriting>) {
        self.lock().rewriting = rewriting;
    }

    /// The body that is sent on for a call.
    pub(super) fn rewritten(&self, call: &Call, body: Bytes) -> Bytes {
        match &self.lock().rewriting {
            Some(Rewriting { operation, resource, from, to })
                if (operation, resource) == (&call.operation, &call.resource) =>
            {
                Bytes::from(String::from_utf8_lossy(&body).replace(from.as_str(), to))
            }
            _ => body,
        }
    }

    pub(super) fn log(&self) -> Vec<Call> {
        self.lock().log.clone()
    }

    pub(super) fn met(&self) -> Vec<(FaultPoint, Fault)> {
        self.lock().met.clone()
    }

    pub(super) fn set_victim(&self, pid: Option<u32>) {
        self.lock().victim = pid.map(u32::cast_signed);
    }

    /// Ends the deployer at once. None is there when it was started without the proxy's knowledge.
    pub(super) fn kill(&self) {
        if let Some(pid) = self.lock().victim.take() {
            // Gone already is as good.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only SDKs say which attempts belong together; the registry's client repeats under the same path.
fn is_sdk(call: &Call) -> bool {
    !call.invocation.contains(' ')
}
