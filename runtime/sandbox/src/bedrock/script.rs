//! The model's script: what it says instead of the planner, for tests that need
//! certain turns. Pure but for the count of failures that were played.
//!
//! A rule is for the questions that hold its text. Its turns follow each other:
//! the first answers the question, the next what the tools answered, and so on;
//! the last one answers everything after it.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;

use super::{
    failure::Failure,
    request::ConverseRequest,
    turn::{PlannedCall, Turn},
};

/// No answer takes longer.
const DELAY_LIMIT: u64 = 600_000;
/// Of Bedrock's API reference, Converse.
const STOP_REASONS: [&str; 9] = [
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Text that the last question holds; any question when absent.
    when: Option<String>,
    /// For requests to sum a conversation up, which no other rule answers.
    #[serde(default)]
    summary: bool,
    turns: Vec<ScriptedTurn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ScriptedTurn {
    text: String,
    reasoning: String,
    calls: Vec<ScriptedCall>,
    stop_reason: Option<String>,
    chunk_characters: usize,
    delay_ms: u64,
    first_delay_ms: u64,
    fail: Option<ScriptedFailure>,
}

impl Default for ScriptedTurn {
    fn default() -> Self {
        Self {
            text: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            stop_reason: None,
            chunk_characters: Pace::default().chunk_characters,
            delay_ms: 0,
            first_delay_ms: 0,
            fail: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptedCall {
    tool: String,
    #[serde(default = "no_arguments")]
    input: Value,
}

fn no_arguments() -> Value {
    serde_json::json!({})
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptedFailure {
    code: String,
    /// Chunks that are sent before the stream breaks off; absent: no stream begins.
    after_chunks: Option<usize>,
    /// How often this turn fails; absent: always.
    times: Option<u32>,
    #[serde(skip)]
    played: AtomicU32,
}

/// How an answer is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Characters of one piece of text, reasoning or tool input.
    pub chunk_characters: usize,
    /// Between two pieces.
    pub delay: Duration,
    /// Before anything is answered.
    pub first_delay: Duration,
}

impl Default for Pace {
    /// At once, in pieces small enough for clients to see several.
    fn default() -> Self {
        Self { chunk_characters: 48, delay: Duration::ZERO, first_delay: Duration::ZERO }
    }
}

/// What a script says to a request.
#[derive(Debug)]
pub struct Scripted {
    /// Index of the rule.
    pub rule: usize,
    /// Index of the rule's turn.
    pub step: usize,
    pub turn: Turn,
    pub pace: Pace,
    pub break_off: Option<BreakOff>,
}

/// A failure that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakOff {
    pub failure: Failure,
    /// None: before the stream.
    pub after_chunks: Option<usize>,
}

impl Script {
    /// Fails with one sentence a fault, each with its path.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let script: Self = serde_json::from_slice(text).map_err(|error| format!("the script is malformed: {error}"))?;
        let rules = script.rules.iter().enumerate();
        let faults: Vec<_> = rules.flat_map(|(number, rule)| rule.faults(&format!("rules[{number}]"))).collect();
        if faults.is_empty() { Ok(script) } else { Err(faults.join("; ")) }
    }

    /// None when no rule is for the request.
    pub fn answer(&self, request: &ConverseRequest) -> Option<Scripted> {
        let (question, is_summary) = (request.question(), request.is_summary());
        let matches = |rule: &Rule| {
            rule.summary == is_summary && rule.when.as_ref().is_none_or(|when| question.contains(when.as_str()))
        };
        let (number, rule) = self.rules.iter().enumerate().find(|(_, rule)| matches(rule))?;
        let step = request.answers_since_question().min(rule.turns.len() - 1);
        let turn = &rule.turns[step];
        let words = Words { question: &question, results: &request.latest_results() };
        let break_off = turn.fail.as_ref().and_then(ScriptedFailure::strike);
        Some(Scripted { rule: number, step, turn: turn.spoken(&words), pace: turn.pace(), break_off })
    }
}

impl Rule {
    fn faults(&self, path: &str) -> Vec<String> {
        if self.turns.is_empty() {
            return vec![format!("{path}.turns: at least one turn is needed")];
        }
        let turns = self.turns.iter().enumerate();
        turns.flat_map(|(number, turn)| turn.faults(&format!("{path}.turns[{number}]"))).collect()
    }
}

impl ScriptedTurn {
    fn faults(&self, path: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, member: &str, rule: String| {
            if !holds {
                faults.push(format!("{path}.{member}: {rule}"));
            }
        };
        let reason = self.stop_reason.as_deref().is_none_or(|reason| STOP_REASONS.contains(&reason));
        require(reason, "stop_reason", format!("must be one of {}", STOP_REASONS.join(", ")));
        require(self.chunk_characters > 0, "chunk_characters", "must be at least 1".into());
        for (member, delay) in [("delay_ms", self.delay_ms), ("first_delay_ms", self.first_delay_ms)] {
            require(delay <= DELAY_LIMIT, member, format!("must be at most {DELAY_LIMIT}"));
        }
        for (number, call) in self.calls.iter().enumerate() {
            require(!call.tool.is_empty(), &format!("calls[{number}].tool"), "must name a tool".into());
            let usable = call.input.is_object() || call.input.is_string();
            require(usable, &format!("calls[{number}].input"), "must be an object, or a text that is none".into());
        }
        let says = !self.text.is_empty() || !self.reasoning.is_empty() || !self.calls.is_empty();
        require(says || self.fail.is_some() || self.stop_reason.is_some(), "text", "the turn says nothing".into());
        if let Some(fault) = self.fail.as_ref().and_then(ScriptedFailure::fault) {
            require(false, "fail", fault);
        }
        faults
    }

    fn spoken(&self, words: &Words<'_>) -> Turn {
        let calls = self.calls.iter();
        Turn {
            reasoning: words.put_into(&self.reasoning),
            text: words.put_into(&self.text),
            calls: calls
                .map(|call| PlannedCall { tool: call.tool.clone(), input: words.put_into_texts(&call.input) })
                .collect(),
            stop_reason: self.stop_reason.clone(),
        }
    }

    fn pace(&self) -> Pace {
        Pace {
            chunk_characters: self.chunk_characters,
            delay: Duration::from_millis(self.delay_ms),
            first_delay: Duration::from_millis(self.first_delay_ms),
        }
    }
}

impl ScriptedFailure {
    fn fault(&self) -> Option<String> {
        let Some(failure) = Failure::find(&self.code) else {
            return Some(format!("code must be one of {}", Failure::codes()));
        };
        let breaks_off = self.after_chunks.is_some();
        (breaks_off && !failure.ends_streams())
            .then(|| format!("{} cannot end a stream: leave after_chunks out", self.code))
    }

    /// Counts up to `times`, also when several requests come at once.
    fn strike(&self) -> Option<BreakOff> {
        let limit = self.times.unwrap_or(u32::MAX);
        let count = |played: u32| (played < limit).then(|| played.saturating_add(1));
        self.played.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count).ok()?;
        Some(BreakOff { failure: Failure::find(&self.code)?, after_chunks: self.after_chunks })
    }
}

/// What the placeholders stand for.
struct Words<'a> {
    question: &'a str,
    results: &'a str,
}

impl Words<'_> {
    /// Results first stay out of the question's place: neither is looked into again.
    fn put_into(&self, text: &str) -> String {
        let parts = text.split("{{question}}").map(|part| part.replace("{{results}}", self.results));
        parts.collect::<Vec<_>>().join(self.question)
    }

    fn put_into_texts(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.put_into(text).into(),
            Value::Array(entries) => entries.iter().map(|entry| self.put_into_texts(entry)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.put_into_texts(member))).collect()
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
