//! The registry: which tools there are and what runs for each.

use contract::tool_call::ToolAnswer;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::answer::unknown_tool;
use crate::reader::Reader;
use crate::{get_time, hello_world, s3};

/// Every tool that this function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    HelloWorld,
    GetTime,
    S3,
}

impl Tool {
    pub const ALL: [Self; 3] = [Self::HelloWorld, Self::GetTime, Self::S3];

    pub fn name(self) -> &'static str {
        match self {
            Self::HelloWorld => "hello_world",
            Self::GetTime => "get_time",
            Self::S3 => "s3_read_operations",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }
}

/// When a call happens and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: OffsetDateTime,
    pub deadline: Instant,
}

/// Runs the tool of that name. Never fails: what goes wrong is in the answer.
pub async fn answer(name: &str, arguments: &Value, clock: Clock, reader: &impl Reader) -> ToolAnswer {
    let Some(tool) = Tool::named(name) else {
        return unknown_tool(&aws_read::cleaned(name), clock.now);
    };
    let outcome = match tool {
        Tool::HelloWorld => hello_world::run(arguments),
        Tool::GetTime => get_time::run(clock.now),
        Tool::S3 => s3::run(arguments, clock.deadline, reader).await,
    };
    outcome.into_answer(name, clock.now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeReader;
    use serde_json::json;
    use time::macros::datetime;

    fn clock() -> Clock {
        Clock { now: datetime!(2026-11-22 09:08:07 UTC), deadline: Instant::now() }
    }

    #[test]
    fn the_registry_is_the_catalogue() {
        let catalogue: Vec<_> = contract::catalogue().iter().map(|tool| tool.name.as_str()).collect();
        let mut registry = Tool::ALL.map(Tool::name).to_vec();
        registry.sort();
        let mut offered = catalogue.clone();
        offered.sort();
        assert_eq!(registry, offered);
    }

    #[tokio::test]
    async fn an_unknown_tool_is_answered_with_those_that_exist() {
        let answer = answer("ec2_write", &json!({}), clock(), &FakeReader::default()).await;
        assert!(!answer.success);
        assert_eq!(answer.error.as_deref(), Some("there is no tool ec2_write"));
        assert_eq!(answer.total_tools, Some(contract::catalogue().len()));
        assert!(answer.available_tools.unwrap().contains(&"get_time".to_owned()));
        assert_eq!(answer.categories.unwrap(), ["aws", "basic"]);
    }

    #[tokio::test]
    async fn a_known_tool_is_run_and_named() {
        let answer = answer("get_time", &json!({}), clock(), &FakeReader::default()).await;
        assert!(answer.success);
        assert_eq!((answer.tool.as_str(), answer.timestamp.as_str()), ("get_time", "2026-11-22T09:08:07Z"));
        assert_eq!(answer.result.unwrap()["time"], "2026-11-22T09:08:07Z");
    }
}
