//! The model port over Bedrock's Converse.

use aws_config::BehaviorVersion;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message, SystemContentBlock, Tool, ToolConfiguration,
    ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolSpecification, ToolUseBlock,
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_types::{Document, Number};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::{Conversation, Exchange, Model, ModelCall, TOOL, Turn};

/// Tokens of one turn.
const TOKENS: i32 = 2_000;

/// A model on Bedrock; the client is made at the first turn.
#[derive(Debug)]
pub struct BedrockModel {
    client: OnceCell<Client>,
    model_id: String,
}

impl BedrockModel {
    /// `model_id` as Converse takes it: a model's or an inference profile's.
    pub fn new(model_id: String) -> Self {
        Self { client: OnceCell::new(), model_id }
    }

    async fn ask(&self, conversation: &Conversation) -> Result<Turn, String> {
        let unbuildable = |error: BuildError| format!("build the request to the model: {error}");
        let client = self.client.get_or_init(connect).await;
        let call = client
            .converse()
            .model_id(&self.model_id)
            .system(SystemContentBlock::Text(conversation.system.clone()))
            .set_messages(Some(messages(conversation).map_err(unbuildable)?))
            .tool_config(tools(&conversation.schema).map_err(unbuildable)?)
            .inference_config(InferenceConfiguration::builder().max_tokens(TOKENS).build());
        let answer = call.send().await.map_err(|error| {
            let code = error.code().unwrap_or("no answer").to_owned();
            format!("ask model {}: {code}", self.model_id)
        })?;
        let message = answer.output().and_then(|output| output.as_message().ok());
        Ok(message.map(|message| turn(message.content())).unwrap_or_default())
    }
}

impl Model for BedrockModel {
    fn turn<'a>(&'a self, conversation: &'a Conversation) -> BoxFuture<'a, Result<Turn, String>> {
        Box::pin(self.ask(conversation))
    }
}

async fn connect() -> Client {
    let ring = tls::Provider::Rustls(CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(ring).build_https();
    Client::new(&aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await)
}

/// The question, then the model's turns and the results of their calls in turn.
fn messages(conversation: &Conversation) -> Result<Vec<Message>, BuildError> {
    let question = vec![ContentBlock::Text(conversation.question.clone())];
    let mut messages = vec![message(ConversationRole::User, question)?];
    for Exchange { turn, results } in &conversation.exchanges {
        let text = Some(turn.text.trim()).filter(|text| !text.is_empty());
        let mut said: Vec<_> = text.map(|text| ContentBlock::Text(text.to_owned())).into_iter().collect();
        for call in &turn.calls {
            said.push(ContentBlock::ToolUse(
                ToolUseBlock::builder().tool_use_id(&call.id).name(TOOL).input(document(&call.input)).build()?,
            ));
        }
        messages.push(message(ConversationRole::Assistant, said)?);
        let results = turn.calls.iter().zip(results).map(|(call, result)| {
            let content = ToolResultContentBlock::Text(result.clone());
            Ok(ContentBlock::ToolResult(ToolResultBlock::builder().tool_use_id(&call.id).content(content).build()?))
        });
        messages.push(message(ConversationRole::User, results.collect::<Result<_, BuildError>>()?)?);
    }
    Ok(messages)
}

fn message(role: ConversationRole, content: Vec<ContentBlock>) -> Result<Message, BuildError> {
    Message::builder().role(role).set_content(Some(content)).build()
}

fn tools(schema: &Value) -> Result<ToolConfiguration, BuildError> {
    let specification = ToolSpecification::builder()
        .name(TOOL)
        .description("Makes one read of AWS and gives its output.")
        .input_schema(ToolInputSchema::Json(document(schema)))
        .build()?;
    ToolConfiguration::builder().tools(Tool::ToolSpec(specification)).build()
}

/// Calls of any other tool than the one that there is come as calls without an operation.
fn turn(content: &[ContentBlock]) -> Turn {
    let mut turn = Turn::default();
    for block in content {
        match block {
            ContentBlock::Text(text) => turn.text.push_str(text),
            ContentBlock::ToolUse(call) => {
                let input = if call.name() == TOOL { value(call.input()) } else { json!({}) };
                turn.calls.push(ModelCall { id: call.tool_use_id().to_owned(), input });
            }
            _ => {}
        }
    }
    turn
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (_, Some(number)) => Number::NegInt(number),
            _ => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => {
            Document::Object(members.iter().map(|(name, member)| (name.clone(), document(member))).collect())
        }
    }
}

fn value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => json!(flag),
        Document::Number(Number::PosInt(number)) => json!(number),
        Document::Number(Number::NegInt(number)) => json!(number),
        Document::Number(Number::Float(number)) => json!(number),
        Document::String(text) => json!(text),
        Document::Array(items) => items.iter().map(value).collect(),
        Document::Object(members) => {
            let members: Map<_, _> = members.iter().map(|(name, member)| (name.clone(), value(member))).collect();
            Value::Object(members)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_alternates_between_question_calls_and_results() {
        let call = ModelCall { id: "t1".into(), input: json!({"operation": "DescribeVolumes", "max_items": 5}) };
        let exchange =
            Exchange { turn: Turn { text: "Let me look.".into(), calls: vec![call] }, results: vec!["{}".into()] };
        let conversation = Conversation { question: "q".into(), exchanges: vec![exchange], ..Conversation::default() };
        let messages = messages(&conversation).unwrap();
        let roles: Vec<_> = messages.iter().map(|message| message.role().as_str()).collect();
        assert_eq!(roles, ["user", "assistant", "user"]);
        assert_eq!(turn(messages[1].content()), conversation.exchanges[0].turn);
        let result = messages[2].content()[0].as_tool_result().unwrap();
        assert_eq!(result.tool_use_id(), "t1");
    }

    #[test]
    fn a_call_of_another_tool_says_nothing() {
        let block = ToolUseBlock::builder().tool_use_id("t").name("write").input(document(&json!({"operation": "x"})));
        let turn = turn(&[ContentBlock::ToolUse(block.build().unwrap())]);
        assert_eq!(turn.calls[0].input, json!({}));
    }

    #[test]
    fn json_survives_the_way_through_documents() {
        let all = json!({"a": [1, -2, 1.5, true, null, "t"], "b": {"c": {}}});
        assert_eq!(value(&document(&all)), all);
    }
}
