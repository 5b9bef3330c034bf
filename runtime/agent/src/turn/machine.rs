//! The turn as a state machine. No clock, no network: every input gives the
//! effects to carry out, and after `Effect::Finish` the turn is a record.

use contract::chat::ChatEvent;
use serde_json::Value;

use super::assembly::{Assembly, ToolCall};
use super::{Ending, TurnRecord};
use crate::failure::{Code, Failure};
use crate::message::{Block, Message, Role, ToolResult, ToolStatus};
use crate::model::{ModelEvent, StopReason};

/// Model answers in one turn.
pub const MAX_ROUNDS: usize = 10;

/// Said for a model that ended its turn without a word.
const NO_WORDS: &str = "(The model gave no answer.)";

#[derive(Debug)]
pub enum Input {
    Begin,
    Model(ModelEvent),
    /// The model's stream is at its end.
    ModelEnded,
    ModelFailed(Failure),
    ToolFinished(ToolOutcome),
    DeadlineReached,
    ClientGone,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the model with [`Turn::messages`].
    AskModel,
    Emit(ChatEvent),
    CallTools(Vec<ToolCall>),
    Finish,
}

/// One tool's answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    pub id: String,
    pub success: bool,
    pub text: String,
    pub duration_ms: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

pub struct Turn {
    conversation_id: String,
    /// The history, then this turn's messages.
    messages: Vec<Message>,
    /// Where this turn's messages start.
    start: usize,
    assembly: Assembly,
    stop: Option<StopReason>,
    /// Calls that run, with their outcomes as they arrive.
    running: Vec<(ToolCall, Option<ToolOutcome>)>,
    rounds: usize,
    started: bool,
    spoke_in_an_earlier_round: bool,
    speaks: bool,
    /// Line feeds that the text so far ends with.
    line_feeds: usize,
    usage: Usage,
    tools_used: Vec<String>,
    ending: Option<Ending>,
}

impl Turn {
    /// `history` alternates from user to assistant, or is empty.
    pub fn new(conversation_id: impl Into<String>, history: Vec<Message>, question: &str) -> Self {
        let start = history.len();
        let mut messages = history;
        messages.push(Message::user(question));
        Self {
            conversation_id: conversation_id.into(),
            messages,
            start,
            assembly: Assembly::default(),
            stop: None,
            running: Vec::new(),
            rounds: 0,
            started: false,
            spoke_in_an_earlier_round: false,
            speaks: false,
            line_feeds: 0,
            usage: Usage::default(),
            tools_used: Vec::new(),
            ending: None,
        }
    }

