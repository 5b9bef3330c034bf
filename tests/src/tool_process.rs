//! The tool function's own program, called as the gateway calls it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::function_process::{Event, FunctionProcess, Reply};

/// One instance of the function. Events are answered one after the other.
pub struct ToolProcess(FunctionProcess);

impl ToolProcess {
    /// Starts `program` with exactly these variables, and the ones that Lambda sets.
    pub fn start(program: &Path, variables: &BTreeMap<String, String>) -> Self {
        Self(FunctionProcess::start(program, "tools", variables))
    }

    /// Calls a tool as the gateway does, and gives its answer.
    #[track_caller]
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        self.call_within(tool, arguments, 60)
    }

    /// As [`Self::call`], for an invocation that Lambda would end after so many seconds.
    #[track_caller]
    pub fn call_within(&self, tool: &str, arguments: Value, seconds: u64) -> Value {
        let context = json!({"custom": {"bedrockAgentCoreToolName": format!("tools___{tool}")}});
        match self.0.invoke(Event { body: arguments, client_context: Some(context), seconds }) {
            Reply::Answered(body) => {
                serde_json::from_slice(&body).unwrap_or_else(|error| json!({"not_json": error.to_string()}))
            }
            Reply::Failed(text) => json!({"invocation_failed": text}),
            Reply::FailedStart(text) => json!({"start_failed": text}),
        }
    }

    /// Everything that the function has written.
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// The process's number, for reading its memory and time.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}
