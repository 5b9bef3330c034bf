//! The model port over Bedrock's ConverseStream.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as Answer;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError as StreamError;
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamOutput as Event, ReasoningContentBlockDelta, SystemContentBlock,
};
use futures::{FutureExt, StreamExt, stream};

use super::refusal::Refusal;
use super::{Model, ModelAnswer, ModelEvent, ModelRequest, ModelStream, StopReason, request};
use crate::failure::{Code, Failure, causes};

/// A model and its fallbacks on Bedrock.
#[derive(Clone)]
pub struct BedrockModel {
    client: Client,
    /// In the order in which they are asked; never empty.
    models: Vec<String>,
}

impl BedrockModel {
    pub fn new(client: Client, model: String, fallbacks: Vec<String>) -> Self {
        Self { client, models: std::iter::once(model).chain(fallbacks).collect() }
    }

    /// Asks one model after the other until one of them is available. The first refusal is the one reported.
    async fn open(self, request: ModelRequest) -> Result<ModelStream, Failure> {
        let mut first = None;
        for model in &self.models {
            match self.ask(model, &request).await? {
                Ok(answer) => return Ok(events(answer, model.clone())),
                Err(refusal) if refusal.is_of_the_model() => {
                    tracing::warn!(model, error = refusal.code, "the model is not available");
                    first.get_or_insert((model, refusal));
                }
                Err(refusal) => return Err(refusal.into_failure(model)),
            }
        }
        let (model, refusal) = first.ok_or_else(|| Failure::internal("ask a model: none is configured"))?;
        Err(refusal.into_failure(model))
    }

    async fn ask(&self, model: &str, request: &ModelRequest) -> Result<Result<Answer, Refusal>, Failure> {
        let unbuildable = |error| Failure::internal(format!("build the request to model {model}: {error}"));
        let messages = request::messages(request).map_err(unbuildable)?;
        let tools = request::tools(request).map_err(unbuildable)?;
        let call = self
            .client
            .converse_stream()
            .model_id(model)
            .system(SystemContentBlock::Text(request.system.clone()))
            .set_messages(Some(messages))
            .set_tool_config(tools)
            .inference_config(request::inference(request, model));
        Ok(call.send().await.map_err(|error| refusal_of(&error)))
    }
}

impl Model for BedrockModel {
    fn converse(&self, request: ModelRequest) -> ModelAnswer {
        self.clone().open(request).boxed()
    }
}

fn events(answer: Answer, model: String) -> ModelStream {
    let received = stream::unfold((answer.stream, model, false), |(mut receiver, model, ended)| async move {
        if ended {
            return None;
        }
        match receiver.recv().await {
            Ok(Some(event)) => Some((Ok(event), (receiver, model, false))),
            Ok(None) => None,
            Err(error) => {
                let failure = broken(&error, &model);
                Some((Err(failure), (receiver, model, true)))
            }
        }
    });
    received.filter_map(|event| async { event.map(translate).transpose() }).boxed()
}

/// An exception in mid-stream carries its kind in a header, which becomes the variant and not the error's code.
fn broken<R: std::fmt::Debug>(error: &SdkError<StreamError, R>, model: &str) -> Failure {
    let (code, kind) = match error.as_service_error() {
        Some(StreamError::ThrottlingException(_)) => (Code::ModelThrottled, "throttled"),
        Some(StreamError::ServiceUnavailableException(_)) => (Code::ModelUnavailable, "unavailable"),
        Some(StreamError::ValidationException(_)) => (Code::ModelRefused, "refused"),
        _ => (Code::ModelBroken, "the stream broke off"),
    };
    let message = format!("read the answer of model {model}: {kind}: {}", refusal_of(error).message);
    Failure::new(code, message).hint("ask again in a moment")
}

/// Our event for one of Bedrock's; none for those that say nothing new.
fn translate(event: Event) -> Option<ModelEvent> {
    match event {
        Event::ContentBlockStart(start) => match start.start? {
            ContentBlockStart::ToolUse(tool) => {
                let block = start.content_block_index;
                Some(ModelEvent::ToolStarted { block, id: tool.tool_use_id, name: tool.name })
            }
            _ => None,
        },
        Event::ContentBlockDelta(delta) => delta_event(delta.content_block_index, delta.delta?),
        Event::MessageStop(stop) => Some(ModelEvent::Stopped(StopReason::parse(stop.stop_reason.as_str()))),
        Event::Metadata(metadata) => metadata.usage.map(|usage| ModelEvent::Usage {
            input_tokens: count(usage.input_tokens),
            output_tokens: count(usage.output_tokens),
        }),
        _ => None,
    }
}

fn delta_event(block: i32, delta: ContentBlockDelta) -> Option<ModelEvent> {
    Some(match delta {
        ContentBlockDelta::Text(text) => ModelEvent::Text { block, text },
        ContentBlockDelta::ToolUse(tool) => ModelEvent::ToolInput { block, fragment: tool.input },
        ContentBlockDelta::ReasoningContent(reasoning) => match reasoning {
            ReasoningContentBlockDelta::Text(text) => ModelEvent::Reasoning { block, text },
            ReasoningContentBlockDelta::Signature(signature) => ModelEvent::Signature { block, signature },
            ReasoningContentBlockDelta::RedactedContent(blob) => {
                ModelEvent::Redacted { block, bytes: blob.into_inner() }
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn count(tokens: i32) -> u64 {
    u64::try_from(tokens).unwrap_or_default()
}

fn refusal_of<E, R>(error: &SdkError<E, R>) -> Refusal
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error.as_service_error() {
        Some(service) => Refusal {
            code: service.code().unwrap_or("UnknownException").to_owned(),
            message: service.message().unwrap_or("AWS gave no reason").to_owned(),
        },
        None => Refusal { code: "NoAnswer".into(), message: causes(error) },
    }
}

#[cfg(test)]
#[path = "bedrock_tests.rs"]
mod tests;
