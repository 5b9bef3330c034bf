//! Signatures of reasoning blocks: what a client must send back unchanged.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The signature of a reasoning text; the same text always gets the same.
pub fn signature(text: &str) -> String {
    STANDARD.encode(Sha256::digest(format!("reasoning {text}")))
}

/// The first reasoning block of a request's messages that came back changed, as
/// `messages.<n>.content.<n>`.
pub fn forged(request: &Value) -> Option<String> {
    let messages = request["messages"].as_array()?.iter().enumerate();
    let mut blocks = messages.flat_map(|(at, message)| {
        let blocks = message["content"].as_array().into_iter().flatten().enumerate();
        blocks.map(move |(place, block)| (format!("messages.{at}.content.{place}"), block))
    });
    blocks.find_map(|(path, block)| {
        let reasoning = block.get("reasoningContent")?.get("reasoningText")?;
        let text = reasoning["text"].as_str().unwrap_or_default();
        (reasoning["signature"].as_str() != Some(&signature(text))).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reasoning_block_comes_back_with_its_own_signature() {
        let request = |text: &str, signature: Value| {
            let block = json!({"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}});
            json!({"messages": [{"role": "assistant", "content": [{"text": "x"}, block]}]})
        };
        assert_eq!(forged(&request("why", signature("why").into())), None);
        for changed in [request("because", signature("why").into()), request("why", Value::Null)] {
            assert_eq!(forged(&changed).as_deref(), Some("messages.0.content.1"));
        }
    }
}
