//! The turn as a state machine. No clock, no network: every input gives the
//! effects to carry out, and after `Effect::Finish` the turn is a record.

use contract::chat::{Approval, ChatEvent};

use super::assembly::{Assembly, ToolCall};
use super::calls::{self, Calls, ToolOutcome};
use super::speech::Speech;
use super::transcript::Transcript;
use super::{Effect, Ending, Input, Opening, Rules, TurnRecord};
use crate::failure::{Code, Failure};
use crate::message::{Block, Message, Role, ToolUse};
use crate::model::{ModelEvent, StopReason, Usage};

/// Said for a model that ended its turn without a word.
const NO_WORDS: &str = "(The model gave no answer.)";

/// One turn, from its opening to its ending.
pub struct Turn {
    conversation_id: String,
    rules: Rules,
    transcript: Transcript,
    /// The user's word, of a turn that goes on.
    approvals: Option<Vec<Approval>>,
    assembly: Assembly,
    stop: Option<StopReason>,
    calls: Calls,
    rounds: usize,
    started: bool,
    speech: Speech,
    /// Earlier turns that were left out because the model's context window was full.
    left_out: usize,
    usage: Usage,
    tools_used: Vec<String>,
    tool_calls: usize,
    ending: Option<Ending>,
}

impl Turn {
    pub fn new(opening: Opening, question: &str) -> Self {
        Self::of(opening, vec![Message::user(question)], None)
    }

    /// Goes on with a turn that waits for approval; `pending` are its messages so far. A call that `approvals`
    /// say yes to runs, and so does one that needs none, unless they say no to it. Every other one is declined.
    pub fn resume(opening: Opening, pending: Vec<Message>, approvals: Vec<Approval>) -> Self {
        Self::of(opening, pending, Some(approvals))
    }

    fn of(opening: Opening, own: Vec<Message>, approvals: Option<Vec<Approval>>) -> Self {
        Self {
            conversation_id: opening.conversation_id,
            rules: opening.rules,
            transcript: Transcript::new(opening.history, own),
            approvals,
            assembly: Assembly::default(),
            stop: None,
            calls: Calls::default(),
            rounds: 0,
            started: false,
            speech: Speech::default(),
            left_out: 0,
            usage: Usage::default(),
            tools_used: Vec::new(),
            tool_calls: 0,
            ending: None,
        }
    }

    /// Adds tokens that were used for this turn before it began.
    pub fn spend(&mut self, usage: Usage) {
        self.usage += usage;
    }

    /// What the model is asked with.
    pub fn messages(&self) -> Vec<Message> {
        self.transcript.messages().cloned().collect()
    }

