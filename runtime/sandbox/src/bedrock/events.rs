//! A turn in ConverseStream's events and in Converse's answer (Bedrock API
//! reference, ConverseStreamOutput and Converse).

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    failure::Failure,
    prompt_cache::Cached,
    signature::signature,
    turn::{PlannedCall, Turn},
};
use crate::event_stream::json_event;

/// A turn with the ids of its tool calls and what it cost.
pub struct Finished {
    pub turn: Turn,
    pub call_ids: Vec<String>,
    /// Characters of the request.
    pub read: usize,
    /// None for a request without cache points.
    pub cached: Option<Cached>,
    pub latency_ms: u64,
}

/// One frame of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A piece of text, reasoning or tool input.
    Chunk(Bytes),
    Mark(Bytes),
}

impl Frame {
    fn is_chunk(&self) -> bool {
        matches!(self, Self::Chunk(_))
    }
}

impl Finished {
    /// An estimate of four characters a token; nothing is billed by it. What the
    /// cache took part in is not among the input tokens.
    fn usage(&self) -> Value {
        let tokens = |characters: usize| characters.div_ceil(4);
        let cached = self.cached.unwrap_or_default();
        let (read, written) = (tokens(cached.read), tokens(cached.written));
        let input = tokens(self.read).saturating_sub(read + written);
        let output = tokens(self.turn.written());
        let total = input + output + read + written;
        let mut usage = json!({"inputTokens": input, "outputTokens": output, "totalTokens": total});
        if self.cached.is_some() {
            usage["cacheReadInputTokens"] = read.into();
            usage["cacheWriteInputTokens"] = written.into();
        }
        usage
    }

    /// The frames of the stream, in order, in pieces of so many characters.
    pub fn frames(&self, piece: usize) -> Vec<Frame> {
        let mut frames = vec![mark("messageStart", json!({"role": "assistant"}))];
        let mut blocks = 0..;
        let mut next = || blocks.next().unwrap_or_default();
        if !self.turn.reasoning.is_empty() {
            reasoning_frames(next(), &self.turn.reasoning, piece, &mut frames);
        }
        if !self.turn.text.is_empty() {
            text_frames(next(), &self.turn.text, piece, &mut frames);
        }
        for (call, id) in self.turn.calls.iter().zip(&self.call_ids) {
            call_frames(next(), call, id, piece, &mut frames);
        }
        frames.push(mark("messageStop", json!({"stopReason": self.turn.stop_reason()})));
        frames.push(mark("metadata", json!({"usage": self.usage(), "metrics": {"latencyMs": self.latency_ms}})));
        frames
    }

    /// The answer in one piece.
    pub fn document(&self) -> Value {
        let turn = &self.turn;
        let reasoning = json!({"text": turn.reasoning, "signature": signature(&turn.reasoning)});
        let reasoning = json!({"reasoningContent": {"reasoningText": reasoning}});
        let mut content: Vec<_> = (!turn.reasoning.is_empty()).then_some(reasoning).into_iter().collect();
        content.extend((!turn.text.is_empty()).then(|| json!({"text": turn.text})));
        content.extend(
            turn.calls
                .iter()
                .zip(&self.call_ids)
                .map(|(call, id)| json!({"toolUse": {"toolUseId": id, "name": call.tool, "input": call.input}})),
        );
        json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": turn.stop_reason(),
            "usage": self.usage(),
            "metrics": {"latencyMs": self.latency_ms},
        })
    }
}

/// The stream up to a failure: so many chunks, or all of them where there are
/// fewer, and the exception.
pub fn broken_off(mut frames: Vec<Frame>, failure: Failure, after_chunks: usize) -> Vec<Frame> {
    let chunks = frames.iter().enumerate().filter(|(_, frame)| frame.is_chunk());
    let next_chunk = chunks.map(|(place, _)| place).nth(after_chunks);
    // The last two say how the message ended and what it cost.
    let end = next_chunk.unwrap_or(frames.len().saturating_sub(2));
    frames.truncate(end);
    frames.push(Frame::Mark(failure.frame()));
    frames
}

fn reasoning_frames(block: usize, reasoning: &str, piece: usize, frames: &mut Vec<Frame>) {
    let delta = |content: Value| chunk(block, json!({"reasoningContent": content}));
    frames.extend(pieces(reasoning, piece).map(|text| delta(json!({"text": text}))));
    frames.push(delta(json!({"signature": signature(reasoning)})));
    frames.push(stop(block));
}

fn text_frames(block: usize, text: &str, piece: usize, frames: &mut Vec<Frame>) {
    frames.extend(pieces(text, piece).map(|text| chunk(block, json!({"text": text}))));
    frames.push(stop(block));
}

