//! The registry: which tools there are and what runs for each.

use contract::tool_call::ToolAnswer;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::answer::unknown_tool;
use crate::reader::Reader;
use crate::service::{self, ServiceTool};
use crate::tool::{self, get_time, hello_world};

/// Every tool that this function answers.
#[derive(Clone, Copy)]
pub enum Tool {
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

/// When a call happens and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: OffsetDateTime,
    pub deadline: Instant,
}

/// Runs the tool of that name. Never fails: what goes wrong is in the answer.
pub async fn answer(name: &str, arguments: &Value, clock: Clock, reader: &dyn Reader) -> ToolAnswer {
    let Some(tool) = Tool::named(name) else {
        return unknown_tool(&aws_read::cleaned(name), clock.now);
    };
    let outcome = match tool {
        Tool::HelloWorld => hello_world::run(arguments),
        Tool::GetTime => get_time::run(clock.now),
        Tool::Service(tool) => service::run(tool, arguments, clock, reader).await,
    };
    outcome.into_answer(name, clock.now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use serde_json::json;
    use time::macros::datetime;

    fn clock() -> Clock {
        Clock { now: datetime!(2026-11-22 09:08:07 UTC), deadline: Instant::now() }
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
        let answer = answer("ec2_write", &json!({}), clock(), &FakeAccount::default()).await;
        assert!(!answer.success);
        assert_eq!(answer.error.as_deref(), Some("there is no tool ec2_write"));
        assert_eq!(answer.total_tools, Some(contract::catalogue().len()));
        assert!(answer.available_tools.unwrap().contains(&"get_time".to_owned()));
        assert_eq!(answer.categories.unwrap(), ["aws", "basic"]);
    }

    #[tokio::test]
    async fn a_known_tool_is_run_and_named() {
        let answer = answer("get_time", &json!({}), clock(), &FakeAccount::default()).await;
        assert!(answer.success);
        assert_eq!((answer.tool.as_str(), answer.timestamp.as_str()), ("get_time", "2026-11-22T09:08:07Z"));
        assert_eq!(answer.result.unwrap()["time"], "2026-11-22T09:08:07Z");
    }
}
