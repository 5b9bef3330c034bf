//! One tool call between gateway and tool function.
//!
//! The gateway sends the bare arguments as the event and the tool's full name
//! in the client context; whatever the function returns becomes the text of
//! the tool's result (AgentCore developer guide, "Lambda function targets").

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Stands between target and tool in a full tool name.
pub const NAME_SEPARATOR: &str = "___";

/// Key of the full tool name in the client context's `custom` map.
pub const CONTEXT_TOOL_NAME: &str = "bedrockAgentCoreToolName";
pub const CONTEXT_MESSAGE_VERSION: &str = "bedrockAgentCoreMessageVersion";
pub const CONTEXT_REQUEST_ID: &str = "bedrockAgentCoreAwsRequestId";
pub const CONTEXT_MCP_MESSAGE_ID: &str = "bedrockAgentCoreMcpMessageId";
pub const CONTEXT_GATEWAY_ID: &str = "bedrockAgentCoreGatewayId";
pub const CONTEXT_TARGET_ID: &str = "bedrockAgentCoreTargetId";

/// Event members that name the tool when no client context does, in this order.
pub const EVENT_TOOL_NAME_KEYS: [&str; 6] = ["tool_name", "toolName", "name", "method", "action", "function"];

/// The tool's own name: what follows the target's prefix, or all of it.
pub fn tool_name(full_name: &str) -> &str {
    full_name.split_once(NAME_SEPARATOR).map_or(full_name, |(_, name)| name)
}

/// What the tool function answers. `result` and `error` exclude each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    pub success: bool,
    pub tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// With `error`: the same for a program, one entry a fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Service tools: the AWS service that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Service tools: the question as it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_query: Option<String>,
    /// Service tools: what was asked of AWS and whether anything is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<Completeness>,
    /// Unknown tool: the tools that exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_tools: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tools: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
}

/// Which calls an answer rests on and what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// `service:Operation`, one entry an operation; `service:Operation x3` when it was called three times.
    pub calls: Vec<String>,
    /// Regions that answered.
    pub regions: Vec<String>,
    /// What could not be read: an answer with an entry here may lack something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedRead>,
    /// Rows (or items) in the result, after trimming.
    pub items: usize,
    /// Rows found before trimming, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<usize>,
    /// True when there is more than the answer holds.
    pub truncated: bool,
    /// Sent back unchanged, goes on where this answer ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Values that were replaced because they are or may be secrets.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redactions: usize,
    /// What a reader should know: a deadline that was met, regions that were not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A read that gave no answer, or only the first part of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FailedRead {
    /// `service:Operation`
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Stable code of ours (`read/deadline`) or AWS's own (`AccessDenied`).
    pub code: String,
    pub message: String,
    /// IAM actions that the tool function's role lacks, when the call was denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_permissions: Vec<String>,
    /// How often it failed in this way.
    pub times: usize,
}

/// What is wrong with a call, for a caller that mends it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable: `arguments/region`, `read/not-allowed`, ...
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Where: `parameters.Filters[0].Values`, `select`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Offset of the fault in `path`'s text, in characters from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Names that were perhaps meant, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of that code, told in one sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// Where it is: `parameters.Filters[0].Values`, `select`.
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// What should stand there.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// In characters from 0.
    pub fn position(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    /// Best first.
    pub fn nearest(mut self, nearest: Vec<String>) -> Self {
        self.nearest = nearest;
        self
    }

    /// What the caller can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_prefix_is_stripped_once() {
        assert_eq!(tool_name("aws___get_time"), "get_time");
        assert_eq!(tool_name("get_time"), "get_time");
        assert_eq!(tool_name("aws___odd___name"), "odd___name");
    }
}
