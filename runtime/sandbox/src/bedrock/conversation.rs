//! What Bedrock refuses in a conversation, in its own words, so that an agent
//! that breaks a rule is told here as it would be there.

use super::request::{ConverseRequest, Message, Role, ToolResult, ToolUse};

/// The first rule that a conversation breaks.
pub fn fault(request: &ConverseRequest) -> Option<String> {
    let messages = &request.messages;
    if messages.first().is_none_or(|message| message.role != Role::User) {
        return Some("A conversation must start with a user message.".into());
    }
    if messages.windows(2).any(|pair| pair[0].role == pair[1].role) {
        return Some("A conversation must alternate between user and assistant roles.".into());
    }
    let uses_tools = messages.iter().any(|message| uses(message).next().is_some() || results(message).next().is_some());
    if uses_tools && request.tool_config.is_none() {
        return Some("The toolConfig field must be defined when using toolUse and toolResult content blocks.".into());
    }
    blank_text(messages).or_else(|| unanswered(messages))
}

fn blank_text(messages: &[Message]) -> Option<String> {
    messages.iter().enumerate().find_map(|(at, message)| {
        let is_blank = |text: &String| text.trim().is_empty();
        let place = message.content.iter().position(|block| block.text.as_ref().is_some_and(is_blank))?;
        Some(format!("The text field in the ContentBlock object at messages.{at}.content.{place} is blank."))
    })
}

/// The results of a message are those of the calls before it, all of them and no others.
fn unanswered(messages: &[Message]) -> Option<String> {
    messages.iter().enumerate().find_map(|(at, message)| {
        let before = at.checked_sub(1).map(|before| &messages[before]);
        let asked: Vec<_> = before.into_iter().flat_map(uses).map(|call| call.tool_use_id.as_str()).collect();
        let answered: Vec<_> = results(message).map(|result| result.tool_use_id.as_str()).collect();
        let missing: Vec<_> = asked.iter().filter(|id| !answered.contains(id)).copied().collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Some(format!(
                "Expected toolResult blocks at messages.{at}.content for the following Ids: {missing}"
            ));
        }
        (answered.len() > asked.len()).then(|| {
            format!(
                "The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of \
                 previous turn."
            )
        })
    })
}

fn uses(message: &Message) -> impl Iterator<Item = &ToolUse> {
    message.content.iter().filter_map(|block| block.tool_use.as_ref())
}

fn results(message: &Message) -> impl Iterator<Item = &ToolResult> {
    message.content.iter().filter_map(|block| block.tool_result.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(messages: Value) -> Option<String> {
        let tools = json!([{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}]);
        let request = json!({"messages": messages, "toolConfig": {"tools": tools}});
        fault(&serde_json::from_value(request).unwrap())
    }

    fn user(blocks: Value) -> Value {
        json!({"role": "user", "content": blocks})
    }

    fn assistant(blocks: Value) -> Value {
        json!({"role": "assistant", "content": blocks})
    }

    fn call(id: &str) -> Value {
        json!({"toolUse": {"toolUseId": id, "name": "t", "input": {}}})
    }

    fn result(id: &str) -> Value {
        json!({"toolResult": {"toolUseId": id, "content": [{"text": "r"}]}})
    }

    #[test]
    fn a_whole_conversation_is_accepted() {
        let (question, point) = (json!({"text": "q"}), json!({"cachePoint": {"type": "default"}}));
        let messages = json!([
            user(json!([question])),
            assistant(json!([call("a"), call("b")])),
            user(json!([result("b"), result("a"), point])),
            assistant(json!([{"text": "x"}])),
            user(json!([question]))
        ]);
        assert_eq!(found(messages), None);
    }

    #[test]
    fn calls_and_results_belong_together() {
        let question = user(json!([{"text": "q"}]));
        let missing = found(json!([question, assistant(json!([call("a"), call("b")])), user(json!([result("a")]))]));
        assert!(missing.unwrap().ends_with("messages.2.content for the following Ids: b"));
        let surplus = found(json!([user(json!([result("a")]))]));
        assert!(surplus.unwrap().contains("exceeds the number of toolUse blocks"));
    }

    #[test]
    fn roles_alternate_texts_say_something_and_tools_are_declared() {
        let question = user(json!([{"text": "q"}]));
        assert!(found(json!([assistant(json!([{"text": "a"}]))])).unwrap().contains("start with a user"));
        assert!(found(json!([question, question])).unwrap().contains("alternate"));
        assert!(found(json!([user(json!([{"text": " "}]))])).unwrap().contains("messages.0.content.0 is blank"));
        let request = json!({"messages": [question, assistant(json!([call("a")])), user(json!([result("a")]))]});
        assert!(fault(&serde_json::from_value(request).unwrap()).unwrap().contains("toolConfig field must be defined"));
    }
}