    /// Earlier turns that the messages lack because the model's context window was full.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Takes one input. After the end every input gives nothing.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        if self.ending.is_some() {
            return Vec::new();
        }
        match input {
            Input::Begin => self.begin(),
            Input::Model(event) if self.calls.is_empty() => self.receive(event),
            Input::Model(_) => Vec::new(),
            Input::Ended if self.calls.is_empty() => self.answered(),
            Input::Ended => self.end(Ending::Failed(Failure::internal("tools ended without an answer"))),
            Input::ModelFailed(failure) if failure.code == Code::AnswerContextFull && self.can_forget() => {
                self.forget()
            }
            Input::ModelFailed(failure) => self.end(Ending::Failed(failure)),
            Input::ToolFinished(outcome) => self.tool_finished(outcome),
            Input::DeadlineReached => self.end(Ending::deadline()),
            Input::ShuttingDown => self.end(Ending::shutdown()),
            Input::ClientGone => self.end(Ending::Abandoned),
        }
    }

    pub fn into_record(self) -> TurnRecord {
        TurnRecord {
            messages: self.transcript.into_own(),
            ending: self.ending.unwrap_or(Ending::Abandoned),
            usage: self.usage,
            tools_used: self.tools_used,
            tool_calls: self.tool_calls,
            rounds: self.rounds,
        }
    }

    fn begin(&mut self) -> Vec<Effect> {
        match self.approvals.take() {
            Some(approvals) => self.go_on(&approvals),
            None => self.ask(),
        }
    }

    fn go_on(&mut self, approvals: &[Approval]) -> Vec<Effect> {
        let calls = self.transcript.open_calls().into_iter().map(received).collect();
        let decided = Calls::decided(calls, |call| self.may_run(call, approvals));
        self.run(decided)
    }

    fn may_run(&self, call: &ToolCall, approvals: &[Approval]) -> bool {
        let mut words = approvals.iter().filter(|approval| approval.id == call.id).peekable();
        match words.peek() {
            Some(_) => words.all(|approval| approval.approved),
            None => !self.rules.approval_needed.contains(&call.name),
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        if self.rounds == self.rules.rounds {
            return self.end(Ending::round_limit());
        }
        self.rounds += 1;
        self.speech.new_round();
        self.ask_afresh()
    }

    fn ask_afresh(&mut self) -> Vec<Effect> {
        self.assembly = Assembly::default();
        self.stop = None;
        vec![Effect::AskModel]
    }

    fn receive(&mut self, event: ModelEvent) -> Vec<Effect> {
        self.assembly.add(&event);
        let mut effects = self.start_once();
        match event {
            ModelEvent::Text { text, .. } if !text.is_empty() => effects.extend(self.speak(text)),
            ModelEvent::Stopped(reason) => self.stop = Some(reason),
            ModelEvent::Usage(usage) => self.usage += usage,
            _ => {}
        }
        effects
    }

    /// The answer starts with the model's first sign of life, or with the tools of a turn that goes on, so
    /// that what fails before it can still be told as an HTTP status.
    fn start_once(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.started, true) {
            return Vec::new();
        }
        vec![Effect::Emit(ChatEvent::Started { conversation_id: self.conversation_id.clone() })]
    }

    fn speak(&mut self, text: String) -> Vec<Effect> {
        self.speech.say(text).map(|text| Effect::Emit(ChatEvent::Text { text })).collect()
    }

    fn answered(&mut self) -> Vec<Effect> {
        match self.stop.take() {
            None => self.end(Ending::Failed(
                Failure::new(Code::ModelBroken, "the model's stream ended in the middle of its answer")
                    .hint("ask again"),
            )),
            Some(StopReason::ToolUse) if self.asks_for_tools() => self.use_tools(),
            Some(StopReason::ContextWindowExceeded) if self.can_forget() => self.forget(),
            Some(reason) => self.end(Ending::of(&reason)),
        }
    }

    fn asks_for_tools(&self) -> bool {
        self.rules.tools_offered && self.assembly.asks_for_tools()
    }

    /// Once a turn, and only while this answer is silent: what was streamed is not said again.
    fn can_forget(&self) -> bool {
        let asks_the_model = self.calls.is_empty();
        asks_the_model && self.left_out == 0 && !self.speech.has_begun() && self.transcript.has_history()
    }

    fn forget(&mut self) -> Vec<Effect> {
        self.left_out = self.transcript.drop_older_half();
        self.ask_afresh()
    }

    fn use_tools(&mut self) -> Vec<Effect> {
        let taken = self.transcript.tool_use_ids();
        let (content, calls) = std::mem::take(&mut self.assembly).finish(taken);
        self.transcript.push(Message { role: Role::Assistant, content });
        let waits = |call: &&ToolCall| self.rules.approval_needed.contains(&call.name);
        match calls.iter().any(|call| waits(&call)) {
            false => self.run(Calls::running(calls)),
            true if calls.iter().any(|call| call.arguments.is_err()) => self.run(Calls::refused(calls)),
            true => {
                let waiting = calls.iter().filter(waits).map(calls::approval_required).map(Effect::Emit);
                let waiting: Vec<_> = waiting.collect();
                waiting.into_iter().chain(self.end(Ending::AwaitingApproval)).collect()
            }
        }
    }

    fn run(&mut self, calls: Calls) -> Vec<Effect> {
        self.calls = calls;
        let open = self.calls.open();
        if open.is_empty() {
            return self.results_are_in();
        }
        let mut effects = self.start_once();
        effects.extend(open.iter().map(calls::started).map(Effect::Emit));
        for call in &open {
            if !self.tools_used.contains(&call.name) {
                self.tools_used.push(call.name.clone());
            }
        }
        effects.push(Effect::CallTools(open));
        effects
    }

    fn tool_finished(&mut self, outcome: ToolOutcome) -> Vec<Effect> {
        let Some(finished) = self.calls.finish(outcome) else { return Vec::new() };
        self.tool_calls += 1;
        let mut effects = vec![Effect::Emit(finished)];
        if self.calls.are_done() {
            effects.extend(self.results_are_in());
        }
        effects
    }

    fn results_are_in(&mut self) -> Vec<Effect> {
        self.push_results();
        self.ask()
    }

    fn push_results(&mut self) {
        self.transcript.push_results(std::mem::take(&mut self.calls).into_results());
    }

    fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.push_results();
        let (closing, mut effects) = self.closing(&ending);
        self.close(&ending, closing);
        self.ending = Some(ending);
        effects.extend(self.started.then(|| Effect::Emit(used(self.usage))));
        effects.push(Effect::Finish);
        effects
    }

    /// Adds the last message, with the ending's label. A question that no model gave an answer to is not
    /// kept: the user asks it again.
    fn close(&mut self, ending: &Ending, mut closing: Vec<Block>) {
        let answered = !closing.is_empty() || self.transcript.has_grown();
        closing.extend(ending.label().map(Block::Text));
        match ending {
            // Its last message is the one that asks for the tools.
            Ending::AwaitingApproval => {}
            Ending::Failed(_) | Ending::Abandoned if !answered => self.transcript.forget_own(),
            _ => self.transcript.push(Message { role: Role::Assistant, content: closing }),
        }
    }

    /// What stands of the last answer. A whole one without words is said to be so.
    fn closing(&mut self, ending: &Ending) -> (Vec<Block>, Vec<Effect>) {
        let texts = std::mem::take(&mut self.assembly).texts();
        if !texts.is_empty() || !matches!(ending, Ending::Whole { .. }) {
            return (texts, Vec::new());
        }
        (vec![Block::Text(NO_WORDS.into())], self.speak(NO_WORDS.into()))
    }
}

/// A call of a stored message. Only calls with good arguments wait for a yes.
fn received(tool: ToolUse) -> ToolCall {
    let arguments = tool.input.as_object().cloned().ok_or_else(|| "the tool's input is not a JSON object".to_owned());
    ToolCall { id: tool.tool_use_id, name: tool.name, arguments }
}

fn used(usage: Usage) -> ChatEvent {
    let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
    ChatEvent::Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "laws.rs"]
mod laws;
