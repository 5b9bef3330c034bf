//! Bedrock's stream events as ours.

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockDeltaEvent, ContentBlockStart, ContentBlockStartEvent,
    ConverseStreamOutput as Event, ReasoningContentBlockDelta, TokenUsage,
};

use super::{ModelEvent, StopReason, Usage, origin};

/// Translates one answer. It remembers the thoughts that are open, so that each gets its origin.
pub struct Translation {
    model: String,
    /// Open thoughts by their block.
    thoughts: BTreeMap<i32, Thought>,
}

enum Thought {
    /// The signature so far.
    Text(String),
    Redacted,
}

impl Translation {
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), thoughts: BTreeMap::new() }
    }

    /// Our event for one of Bedrock's; none for those that say nothing new.
    pub fn translate(&mut self, event: Event) -> Option<ModelEvent> {
        match event {
            Event::ContentBlockStart(start) => started(start),
            Event::ContentBlockDelta(delta) => self.delta(delta),
            Event::ContentBlockStop(stop) => self.stopped(stop.content_block_index),
            Event::MessageStop(stop) => Some(ModelEvent::Stopped(StopReason::parse(stop.stop_reason.as_str()))),
            Event::Metadata(metadata) => metadata.usage.map(|usage| ModelEvent::Usage(used(&usage))),
            _ => None,
        }
    }

    fn delta(&mut self, event: ContentBlockDeltaEvent) -> Option<ModelEvent> {
        let block = event.content_block_index;
        match event.delta? {
            ContentBlockDelta::Text(text) => Some(ModelEvent::Text { block, text }),
            ContentBlockDelta::ToolUse(tool) => Some(ModelEvent::ToolInput { block, fragment: tool.input }),
            ContentBlockDelta::ReasoningContent(reasoning) => self.thought(block, reasoning),
            _ => None,
        }
    }

    fn thought(&mut self, block: i32, delta: ReasoningContentBlockDelta) -> Option<ModelEvent> {
        match delta {
            ReasoningContentBlockDelta::Text(text) => {
                self.thoughts.entry(block).or_insert_with(|| Thought::Text(String::new()));
                Some(ModelEvent::Reasoning { block, text })
            }
            ReasoningContentBlockDelta::Signature(piece) => Some(self.signature(block, &piece)),
            ReasoningContentBlockDelta::RedactedContent(blob) => Some(self.redacted(block, blob.into_inner())),
            _ => None,
        }
    }

    fn signature(&mut self, block: i32, piece: &str) -> ModelEvent {
        let mut so_far = match self.thoughts.remove(&block) {
            Some(Thought::Text(so_far)) => so_far,
            _ => String::new(),
        };
        so_far.push_str(piece);
        let signature = origin::signed(&self.model, &so_far);
        self.thoughts.insert(block, Thought::Text(so_far));
        ModelEvent::Signature { block, signature }
    }

    fn redacted(&mut self, block: i32, bytes: Vec<u8>) -> ModelEvent {
        let bytes = match self.thoughts.insert(block, Thought::Redacted) {
            Some(Thought::Redacted) => bytes,
            _ => [origin::mark(&self.model), bytes].concat(),
        };
        ModelEvent::Redacted { block, bytes }
    }

    /// The end of a block; a thought that its model did not sign gets its origin now.
    fn stopped(&mut self, block: i32) -> Option<ModelEvent> {
        match self.thoughts.remove(&block)? {
            Thought::Text(signature) if signature.is_empty() => {
                Some(ModelEvent::Signature { block, signature: origin::signed(&self.model, "") })
            }
            _ => None,
        }
    }
}

fn started(event: ContentBlockStartEvent) -> Option<ModelEvent> {
    match event.start? {
        ContentBlockStart::ToolUse(tool) => {
            let block = event.content_block_index;
            Some(ModelEvent::ToolStarted { block, id: tool.tool_use_id, name: tool.name })
        }
        _ => None,
    }
}

fn used(usage: &TokenUsage) -> Usage {
    Usage {
        input_tokens: count(usage.input_tokens),
        output_tokens: count(usage.output_tokens),
        cache_read_tokens: usage.cache_read_input_tokens.map_or(0, count),
        cache_write_tokens: usage.cache_write_input_tokens.map_or(0, count),
    }
}

fn count(tokens: i32) -> u64 {
    u64::try_from(tokens).unwrap_or_default()
}
