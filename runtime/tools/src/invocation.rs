//! Takes a Lambda event apart: the tool's name, its arguments and the time left.

use std::time::{Duration, SystemTime};

use contract::tool_call::{CONTEXT_TOOL_NAME, EVENT_TOOL_NAME_KEYS, ToolAnswer, tool_name};
use contract::tool_listing::{self, ToolListing};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;
use tracing::info;

use crate::dispatch::{self, Clock};
use crate::reader::Reader;

/// After this time an answer is sent with what there is.
const LONGEST: Duration = Duration::from_secs(20);

/// Kept for sending the answer before Lambda ends the invocation.
const RESERVE: Duration = Duration::from_secs(2);

/// One tool call.
#[derive(Debug, PartialEq)]
pub struct Invocation {
    /// Without the target's prefix; empty when the event names no tool.
    pub tool: String,
    pub arguments: Value,
}

impl Invocation {
    /// The gateway names the tool in the client context and sends the bare
    /// arguments; other callers name it in the event.
    pub fn new(context: &Context, event: Value) -> Self {
        let custom = context.client_context.as_ref().map(|context| &context.custom);
        if let Some(name) = custom.and_then(|custom| custom.get(CONTEXT_TOOL_NAME)) {
            return Self { tool: tool_name(name).into(), arguments: event };
        }
        Self::from_event(event)
    }

    /// The member that names the tool is not one of its arguments.
    fn from_event(mut event: Value) -> Self {
        let named = EVENT_TOOL_NAME_KEYS.into_iter().find_map(|key| Some((key, event.get(key)?.as_str()?.to_owned())));
        let Some((key, name)) = named else { return Self { tool: String::new(), arguments: event } };
        if let Some(members) = event.as_object_mut() {
            members.remove(key);
        }
        Self { tool: tool_name(&name).into(), arguments: event }
    }
}

/// What an invocation ends with.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Answer(Box<ToolAnswer>),
    Listing(ToolListing),
}

/// Answers one event: a tool call, or the question which tools there are.
pub async fn handle(event: LambdaEvent<Value>, reader: &dyn Reader) -> Result<Reply, Error> {
    let LambdaEvent { payload, context } = event;
    if context.client_context.is_none() && tool_listing::is_request(&payload) {
        info!(request_id = context.request_id, "tools listed");
        return Ok(Reply::Listing(ToolListing::of_catalogue()));
    }
    Ok(Reply::Answer(Box::new(call(payload, &context, reader).await)))
}

/// Runs one tool. The log says which one, never what was asked or answered.
async fn call(payload: Value, context: &Context, reader: &dyn Reader) -> ToolAnswer {
    let started = Instant::now();
    let deadline = started + time_left(context.deadline, SystemTime::now());
    let clock = Clock { now: OffsetDateTime::now_utc(), deadline };
    let invocation = Invocation::new(context, payload);
    let answer = dispatch::answer(&invocation.tool, &invocation.arguments, clock, reader).await;
    // An unknown name is the caller's text, so it stays out of the log.
    let tool = dispatch::Tool::named(&answer.tool).map_or("unknown", dispatch::Tool::name);
    let milliseconds = started.elapsed().as_millis() as u64;
    info!(tool, success = answer.success, milliseconds, request_id = context.request_id, "tool call answered");
    answer
}

/// `deadline` is Lambda's, in milliseconds since 1970; 0 when there is none.
fn time_left(deadline: u64, now: SystemTime) -> Duration {
    if deadline == 0 {
        return LONGEST;
    }
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline);
    end.duration_since(now).unwrap_or_default().saturating_sub(RESERVE).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use serde_json::json;

    fn context(tool: Option<&str>) -> Context {
        let mut context = Context::default();
        let custom = tool.map(|tool| json!({"custom": {CONTEXT_TOOL_NAME: tool}}));
        context.client_context = custom.map(|custom| serde_json::from_value(custom).unwrap());
        context
    }

    #[test]
    fn the_client_context_names_the_tool_and_the_event_is_the_arguments() {
        let event = json!({"name": "Ada", "query": "q"});
        let invocation = Invocation::new(&context(Some("aws___hello_world")), event.clone());
        assert_eq!(invocation, Invocation { tool: "hello_world".into(), arguments: event });
    }

    #[test]
    fn without_a_context_the_event_names_the_tool() {
        for key in EVENT_TOOL_NAME_KEYS {
            let invocation = Invocation::new(&context(None), json!({key: "aws___get_time", "query": "q"}));
            assert_eq!(invocation, Invocation { tool: "get_time".into(), arguments: json!({"query": "q"}) });
        }
        let both = Invocation::new(&context(None), json!({"name": "Ada", "tool_name": "hello_world"}));
        assert_eq!(both, Invocation { tool: "hello_world".into(), arguments: json!({"name": "Ada"}) });
    }

    #[test]
    fn an_event_of_any_form_is_taken() {
        for event in [json!(null), json!([]), json!("get_time"), json!({"tool_name": 5})] {
            assert_eq!(Invocation::new(&context(None), event).tool, "");
        }
    }

    async fn reply(context: Context, event: Value) -> Reply {
        handle(LambdaEvent::new(event, context), &FakeAccount::default()).await.unwrap()
    }

    #[tokio::test]
    async fn the_catalogue_is_listed_to_who_asks_without_a_gateway() {
        let Reply::Listing(listing) = reply(context(None), tool_listing::request()).await else {
            panic!("it is no listing")
        };
        assert_eq!(listing.tools, contract::catalogue());
    }

    #[tokio::test]
    async fn through_a_gateway_the_same_event_is_a_tools_arguments() {
        let Reply::Answer(answer) = reply(context(Some("aws___get_time")), tool_listing::request()).await else {
            panic!("it is no answer")
        };
        assert_eq!((answer.success, answer.tool.as_str()), (true, "get_time"));
    }

    #[test]
    fn the_time_left_keeps_a_reserve_and_has_a_ceiling() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        assert_eq!(time_left(1_010_000, now), Duration::from_secs(8));
        assert_eq!(time_left(2_000_000, now), LONGEST);
        assert_eq!(time_left(900_000, now), Duration::ZERO);
        assert_eq!(time_left(0, now), LONGEST);
    }
}
