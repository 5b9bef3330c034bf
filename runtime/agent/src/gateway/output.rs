//! A tool's result as text for the model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::ToolOutput;

/// All texts, one after the other, and the structured content unless a text says the same. What is
/// no text is named and left out: the model could not read it, and it can be large.
pub fn output_of(result: CallToolResult) -> ToolOutput {
    let mut parts: Vec<_> = result.content.iter().map(block_text).collect();
    if let Some(structured) = &result.structured_content
        && !parts.iter().any(|text| is_same(text, structured))
    {
        parts.push(structured.to_string());
    }
    ToolOutput { success: result.is_error != Some(true), text: parts.join("\n") }
}

/// A server gives structured content as text too, for clients that know only text (MCP, "Structured Content").
fn is_same(text: &str, structured: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value == *structured)
}

fn block_text(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => left_out("image", &image.mime_type),
        ContentBlock::Audio(audio) => left_out("audio", &audio.mime_type),
        ContentBlock::Resource(embedded) => left_out("resource", uri_of(&embedded.resource)),
        ContentBlock::ResourceLink(link) => left_out("link to a resource", &link.uri),
        _ => "(content of an unknown kind left out)".to_owned(),
    }
}

fn uri_of(resource: &ResourceContents) -> &str {
    match resource {
        ResourceContents::TextResourceContents { uri, .. } | ResourceContents::BlobResourceContents { uri, .. } => uri,
        _ => "of an unknown kind",
    }
}

fn left_out(what: &str, name: &str) -> String {
    format!("({what} left out: {name})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text_of(result: Value) -> String {
        output_of(serde_json::from_value(result).unwrap()).text
    }

    #[test]
    fn all_texts_are_told() {
        let content = json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]);
        assert_eq!(text_of(json!({"content": content})), "one\ntwo");
    }

    #[test]
    fn structured_content_is_told_once() {
        let text = json!([{"type": "text", "text": "{\"b\": 2, \"a\": 1}"}]);
        let both = json!({"content": text, "structuredContent": {"a": 1, "b": 2}});
        assert_eq!(text_of(both), "{\"b\": 2, \"a\": 1}");
        let other = json!({"content": [{"type": "text", "text": "done"}], "structuredContent": {"a": 1}});
        assert_eq!(text_of(other), "done\n{\"a\":1}");
        assert_eq!(text_of(json!({"content": [], "structuredContent": {"a": 1}})), "{\"a\":1}");
    }

    #[test]
    fn what_is_no_text_is_named_and_not_dumped() {
        let content = json!([
            {"type": "image", "data": "aW1hZ2U=", "mimeType": "image/png"},
            {"type": "audio", "data": "YXVkaW8=", "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "whole file"}},
            {"type": "resource_link", "uri": "file:///b.txt", "name": "b"},
        ]);
        let expected = "(image left out: image/png)\n(audio left out: audio/wav)\n\
            (resource left out: file:///a.txt)\n(link to a resource left out: file:///b.txt)";
        assert_eq!(text_of(json!({"content": content})), expected);
    }
}
