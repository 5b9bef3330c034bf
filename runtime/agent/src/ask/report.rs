//! What the log and the metrics are told of a turn.

use contract::chat::ListedTool;
use tokio::time::Instant;

use super::Question;
use crate::agent::Agent;
use crate::message::{Message, Role};
use crate::telemetry::{TurnMeasures, milliseconds};
use crate::turn::{Driven, Ending, TurnRecord};

/// A turn at its end, with what it ran against.
pub struct Report<'a> {
    pub agent: &'a Agent,
    pub question: &'a Question,
    /// Those that the gateway serves.
    pub tools: &'a [ListedTool],
    pub begun: Instant,
}

impl Report<'_> {
    /// Writes the log lines and the metrics.
    pub fn write(&self, driven: &Driven) {
        let duration_ms = milliseconds(self.begun.elapsed());
        let first_token_ms = driven.first_token.map(milliseconds);
        self.log(&driven.record, duration_ms, first_token_ms);
        self.log_content(&driven.record);
        self.measure(&driven.record, duration_ms, first_token_ms);
    }

    fn log(&self, record: &TurnRecord, duration_ms: u64, first_token_ms: Option<u64>) {
        tracing::info!(
            request_id = self.question.request_id,
            conversation_id = self.question.conversation_id.as_str(),
            ending = record.ending.name(),
            rounds = record.rounds,
            tools = self.served(&record.tools_used).join(","),
            tool_calls = record.tool_calls,
            input_tokens = record.usage.input_tokens,
            output_tokens = record.usage.output_tokens,
            cache_read_tokens = record.usage.cache_read_tokens,
            cache_write_tokens = record.usage.cache_write_tokens,
            duration_ms,
            first_token_ms,
            "turn ended"
        );
    }

    /// Only where the settings ask for it.
    fn log_content(&self, record: &TurnRecord) {
        if !self.agent.configuration.settings.log_content {
            return;
        }
        let answers = record.messages.iter().filter(|message| message.role == Role::Assistant).map(Message::text);
        tracing::info!(
            request_id = self.question.request_id,
            conversation_id = self.question.conversation_id.as_str(),
            question = self.question.message,
            answer = answers.collect::<Vec<_>>().join("\n\n"),
            "turn content"
        );
    }

    fn measure(&self, record: &TurnRecord, duration_ms: u64, first_token_ms: Option<u64>) {
        self.agent.metrics.turn(&TurnMeasures {
            ending: record.ending.name(),
            whole: matches!(record.ending, Ending::Whole { .. }),
            rounds: record.rounds,
            tool_calls: record.tool_calls,
            usage: record.usage,
            duration_ms,
            first_token_ms,
        });
    }

    /// The names that the gateway serves. A model can make up others: its words, so they stay out of the log.
    fn served<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let is_served = |name: &&'n str| self.tools.iter().any(|tool| tool.name == **name);
        names.iter().map(String::as_str).filter(is_served).collect()
    }
}
