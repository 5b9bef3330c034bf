//! The offline planner: from the conversation and the tools to the next turn.
//! Pure: the same request always gives the same turn.
//!
//! A tool is chosen when its name or description holds words of the question.
//! A word counts the more, the fewer tools it fits. Once a question has tool
//! results, the turn is an answer made of them; no tool is asked twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;

use super::{
    answer,
    request::{ConverseRequest, Message, Role, Tool, ToolResult, ToolUse},
    turn::{PlannedCall, Turn},
    words::words,
};

/// A word in a tool's name says more than one in its description.
const NAME_WEIGHT: f64 = 6.0;
const DESCRIPTION_WEIGHT: f64 = 3.0;
/// A tool needs at least a word of its own in its description, or one in its
/// name that no more than two others share.
const THRESHOLD: f64 = 2.0;

/// Decides the next turn.
pub fn plan(request: &ConverseRequest) -> Turn {
    if request.is_summary() {
        return says(answer::summary(&conversation_words(&request.messages)));
    }
    let tools = request.tools();
    let asked = Question::of(&request.messages);
    if !asked.outcomes.is_empty() {
        return says(answer::from_results(&asked.outcomes));
    }
    let calls: Vec<_> = choose(&asked.text, &tools).into_iter().map(|tool| call(tool, &asked.text)).collect();
    let text = match calls.is_empty() {
        true => answer::without_tool(&tools),
        false => answer::before_tools(&calls),
    };
    Turn { text, calls, ..Turn::default() }
}

fn says(text: String) -> Turn {
    Turn { text, ..Turn::default() }
}

/// What the user's messages are about.
fn conversation_words(messages: &[Message]) -> BTreeSet<String> {
    messages.iter().filter(|message| message.role == Role::User).flat_map(|message| words(&message.text())).collect()
}

/// A tool that was asked for this question and what it said.
#[derive(Debug)]
pub struct Outcome<'a> {
    pub tool: &'a str,
    pub result: &'a ToolResult,
}

struct Question<'a> {
    text: String,
    outcomes: Vec<Outcome<'a>>,
}

impl<'a> Question<'a> {
    /// The latest user message with text, and the results that came after it.
    fn of(messages: &'a [Message]) -> Self {
        let is_question = |message: &Message| message.role == Role::User && !message.text().is_empty();
        let start = messages.iter().rposition(is_question).unwrap_or(0);
        let since = messages.get(start..).unwrap_or_default();
        let blocks = || since.iter().flat_map(|message| &message.content);
        let uses: Vec<&ToolUse> = blocks().filter_map(|block| block.tool_use.as_ref()).collect();
        let results = blocks().filter_map(|block| block.tool_result.as_ref());
        let outcomes = results.filter_map(|result| {
            let call = uses.iter().find(|call| call.tool_use_id == result.tool_use_id)?;
            Some(Outcome { tool: &call.name, result })
        });
        Self { text: since.first().map(Message::text).unwrap_or_default(), outcomes: outcomes.collect() }
    }
}

/// The tools that explain the question's words: the best one first, then
/// whichever best explains what is left of it.
fn choose<'a>(question: &str, tools: &'a [Tool]) -> Vec<&'a Tool> {
    let vocabulary: Vec<_> = tools.iter().filter(|tool| is_callable(tool)).map(Described::new).collect();
    let weights = Weights::of(&vocabulary);
    let mut open = words(question);
    let mut chosen: Vec<&Described> = Vec::new();
    while chosen.len() < vocabulary.len() {
        let rest = vocabulary.iter().filter(|tool| !chosen.iter().any(|known| known.tool.name == tool.tool.name));
        let scored = rest.map(|tool| (weights.score(tool, &open), tool));
        // The first of equals, so that the order of the tools decides.
        let best = scored.fold(None, |best: Option<(f64, &Described)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
        let Some((score, tool)) = best else { break };
        if score < THRESHOLD {
            break;
        }
        open.retain(|word| !tool.name.contains(word) && !tool.description.contains(word));
        chosen.push(tool);
    }
    chosen.into_iter().map(|described| described.tool).collect()
}

/// Only texts can be filled from a question.
fn is_callable(tool: &Tool) -> bool {
    tool.required().all(|(_, schema)| schema["type"] == "string")
}

