//! Our messages and tools as the types of the Bedrock SDK.

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message as SdkMessage, ReasoningContentBlock,
    ReasoningTextBlock, Tool, ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock,
    ToolResultStatus, ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::Blob;

use super::{ModelRequest, ToolDefinition, document, sampling};
use crate::message::{Block, Message, Reasoning, ResultContent, Role, ToolResult, ToolStatus, ToolUse};

pub fn messages(request: &ModelRequest) -> Result<Vec<SdkMessage>, BuildError> {
    request.messages.iter().map(message).collect()
}

/// None without tools: an empty tool list is refused.
pub fn tools(request: &ModelRequest) -> Result<Option<ToolConfiguration>, BuildError> {
    if request.tools.is_empty() {
        return Ok(None);
    }
    let tools = request.tools.iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    ToolConfiguration::builder().set_tools(Some(tools)).build().map(Some)
}

pub fn inference(request: &ModelRequest, model: &str) -> InferenceConfiguration {
    let temperature = sampling::takes_temperature(model).then_some(request.temperature);
    InferenceConfiguration::builder().max_tokens(request.max_tokens).set_temperature(temperature).build()
}

fn message(message: &Message) -> Result<SdkMessage, BuildError> {
    let role = match message.role {
        Role::User => ConversationRole::User,
        Role::Assistant => ConversationRole::Assistant,
    };
    let content = message.content.iter().map(block).collect::<Result<Vec<_>, _>>()?;
    SdkMessage::builder().role(role).set_content(Some(content)).build()
}

fn block(block: &Block) -> Result<ContentBlock, BuildError> {
    Ok(match block {
        Block::Text(text) => ContentBlock::Text(text.clone()),
        Block::ToolUse(tool_use) => ContentBlock::ToolUse(self::tool_use(tool_use)?),
        Block::ToolResult(result) => ContentBlock::ToolResult(tool_result(result)?),
        Block::ReasoningContent(reasoning) => ContentBlock::ReasoningContent(self::reasoning(reasoning)?),
    })
}

fn tool_use(tool_use: &ToolUse) -> Result<ToolUseBlock, BuildError> {
    ToolUseBlock::builder()
        .tool_use_id(&tool_use.tool_use_id)
        .name(&tool_use.name)
        .input(document::of_json(&tool_use.input))
        .build()
}

fn tool_result(result: &ToolResult) -> Result<ToolResultBlock, BuildError> {
    let status = match result.status {
        ToolStatus::Success => ToolResultStatus::Success,
        ToolStatus::Error => ToolResultStatus::Error,
    };
    let texts = result.content.iter().map(|ResultContent::Text(text)| ToolResultContentBlock::Text(text.clone()));
    ToolResultBlock::builder()
        .tool_use_id(&result.tool_use_id)
        .set_content(Some(texts.collect()))
        .status(status)
        .build()
}

fn reasoning(reasoning: &Reasoning) -> Result<ReasoningContentBlock, BuildError> {
    Ok(match reasoning {
        Reasoning::ReasoningText { text, signature } => ReasoningContentBlock::ReasoningText(
            ReasoningTextBlock::builder().text(text).set_signature(signature.clone()).build()?,
        ),
        Reasoning::RedactedContent(bytes) => ReasoningContentBlock::RedactedContent(Blob::new(bytes.clone())),
    })
}

fn tool(definition: &ToolDefinition) -> Result<Tool, BuildError> {
    let specification = ToolSpecification::builder()
        .name(&definition.name)
        .description(&definition.description)
        .input_schema(ToolInputSchema::Json(document::of_json(&definition.input_schema)))
        .build()?;
    Ok(Tool::ToolSpec(specification))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> ModelRequest {
        ModelRequest {
            system: "be brief".into(),
            messages: vec![Message::user("hi")],
            tools: vec![ToolDefinition {
                name: "aws___get_time".into(),
                description: "The time.".into(),
                input_schema: json!({"type": "object"}),
            }],
            temperature: 0.5,
            max_tokens: 100,
        }
    }

    #[test]
    fn a_temperature_goes_only_to_models_that_take_it() {
        assert_eq!(inference(&request(), "us.anthropic.claude-sonnet-4-6").temperature(), Some(0.5));
        assert_eq!(inference(&request(), "us.anthropic.claude-sonnet-5-5").temperature(), None);
    }

    #[test]
    fn no_tools_means_no_tool_configuration() {
        assert_eq!(tools(&request()).unwrap().unwrap().tools().len(), 1);
        assert_eq!(tools(&ModelRequest { tools: Vec::new(), ..request() }).unwrap(), None);
    }

    #[test]
    fn a_reasoning_block_keeps_its_signature() {
        let thought = Reasoning::ReasoningText { text: "hm".into(), signature: Some("signed".into()) };
        let message = Message { role: Role::Assistant, content: vec![Block::ReasoningContent(thought)] };
        let sdk = messages(&ModelRequest { messages: vec![message], ..request() }).unwrap();
        let block = sdk[0].content()[0].as_reasoning_content().unwrap().as_reasoning_text().unwrap();
        assert_eq!(block.signature(), Some("signed"));
    }
}
