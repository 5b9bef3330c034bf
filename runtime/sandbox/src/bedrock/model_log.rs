//! The requests that the model answered lately, for tests that look at what an
//! agent sends.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{api::Answering, request::ConverseRequest};

/// Requests that are kept.
const KEPT: usize = 100;
/// Bytes of them that are kept, so that long conversations do not fill the memory.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Answering,
    Answered,
    /// As the script says.
    Failed,
    /// The client went away before the end.
    Abandoned,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Answering => "answering",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// A request on its arrival.
pub struct Asked {
    pub model: String,
    pub answering: Answering,
    pub body: Bytes,
    /// Indices of the script's rule and turn; None for the planner.
    pub scripted: Option<(usize, usize)>,
}

/// The last requests, oldest first.
#[derive(Default)]
pub struct ModelLog {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    next: u64,
    kept: VecDeque<Entry>,
}

struct Entry {
    number: u64,
    asked: Asked,
    outcome: Outcome,
}

impl ModelLog {
    /// The number by which [`ModelLog::end`] knows the request.
    pub fn begin(&self, asked: Asked) -> u64 {
        let mut entries = self.lock();
        let number = entries.next;
        entries.next += 1;
        entries.kept.push_back(Entry { number, asked, outcome: Outcome::Answering });
        while entries.kept.len() > KEPT || (entries.kept.len() > 1 && entries.bytes() > KEPT_BYTES) {
            entries.kept.pop_front();
        }
        number
    }

    pub fn end(&self, number: u64, outcome: Outcome) {
        if let Some(entry) = self.lock().kept.iter_mut().find(|entry| entry.number == number) {
            entry.outcome = outcome;
        }
    }

    pub fn clear(&self) {
        self.lock().kept.clear();
    }

    /// `{"requests": [...]}`, see `shown`.
    pub fn view(&self) -> Value {
        let requests: Vec<_> = self.lock().kept.iter().map(shown).collect();
        json!({"requests": requests})
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn bytes(&self) -> usize {
        self.kept.iter().map(|entry| entry.asked.body.len()).sum()
    }
}

/// Texts of the system prompt as a list, messages as they were sent, tools by name.
fn shown(entry: &Entry) -> Value {
    let asked = &entry.asked;
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let Ok(request) = serde_json::from_slice::<ConverseRequest>(&asked.body) else { return Value::Null };
    let system: Vec<_> = request.system.iter().map(|block| &block.text).filter(|text| !text.is_empty()).collect();
    json!({
        "number": entry.number,
        "model": asked.model,
        "operation": asked.answering.operation(),
        "question": request.question(),
        "system": system,
        "messages": body["messages"],
        "tools": request.tools().iter().map(|tool| tool.name.clone()).collect::<Vec<_>>(),
        "summary": request.is_summary(),
        "inference": body["inferenceConfig"],
        "guardrail": body["guardrailConfig"],
        "cache_points": String::from_utf8_lossy(&asked.body).matches("\"cachePoint\":").count(),
        "rule": asked.scripted.map(|(rule, _)| rule),
        "turn": asked.scripted.map(|(_, turn)| turn),
        "outcome": entry.outcome.name(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str) -> Asked {
        let body = json!({"messages": [{"role": "user", "content": [{"text": question}]}], "system": [{"text": "s"}],
            "toolConfig": {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}},
                {"cachePoint": {"type": "default"}}]}, "inferenceConfig": {"maxTokens": 9}});
        Asked { model: "m".into(), answering: Answering::Streamed, body: body.to_string().into(), scripted: None }
    }

    #[test]
    fn a_request_is_told_with_its_outcome() {
        let log = ModelLog::default();
        let number = log.begin(asked("why?"));
        log.end(number, Outcome::Abandoned);
        let request = &log.view()["requests"][0];
        assert_eq!((&request["question"], &request["system"]), (&json!("why?"), &json!(["s"])));
        assert_eq!((&request["tools"], &request["cache_points"]), (&json!(["t"]), &json!(1)));
        assert_eq!((&request["outcome"], &request["inference"]["maxTokens"]), (&json!("abandoned"), &json!(9)));
        assert_eq!(request["messages"][0]["content"][0]["text"], "why?");
    }

    #[test]
    fn only_the_last_hundred_and_no_more_than_16_mib_are_kept() {
        let log = ModelLog::default();
        for number in 0..KEPT + 5 {
            log.begin(asked(&number.to_string()));
        }
        let requests = log.view()["requests"].as_array().unwrap().clone();
        assert_eq!((requests.len(), &requests[0]["question"]), (KEPT, &json!("5")));
        let long = "x".repeat(KEPT_BYTES / 3);
        for _ in 0..5 {
            log.begin(asked(&long));
        }
        assert_eq!(log.view()["requests"].as_array().unwrap().len(), 2);
    }
}
