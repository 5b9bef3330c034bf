//! The model port over Bedrock's ConverseStream.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse_stream::builders::ConverseStreamFluentBuilder;
use contract::agent_settings::Guardrail;
use futures::FutureExt;

use super::caching::CachePoints;
use super::refusal::{Refusal, Remedy, Tried, failure_of};
use super::stable_order::StableOrder;
use super::{Model, ModelAnswer, ModelRequest, ModelStream, request, stream};
use crate::backoff::Backoff;
use crate::failure::Failure;

/// Pauses between attempts at one model. Bedrock's quotas are per minute, and a user waits:
/// four attempts take 1.75 seconds on average.
const BACKOFF: Backoff = Backoff { base: Duration::from_millis(500), most: Duration::from_secs(8) };

/// How models are asked, the same for every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BedrockConfiguration {
    /// Models or inference profiles in the order in which they are asked; at least one.
    pub models: Vec<String>,
    /// Attempts at one model before the next is asked; at least 1.
    pub attempts: u32,
    /// Lets Bedrock keep the prompt's beginning, for models that can.
    pub prompt_caching: bool,
    pub guardrail: Option<Guardrail>,
}

/// A model and its fallbacks on Bedrock. The client's own retries must be off, or attempts multiply.
#[derive(Clone)]
pub struct BedrockModel {
    client: Client,
    configuration: Arc<BedrockConfiguration>,
}

impl BedrockModel {
    pub fn new(client: Client, configuration: BedrockConfiguration) -> Self {
        Self { client, configuration: Arc::new(configuration) }
    }

    /// Asks one model after the other until one of them answers. The first refusal classes the failure,
    /// unless a later one says that no model can help.
    async fn open(self, request: ModelRequest) -> Result<ModelStream, Failure> {
        let mut tried: Vec<Tried> = Vec::new();
        for model in &self.configuration.models {
            let points = if self.configuration.prompt_caching { CachePoints::of(model) } else { CachePoints::Nowhere };
            let refused = match self.attempt(model, &request, points).await? {
                Ok(answer) => return Ok(answer),
                Err(refused) => refused,
            };
            tracing::warn!(
                model,
                error = refused.refusal.code,
                attempts = refused.attempts,
                "the model did not answer"
            );
            let is_final = refused.refusal.remedy() == Remedy::Nothing;
            tried.push(refused);
            if is_final {
                return Err(failure_of(&tried, &tried[tried.len() - 1]));
            }
        }
        match tried.first() {
            Some(first) => Err(failure_of(&tried, first)),
            None => Err(Failure::internal("ask a model: none is configured")),
        }
    }

    /// Asks one model until it answers, or no further attempt helps.
    async fn attempt(
        &self,
        model: &str,
        request: &ModelRequest,
        mut points: CachePoints,
    ) -> Result<Result<ModelStream, Tried>, Failure> {
        let mut attempts = 1;
        loop {
            let refusal = match self.ask(model, request, points).await? {
                Ok(answer) => return Ok(Ok(answer)),
                Err(refusal) => refusal,
            };
            match refusal.remedy() {
                Remedy::LeaveOutCachePoints if points != CachePoints::Nowhere => points = CachePoints::Nowhere,
                Remedy::AskAgain if attempts < self.configuration.attempts => {
                    tokio::time::sleep(BACKOFF.pause(attempts)).await;
                    attempts += 1;
                }
                _ => return Ok(Err(Tried { model: model.to_owned(), attempts, refusal })),
            }
        }
    }

    async fn ask(
        &self,
        model: &str,
        request: &ModelRequest,
        points: CachePoints,
    ) -> Result<Result<ModelStream, Refusal>, Failure> {
        let call = self
            .call(model, request, points)
            .map_err(|error| Failure::internal(format!("build the request to model {model}: {error}")))?;
        match call.customize().interceptor(StableOrder).send().await {
            Ok(answer) => Ok(stream::begin(answer, model).await),
            Err(error) => Ok(Err(Refusal::of(&error))),
        }
    }

    fn call(
        &self,
        model: &str,
        request: &ModelRequest,
        points: CachePoints,
    ) -> Result<ConverseStreamFluentBuilder, BuildError> {
        let guardrail = self.configuration.guardrail.as_ref().map(request::guardrail).transpose()?;
        let call = self
            .client
            .converse_stream()
            .model_id(model)
            .set_system(Some(request::system(request, points)?))
            .set_messages(Some(request::messages(request, model, points)?))
            .set_tool_config(request::tools(request, points)?)
            .set_guardrail_config(guardrail)
            .inference_config(request::inference(request, model));
        Ok(call)
    }
}

impl Model for BedrockModel {
    fn converse(&self, request: ModelRequest) -> ModelAnswer {
        self.clone().open(request).boxed()
    }
}

#[cfg(test)]
#[path = "bedrock_tests.rs"]
mod tests;
