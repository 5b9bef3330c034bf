//! Takes a Lambda event apart: the tool's name, its arguments and the time left.

use std::time::{Duration, SystemTime};

use contract::tool_call::{CONTEXT_TOOL_NAME, EVENT_TOOL_NAME_KEYS, ToolAnswer, tool_name};
use contract::tool_listing::{self, ToolListing};
use contract::tool_settings::Limits;
use lambda_runtime::{Context, Error, LambdaEvent};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::answer::Outcome;
use crate::dispatch::{self, Answered, Clock, Tools};
use crate::record::Record;

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

/// Answers one event: a tool call, or the question which tools there are. With
/// settings that cannot be read no tool runs, and every call is told why.
pub async fn handle(event: LambdaEvent<Value>, tools: &Result<Tools<'_>, String>) -> Result<Reply, Error> {
    let LambdaEvent { payload, context } = event;
    if context.client_context.is_none() && tool_listing::is_request(&payload) {
        tracing::info!(request_id = context.request_id, "tools listed");
        return Ok(Reply::Listing(ToolListing::of_catalogue()));
    }
    Ok(Reply::Answer(Box::new(call(payload, &context, tools).await)))
}

/// Runs one tool. The log says which one, never what was asked or answered.
async fn call(payload: Value, context: &Context, tools: &Result<Tools<'_>, String>) -> ToolAnswer {
    let started = Instant::now();
    let invocation = Invocation::new(context, payload);
    let Answered { answer, ran } = match tools {
        Ok(tools) => {
            let left = time_left(context.deadline, SystemTime::now());
            let clock = clock(started, left, &tools.settings.limits);
            dispatch::answer(&invocation.tool, &invocation.arguments, clock, tools).await
        }
        Err(fault) => unconfigured(&invocation.tool, fault),
    };
    Record::of(&answer, ran, started.elapsed()).log(&context.request_id);
    answer
}

/// The answer to every call of a function whose settings cannot be read.
fn unconfigured(tool: &str, fault: &str) -> Answered {
    let mut problem =
        contract::tool_call::Problem::new("config/tool-settings", format!("the tools are not set up: {fault}"));
    problem.hint = Some("correct the environment's settings of the tools and deploy again".into());
    let name = crate::service::shortened(tool);
    let answer = Outcome::problems(vec![problem]).into_answer(&name, OffsetDateTime::now_utc());
    Answered { answer, ran: None }
}

/// The limits' deadlines, and Lambda's before them.
fn clock(started: Instant, left: Option<Duration>, limits: &Limits) -> Clock {
    let within = |seconds| Duration::from_secs(seconds).min(left.unwrap_or(Duration::MAX));
    Clock {
        now: OffsetDateTime::now_utc(),
        begin_until: started + within(limits.soft_deadline_seconds),
        deadline: started + within(limits.hard_deadline_seconds),
    }
}

/// The time until the answer has to be on its way. `deadline` is Lambda's, in
/// milliseconds since 1970; 0 when there is none.
fn time_left(deadline: u64, now: SystemTime) -> Option<Duration> {
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(Some(deadline).filter(|deadline| *deadline > 0)?);
    Some(end.duration_since(now).unwrap_or_default().saturating_sub(RESERVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use contract::ToolSettings;
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
        let tools = Tools { settings: ToolSettings::default(), reader: &FakeAccount::default(), model: None };
        handle(LambdaEvent::new(event, context), &Ok(tools)).await.unwrap()
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

    #[tokio::test]
    async fn with_unreadable_settings_every_call_is_told_so() {
        for tool in ["aws___get_time", "aws___ec2_read_operations", "aws___nothing"] {
            let event = LambdaEvent::new(json!({"query": "q"}), context(Some(tool)));
            let fault = Err("read TOOL_SETTINGS: unknown field `limit`".to_owned());
            let Reply::Answer(answer) = handle(event, &fault).await.unwrap() else { panic!("it is no answer") };
            assert!(!answer.success);
            assert!(answer.error.unwrap().contains("unknown field `limit`"));
            assert_eq!(answer.problems[0].code, "config/tool-settings");
        }
    }

    #[test]
    fn the_time_left_keeps_a_reserve() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        assert_eq!(time_left(1_010_000, now), Some(Duration::from_secs(8)));
        assert_eq!(time_left(900_000, now), Some(Duration::ZERO));
        assert_eq!(time_left(0, now), None);
    }

    #[test]
    fn the_earlier_of_lambdas_and_the_settings_deadlines_counts() {
        let (started, limits) = (Instant::now(), Limits::default());
        let unbounded = clock(started, None, &limits);
        assert_eq!(unbounded.begin_until - started, Duration::from_secs(20));
        assert_eq!(unbounded.deadline - started, Duration::from_secs(45));
        let bounded = clock(started, Some(Duration::from_secs(30)), &limits);
        assert_eq!(bounded.begin_until - started, Duration::from_secs(20));
        assert_eq!(bounded.deadline - started, Duration::from_secs(30));
    }
}
