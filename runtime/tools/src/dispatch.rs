//! The registry: which tools there are and what runs for each.

use contract::tool_call::ToolAnswer;
use contract::tool_settings::ToolSettings;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::answer::unknown_tool;
use crate::reader::Reader;
use crate::service::nested::Model;
use crate::service::{self, ServiceTool};
use crate::tool::{self, get_time, hello_world};

/// Every tool that this function answers.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    HelloWorld,
    GetTime,
    Service(&'static ServiceTool),
}

static SERVICES: [&ServiceTool; 18] = [
    &tool::ec2::TOOL,
    &tool::s3::TOOL,
    &tool::lambda::TOOL,
    &tool::cloudformation::TOOL,
    &tool::iam::TOOL,
    &tool::rds::TOOL,
    &tool::cloudwatch::TOOL,
    &tool::cost_explorer::TOOL,
    &tool::ecs::TOOL,
    &tool::eks::TOOL,
    &tool::sns::TOOL,
    &tool::sqs::TOOL,
    &tool::dynamodb::TOOL,
    &tool::route53::TOOL,
    &tool::apigateway::TOOL,
    &tool::ses::TOOL,
    &tool::bedrock::TOOL,
    &tool::sagemaker::TOOL,
];

impl Tool {
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::HelloWorld, Self::GetTime].into_iter().chain(SERVICES.into_iter().map(Self::Service))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::HelloWorld => "hello_world",
            Self::GetTime => "get_time",
            Self::Service(tool) => tool.name,
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|tool| tool.name() == name)
    }
}

/// The tools that read AWS.
pub(crate) fn service_tools() -> impl Iterator<Item = &'static ServiceTool> {
    SERVICES.into_iter()
}

/// What the tools run with.
pub struct Tools<'a> {
    pub settings: ToolSettings,
    pub reader: &'a dyn Reader,
    /// Chooses reads for questions that no recipe answers, where the settings want that.
    pub model: Option<&'a dyn Model>,
}

/// Every question that a service tool answers without a model: tool and recipe.
pub fn recipes() -> impl Iterator<Item = (&'static str, &'static str)> {
    SERVICES.into_iter().flat_map(|tool| tool.recipes.iter().map(|recipe| (tool.name, recipe.name)))
}

/// When a call happens and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub now: OffsetDateTime,
    /// After this time nothing is begun any more.
    pub begin_until: Instant,
    /// After this time calls in flight are given up.
    pub deadline: Instant,
}

/// An answer, and what the log may say about it.
pub(crate) struct Answered {
    pub answer: ToolAnswer,
    /// Name of the recipe or operation that ran; never the caller's text.
    pub ran: Option<String>,
}

/// Runs the tool of that name. Never fails: what goes wrong is in the answer.
pub(crate) async fn answer(name: &str, arguments: &Value, clock: Clock, tools: &Tools<'_>) -> Answered {
    let Some(tool) = Tool::named(name) else {
        return Answered { answer: unknown_tool(&service::shortened(name), clock.now), ran: None };
    };
    let mut outcome = match tool {
        Tool::HelloWorld => hello_world::run(arguments),
        Tool::GetTime => get_time::run(clock.now),
        Tool::Service(tool) => service::run(tool, arguments, clock, tools).await,
    };
    let ran = outcome.ran.take();
    Answered { answer: outcome.into_answer(name, clock.now), ran }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use serde_json::json;
    use time::macros::datetime;

    async fn answered(name: &str) -> ToolAnswer {
        let over = Instant::now();
        let clock = Clock { now: datetime!(2026-11-22 09:08:07 UTC), begin_until: over, deadline: over };
        let tools = Tools { settings: ToolSettings::default(), reader: &FakeAccount::default(), model: None };
        answer(name, &json!({}), clock, &tools).await.answer
    }

    #[test]
    fn the_registry_is_the_catalogue() {
        let catalogue: Vec<_> = contract::catalogue().iter().map(|tool| tool.name.as_str()).collect();
        let mut registry: Vec<_> = Tool::all().map(Tool::name).collect();
        registry.sort();
        let mut offered = catalogue.clone();
        offered.sort();
        assert_eq!(registry, offered);
    }

    #[tokio::test]
    async fn an_unknown_tool_is_answered_with_those_that_exist() {
        let answer = answered("ec2_write").await;
        assert!(!answer.success);
        assert_eq!(answer.error.as_deref(), Some("there is no tool ec2_write"));
        assert_eq!(answer.total_tools, Some(contract::catalogue().len()));
        assert!(answer.available_tools.unwrap().contains(&"get_time".to_owned()));
        assert_eq!(answer.categories.unwrap(), ["aws", "basic"]);
    }

    #[tokio::test]
    async fn a_known_tool_is_run_and_named() {
        let answer = answered("get_time").await;
        assert!(answer.success);
        assert_eq!((answer.tool.as_str(), answer.timestamp.as_str()), ("get_time", "2026-11-22T09:08:07Z"));
        assert_eq!(answer.result.unwrap()["time"], "2026-11-22T09:08:07Z");
    }
}