    /// What the model is asked with.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Takes one input. After the end every input gives nothing.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        if self.ending.is_some() {
            return Vec::new();
        }
        match input {
            Input::Begin => self.ask(),
            Input::Model(event) => self.receive(event),
            Input::ModelEnded => self.answered(),
            Input::ModelFailed(failure) => self.end(Ending::Failed(failure)),
            Input::ToolFinished(outcome) => self.tool_finished(outcome),
            Input::DeadlineReached => self.end(Ending::deadline()),
            Input::ClientGone => self.end(Ending::Abandoned),
        }
    }

    pub fn into_record(self) -> TurnRecord {
        let ending = self.ending.unwrap_or(Ending::Abandoned);
        let messages = self.messages.into_iter().skip(self.start).collect();
        TurnRecord { messages, ending, usage: self.usage, tools_used: self.tools_used, rounds: self.rounds }
    }

    fn ask(&mut self) -> Vec<Effect> {
        if self.rounds == MAX_ROUNDS {
            return self.end(Ending::round_limit());
        }
        self.rounds += 1;
        self.assembly = Assembly::default();
        self.stop = None;
        self.spoke_in_an_earlier_round |= self.speaks;
        self.speaks = false;
        vec![Effect::AskModel]
    }

    fn receive(&mut self, event: ModelEvent) -> Vec<Effect> {
        self.assembly.add(&event);
        let mut effects = self.start_once();
        match event {
            ModelEvent::Text { text, .. } if !text.is_empty() => effects.extend(self.speak(text)),
            ModelEvent::Stopped(reason) => self.stop = Some(reason),
            ModelEvent::Usage { input_tokens, output_tokens } => {
                self.usage.input_tokens += input_tokens;
                self.usage.output_tokens += output_tokens;
            }
            _ => {}
        }
        effects
    }

    /// The answer starts with the model's first sign of life, so that what fails
    /// before it can still be told as an HTTP status.
    fn start_once(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.started, true) {
            return Vec::new();
        }
        vec![Effect::Emit(ChatEvent::Started { conversation_id: self.conversation_id.clone() })]
    }

    /// Texts of two rounds are two paragraphs, with a blank line between them.
    fn speak(&mut self, text: String) -> Vec<Effect> {
        let new_paragraph = self.spoke_in_an_earlier_round && !self.speaks;
        let missing = if new_paragraph { 2_usize.saturating_sub(self.line_feeds) } else { 0 };
        self.speaks = true;
        self.line_feeds = match text.len() - text.trim_end_matches('\n').len() {
            all if all == text.len() => self.line_feeds + missing + all,
            at_the_end => at_the_end,
        };
        let break_before = (missing > 0).then(|| "\n".repeat(missing));
        break_before.into_iter().chain([text]).map(|text| Effect::Emit(ChatEvent::Text { text })).collect()
    }

    fn answered(&mut self) -> Vec<Effect> {
        let Some(reason) = self.stop.take() else {
            return self.end(Ending::Failed(
                Failure::new(Code::ModelBroken, "the model's stream ended in the middle of its answer")
                    .hint("ask again"),
            ));
        };
        let calls = self.assembly.calls();
        if reason == StopReason::ToolUse && !calls.is_empty() {
            return self.run_tools(calls);
        }
        let mut effects = Vec::new();
        let ending = Ending::of(&reason);
        if matches!(ending, Ending::Whole { .. }) && self.assembly.texts().is_empty() {
            let silence = ModelEvent::Text { block: i32::MAX, text: NO_WORDS.into() };
            effects = self.receive(silence);
        }
        effects.extend(self.end(ending));
        effects
    }

    fn run_tools(&mut self, calls: Vec<ToolCall>) -> Vec<Effect> {
        let message = std::mem::take(&mut self.assembly).blocks();
        let mut effects: Vec<Effect> = calls.iter().map(tool_started).collect();
        self.messages.push(Message { role: Role::Assistant, content: message });
        for call in &calls {
            if !self.tools_used.contains(&call.name) {
                self.tools_used.push(call.name.clone());
            }
        }
        self.running = calls.iter().cloned().map(|call| (call, None)).collect();
        effects.push(Effect::CallTools(calls));
        effects
    }

    fn tool_finished(&mut self, outcome: ToolOutcome) -> Vec<Effect> {
        let Some((call, slot)) = self.running.iter_mut().find(|(call, slot)| call.id == outcome.id && slot.is_none())
        else {
            return Vec::new();
        };
        let finished = ChatEvent::ToolFinished {
            id: call.id.clone(),
            name: call.name.clone(),
            success: outcome.success,
            duration_ms: outcome.duration_ms,
            bytes: outcome.text.len(),
        };
        *slot = Some(outcome);
        let mut effects = vec![Effect::Emit(finished)];
        if self.running.iter().all(|(_, slot)| slot.is_some()) {
            self.push_results();
            effects.extend(self.ask());
        }
        effects
    }

    /// The results in the order of the calls; a call without an outcome says so.
    fn push_results(&mut self) {
        let results = std::mem::take(&mut self.running).into_iter().map(|(call, outcome)| {
            Block::ToolResult(match outcome {
                Some(outcome) => {
                    let status = if outcome.success { ToolStatus::Success } else { ToolStatus::Error };
                    ToolResult::new(call.id, status, outcome.text)
                }
                None => ToolResult::new(call.id, ToolStatus::Error, "the turn ended before this tool answered"),
            })
        });
        let content: Vec<Block> = results.collect();
        if !content.is_empty() {
            self.messages.push(Message { role: Role::User, content });
        }
    }

    fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.push_results();
        let mut content = std::mem::take(&mut self.assembly).texts();
        let answered = !content.is_empty() || self.messages.len() > self.start + 1;
        if let Some(label) = ending.label() {
            content.push(Block::Text(label));
        }
        self.ending = Some(ending);
        if self.worth_keeping(answered) {
            self.messages.push(Message { role: Role::Assistant, content });
        } else {
            self.messages.truncate(self.start);
        }
        let Usage { input_tokens, output_tokens } = self.usage;
        let usage = self.started.then_some(Effect::Emit(ChatEvent::Usage { input_tokens, output_tokens }));
        usage.into_iter().chain([Effect::Finish]).collect()
    }

    /// A question that no model saw an answer to is not kept: the user asks it again.
    fn worth_keeping(&self, answered: bool) -> bool {
        match self.ending {
            Some(Ending::Whole { .. } | Ending::Cut { .. }) => true,
            _ => answered,
        }
    }
}

fn tool_started(call: &ToolCall) -> Effect {
    let input = call.arguments.as_ref().map_or_else(|_| Value::Object(Default::default()), |map| map.clone().into());
    Effect::Emit(ChatEvent::ToolStarted { id: call.id.clone(), name: call.name.clone(), input })
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
