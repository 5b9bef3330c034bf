//! What tests set and read: the script that the model follows and the log of
//! what it was asked.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::{
    model_log::{Asked, ModelLog, Outcome},
    prompt_cache::PromptCache,
    request::ConverseRequest,
    script::{Script, Scripted},
};

#[derive(Default)]
pub struct Playbook {
    script: RwLock<Option<Script>>,
    log: Arc<ModelLog>,
    pub(super) cache: PromptCache,
}

impl Playbook {
    /// Takes the place of an earlier script. Fails with what is wrong with this one.
    pub fn follow(&self, script: &[u8]) -> Result<(), String> {
        self.set(Some(Script::parse(script)?));
        Ok(())
    }

    /// The planner answers again.
    pub fn forget(&self) {
        self.set(None);
    }

    /// `{"requests": [...]}`, oldest first.
    pub fn log_view(&self) -> Value {
        self.log.view()
    }

    pub fn clear_log(&self) {
        self.log.clear();
    }

    pub(super) fn answer(&self, request: &ConverseRequest) -> Option<Scripted> {
        self.script.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.answer(request)
    }

    pub(super) fn log(&self, asked: Asked) -> LogEntry {
        let number = self.log.begin(asked);
        LogEntry { log: self.log.clone(), number, outcome: Outcome::Abandoned }
    }

    fn set(&self, script: Option<Script>) {
        *self.script.write().unwrap_or_else(PoisonError::into_inner) = script;
    }
}

/// A request in the log; abandoned unless it is ended.
pub(super) struct LogEntry {
    log: Arc<ModelLog>,
    number: u64,
    outcome: Outcome,
}

impl LogEntry {
    pub(super) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        self.log.end(self.number, self.outcome);
    }
}
