//! A turn in ConverseStream's events and in Converse's answer (Bedrock API
//! reference, ConverseStreamOutput and Converse).

use bytes::Bytes;
use serde_json::{Value, json};

use super::planner::Turn;
use crate::event_stream::json_event;

/// Characters of one delta; small, so that clients see several.
const DELTA: usize = 48;

/// A turn with the ids of its tool calls and its size in the model's units.
pub struct Finished {
    pub turn: Turn,
    pub call_ids: Vec<String>,
    pub input_tokens: usize,
    pub latency_ms: u64,
}

impl Finished {
    fn stop_reason(&self) -> &'static str {
        if self.turn.calls.is_empty() { "end_turn" } else { "tool_use" }
    }

    /// An estimate of four characters a token; nothing is billed by it.
    fn usage(&self) -> Value {
        let written = self.turn.text.len() + self.turn.calls.iter().map(|c| c.input.to_string().len()).sum::<usize>();
        let output = written.div_ceil(4);
        json!({"inputTokens": self.input_tokens, "outputTokens": output, "totalTokens": self.input_tokens + output})
    }

    /// The frames of the stream, in order.
    pub fn frames(&self) -> Vec<Bytes> {
        let mut frames = vec![json_event("messageStart", &json!({"role": "assistant"}))];
        for delta in pieces(&self.turn.text) {
            frames.push(delta_event(0, json!({"text": delta})));
        }
        frames.push(stop_event(0));
        for (index, (call, id)) in self.turn.calls.iter().zip(&self.call_ids).enumerate() {
            let start = json!({"toolUse": {"toolUseId": id, "name": call.tool}});
            frames.push(json_event("contentBlockStart", &json!({"contentBlockIndex": index + 1, "start": start})));
            for fragment in pieces(&call.input.to_string()) {
                frames.push(delta_event(index + 1, json!({"toolUse": {"input": fragment}})));
            }
            frames.push(stop_event(index + 1));
        }
        frames.push(json_event("messageStop", &json!({"stopReason": self.stop_reason()})));
        let metadata = json!({"usage": self.usage(), "metrics": {"latencyMs": self.latency_ms}});
        frames.push(json_event("metadata", &metadata));
        frames
    }

    /// The answer in one piece.
    pub fn document(&self) -> Value {
        let mut content = vec![json!({"text": self.turn.text})];
        content.extend(
            self.turn
                .calls
                .iter()
                .zip(&self.call_ids)
                .map(|(call, id)| json!({"toolUse": {"toolUseId": id, "name": call.tool, "input": call.input}})),
        );
        json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason(),
            "usage": self.usage(),
            "metrics": {"latencyMs": self.latency_ms},
        })
    }
}

fn delta_event(index: usize, delta: Value) -> Bytes {
    json_event("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta}))
}

fn stop_event(index: usize) -> Bytes {
    json_event("contentBlockStop", &json!({"contentBlockIndex": index}))
}

fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(DELTA).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bedrock::planner::PlannedCall;
    use crate::event_stream::tests::decode;

    fn finished(calls: Vec<PlannedCall>) -> Finished {
        let turn = Turn { text: "Offline planner ".repeat(6), calls };
        Finished { turn, call_ids: vec!["t1".into()], input_tokens: 3, latency_ms: 1 }
    }

    #[test]
    fn the_stream_decodes_to_the_turn() {
        let call =
            PlannedCall { tool: "s3".into(), input: json!({"query": "List all of my S3 buckets and more words"}) };
        let finished = finished(vec![call.clone()]);
        let events = decode(&finished.frames().concat());
        let payloads: Vec<(String, Value)> =
            events.into_iter().map(|(name, bytes)| (name, serde_json::from_slice(&bytes).unwrap())).collect();
        assert_eq!(payloads.first().unwrap(), &("messageStart".into(), json!({"role": "assistant"})));
        let join = |pointer: &str| -> String {
            payloads.iter().filter_map(|(_, payload)| payload.pointer(pointer)?.as_str()).collect()
        };
        assert_eq!(join("/delta/text"), finished.turn.text);
        assert_eq!(serde_json::from_str::<Value>(&join("/delta/toolUse/input")).unwrap(), call.input);
        assert_eq!(join("/start/toolUse/name"), "s3");
        assert_eq!(join("/stopReason"), "tool_use");
        assert_eq!(payloads.last().unwrap().0, "metadata");
        assert!(payloads.iter().filter(|(_, payload)| payload.pointer("/delta/text").is_some()).count() > 1);
    }

    #[test]
    fn a_turn_without_calls_ends_the_answer() {
        assert_eq!(finished(vec![]).document()["stopReason"], "end_turn");
    }
}