fn call_frames(block: usize, call: &PlannedCall, id: &str, piece: usize, frames: &mut Vec<Frame>) {
    let start = json!({"toolUse": {"toolUseId": id, "name": call.tool}});
    frames.push(mark("contentBlockStart", json!({"contentBlockIndex": block, "start": start})));
    frames.extend(pieces(&call.input_text(), piece).map(|input| chunk(block, json!({"toolUse": {"input": input}}))));
    frames.push(stop(block));
}

fn mark(event: &'static str, payload: Value) -> Frame {
    Frame::Mark(json_event(event, &payload))
}

fn chunk(block: usize, delta: Value) -> Frame {
    Frame::Chunk(json_event("contentBlockDelta", &json!({"contentBlockIndex": block, "delta": delta})))
}

fn stop(block: usize) -> Frame {
    mark("contentBlockStop", json!({"contentBlockIndex": block}))
}

fn pieces(text: &str, length: usize) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<_> = characters.chunks(length.max(1)).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_stream::tests::decode;

    fn finished(turn: Turn) -> Finished {
        let call_ids = turn.calls.iter().enumerate().map(|(number, _)| format!("t{number}")).collect();
        Finished { turn, call_ids, read: 12, cached: None, latency_ms: 1 }
    }

    fn whole_turn() -> Turn {
        let call = |tool: &str| PlannedCall { tool: tool.into(), input: json!({"query": "List all of my S3 buckets"}) };
        let (reasoning, text) = ("why ".repeat(20), "because ".repeat(20));
        Turn { reasoning, text, calls: vec![call("s3"), call("ec2")], stop_reason: None }
    }

    fn decoded(frames: Vec<Frame>) -> Vec<(String, Value)> {
        let bytes: Vec<_> = frames.into_iter().map(|(Frame::Chunk(bytes) | Frame::Mark(bytes))| bytes).collect();
        let events = decode(&bytes.concat());
        events.into_iter().map(|(name, bytes)| (name, serde_json::from_slice(&bytes).unwrap())).collect()
    }

    #[test]
    fn the_stream_decodes_to_the_turn() {
        let turn = whole_turn();
        let events = decoded(finished(turn.clone()).frames(20));
        assert_eq!(events[0], ("messageStart".into(), json!({"role": "assistant"})));
        let join = |pointer: &str| -> String {
            events.iter().filter_map(|(_, payload)| payload.pointer(pointer)?.as_str()).collect()
        };
        assert_eq!(join("/delta/text"), turn.text);
        assert_eq!(join("/delta/reasoningContent/text"), turn.reasoning);
        assert_eq!(join("/delta/reasoningContent/signature"), signature(&turn.reasoning));
        let inputs = join("/delta/toolUse/input");
        let inputs: Vec<Value> = serde_json::Deserializer::from_str(&inputs).into_iter().map(Result::unwrap).collect();
        assert_eq!(inputs, [turn.calls[0].input.clone(), turn.calls[1].input.clone()]);
        assert_eq!((join("/start/toolUse/name"), join("/stopReason")), ("s3ec2".into(), "tool_use".into()));
        assert_eq!(events.last().unwrap().0, "metadata");
        let stops: Vec<_> = events.iter().filter(|(name, _)| name == "contentBlockStop").collect();
        assert_eq!(
            stops.iter().map(|(_, it)| it["contentBlockIndex"].as_u64().unwrap()).collect::<Vec<_>>(),
            [0, 1, 2, 3]
        );
    }

    #[test]
    fn the_document_holds_the_same_blocks() {
        let document = finished(whole_turn()).document();
        let content = document["output"]["message"]["content"].as_array().unwrap();
        assert!(content[0]["reasoningContent"]["reasoningText"]["signature"].is_string());
        assert_eq!((&content[3]["toolUse"]["name"], &document["stopReason"]), (&json!("ec2"), &json!("tool_use")));
        let plain = Turn { text: "x".into(), ..Turn::default() };
        assert_eq!(finished(plain).document()["stopReason"], "end_turn");
    }

    #[test]
    fn a_stream_breaks_off_after_its_chunks_with_an_exception() {
        let failure = Failure::find("ThrottlingException").unwrap();
        let frames = || finished(Turn { text: "abcd".into(), ..Turn::default() }).frames(2);
        let names = |after: usize| -> Vec<String> {
            decoded(broken_off(frames(), failure, after)).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(0), ["messageStart", "throttlingException"]);
        assert_eq!(names(1), ["messageStart", "contentBlockDelta", "throttlingException"]);
        let all = ["messageStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop", "throttlingException"];
        assert_eq!(names(9), all);
    }

    #[test]
    fn cached_tokens_are_counted_apart_from_the_input() {
        let cached = Some(Cached { read: 400, written: 40 });
        let finished = Finished { read: 800, cached, ..finished(Turn { text: "12345678".into(), ..Turn::default() }) };
        let expected = json!({"inputTokens": 90, "outputTokens": 2, "totalTokens": 202,
            "cacheReadInputTokens": 100, "cacheWriteInputTokens": 10});
        assert_eq!(finished.usage(), expected);
    }
}