struct Described<'a> {
    tool: &'a Tool,
    name: BTreeSet<String>,
    description: BTreeSet<String>,
}

impl<'a> Described<'a> {
    fn new(tool: &'a Tool) -> Self {
        Self { tool, name: words(&tool.name), description: words(&tool.description) }
    }
}

/// In how many tools a word stands.
#[derive(Default)]
struct Weights {
    names: BTreeMap<String, f64>,
    descriptions: BTreeMap<String, f64>,
}

impl Weights {
    fn of(tools: &[Described<'_>]) -> Self {
        let mut weights = Self::default();
        for tool in tools {
            tool.name.iter().for_each(|word| *weights.names.entry(word.clone()).or_default() += 1.0);
            tool.description.iter().for_each(|word| *weights.descriptions.entry(word.clone()).or_default() += 1.0);
        }
        weights
    }

    /// A name counts by the share of it that was said: of `get_time` and
    /// `get_time_zone`, "time" means the first.
    fn score(&self, tool: &Described<'_>, question: &BTreeSet<String>) -> f64 {
        let sum = |words: &BTreeSet<String>, spread: &BTreeMap<String, f64>| -> f64 {
            question.intersection(words).map(|word| spread.get(word).map_or(0.0, |tools| 1.0 / tools)).sum()
        };
        let said = question.intersection(&tool.name).count() as f64 / tool.name.len().max(1) as f64;
        let name = NAME_WEIGHT * sum(&tool.name, &self.names) * said;
        name + DESCRIPTION_WEIGHT * sum(&tool.description, &self.descriptions)
    }
}

fn call(tool: &Tool, question: &str) -> PlannedCall {
    let input: Map<_, _> = tool.required().map(|(name, _)| (name.to_owned(), question.into())).collect();
    PlannedCall { tool: tool.name.clone(), input: input.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn tool(name: &str, description: &str, required: &[&str]) -> Value {
        let properties: Map<_, _> =
            required.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        let schema = json!({"type": "object", "properties": properties, "required": required});
        json!({"toolSpec": {"name": name, "description": description, "inputSchema": {"json": schema}}})
    }

    /// The catalogue as the gateway lists it, and more of its kind.
    fn tools() -> Vec<Value> {
        let mut tools: Vec<_> = contract::catalogue()
            .iter()
            .map(|tool| {
                json!({"toolSpec": {"name": tool.full_name("aws"), "description": tool.description,
                    "inputSchema": {"json": tool.input_schema}}})
            })
            .collect();
        let more = [
            ("aws___ec2_read_operations", "Reads Amazon EC2: instances, virtual machines, volumes, security groups."),
            ("aws___rds_read_operations", "Reads Amazon RDS: database instances, clusters, snapshots."),
            ("aws___cost_explorer_read_operations", "Reads AWS Cost Explorer: what was spent, by service and by time."),
        ];
        let known = |name: &str, tools: &[Value]| tools.iter().any(|tool| tool["toolSpec"]["name"] == name);
        for (name, description) in more {
            if !known(name, &tools) {
                tools.push(tool(name, description, &["query"]));
            }
        }
        tools
    }

    fn turn(messages: Value) -> Turn {
        let request = json!({"messages": messages, "toolConfig": {"tools": tools()}, "additional": {"x": 1}});
        plan(&serde_json::from_value(request).unwrap())
    }

    fn chosen(question: &str) -> Vec<String> {
        let turn = turn(json!([{"role": "user", "content": [{"text": question}]}]));
        assert!(turn.text.contains("Offline planner"), "{}", turn.text);
        turn.calls.into_iter().map(|call| call.tool).collect()
    }

    #[test]
    fn the_question_s_words_choose_the_tool() {
        assert_eq!(chosen("What time is it?"), ["aws___get_time"]);
        assert_eq!(chosen("List my S3 buckets"), ["aws___s3_read_operations"]);
        assert_eq!(chosen("Show me every bucket"), ["aws___s3_read_operations"]);
        assert_eq!(chosen("How many virtual machines do I have?"), ["aws___ec2_read_operations"]);
        assert_eq!(chosen("Which databases are there?"), ["aws___rds_read_operations"]);
        assert_eq!(chosen("What did I spend? Show the cost."), ["aws___cost_explorer_read_operations"]);
    }

    #[test]
    fn several_clear_matches_choose_several_tools() {
        let mut tools = chosen("What time is it, and which S3 buckets and EC2 instances do I have?");
        tools.sort();
        assert_eq!(tools, ["aws___ec2_read_operations", "aws___get_time", "aws___s3_read_operations"]);
    }

    #[test]
    fn a_greeting_chooses_hello_world_or_nothing() {
        assert_eq!(chosen("hello"), ["aws___hello_world"]);
        assert_eq!(chosen("good morning"), Vec::<String>::new());
        assert_eq!(chosen("What can you do for me?"), Vec::<String>::new());
    }

    #[test]
    fn a_query_argument_is_the_whole_question() {
        let turn = turn(json!([{"role": "user", "content": [{"text": "List my S3 buckets"}]}]));
        assert_eq!(turn.calls[0].input, json!({"query": "List my S3 buckets"}));
    }

    #[test]
    fn the_shorter_name_wins_a_word_that_two_names_share() {
        let tools = [tool("current_time", "Current time.", &[]), tool("get_time", "Current time.", &[])];
        let request = json!({"messages": [{"role": "user", "content": [{"text": "What time is it?"}]}],
            "toolConfig": {"tools": tools}});
        let turn = plan(&serde_json::from_value(request).unwrap());
        assert_eq!(turn.calls.len(), 1);
    }

    #[test]
    fn results_are_answered_and_no_tool_is_called_twice() {
        let result = json!({"success": true, "tool": "s3_read_operations", "result": {"Buckets": [
            {"Name": "alpha", "Region": "us-east-1"}, {"Name": "beta", "Region": "eu-west-1"}]}});
        let turn = turn(json!([
            {"role": "user", "content": [{"text": "List my S3 buckets"}]},
            {"role": "assistant", "content": [{"text": "..."},
                {"toolUse": {"toolUseId": "t1", "name": "aws___s3_read_operations", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t1",
                "content": [{"text": result.to_string()}], "status": "success"}}]},
        ]));
        assert_eq!(turn.calls, []);
        for expected in ["Offline planner", "no model", "alpha", "beta"] {
            assert!(turn.text.contains(expected), "{}", turn.text);
        }
    }

    #[test]
    fn a_new_question_may_use_the_tool_again() {
        let turn = turn(json!([
            {"role": "user", "content": [{"text": "What time is it?"}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "aws___get_time", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "12:00"}]}}]},
            {"role": "assistant", "content": [{"text": "12:00"}]},
            {"role": "user", "content": [{"text": "And what time is it now?"}]},
        ]));
        assert_eq!(turn.calls.len(), 1);
    }

    #[test]
    fn framed_results_behind_cache_points_are_read() {
        let result = json!({"success": true, "result": {"Buckets": [{"Name": "alpha"}]}}).to_string();
        let framed = contract::tool_frame::frame("aws___s3_read_operations", "t1", &result);
        let point = json!({"cachePoint": {"type": "default"}});
        let turn = turn(json!([
            {"role": "user", "content": [{"text": "List my S3 buckets"}, point]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "t1", "name": "aws___s3_read_operations", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": framed}]}}, point]},
        ]));
        assert!(turn.text.contains("Buckets: alpha (1 in all)") && !turn.text.contains("[data of"), "{}", turn.text);
    }

    #[test]
    fn a_summary_names_the_words_of_the_questions() {
        let request = json!({"system": [{"text": "Summarise the conversation."}],
            "messages": [{"role": "user", "content": [{"text": "List my S3 buckets, what time is it?"}]}]});
        let turn = plan(&serde_json::from_value(request).unwrap());
        assert!(turn.text.ends_with("asked about bucket, s3, time."), "{}", turn.text);
        assert!(!turn.text.contains("tools"), "{}", turn.text);
    }

    #[test]
    fn a_request_without_tools_is_answered() {
        let request = json!({"messages": [{"role": "user", "content": [{"text": "What time is it?"}]}]});
        let turn = plan(&serde_json::from_value(request).unwrap());
        assert!(turn.calls.is_empty() && turn.text.contains("Offline planner"));
    }
}
