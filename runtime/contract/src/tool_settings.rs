//! What an environment sets for the tool function. The deployer writes it, as
//! JSON, into the function's variable [`VARIABLE`]; the function reads it once.

use serde::{Deserialize, Serialize};

/// Environment variable that holds the settings.
pub const VARIABLE: &str = "TOOL_SETTINGS";

/// Everything has a default, so that an empty object is valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolSettings {
    pub limits: Limits,
    /// Operations of the data tier that this environment allows: `logs:StartQuery`.
    pub data_operations: Vec<String>,
    /// Calls AWS with credentials that a session policy narrows to the called service.
    pub session_policy: bool,
    /// Lets a model choose operations for questions that no recipe answers.
    pub nested_model: Option<NestedModel>,
}

/// How much one tool call may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// AWS calls in flight at once, in one process.
    pub calls_in_flight: usize,
    pub calls_per_service_and_region: usize,
    /// Regions of one question.
    pub regions: usize,
    /// Attempts at one AWS call.
    pub attempts: u32,
    /// Pages of one read.
    pub pages: usize,
    /// Items of one read, when the caller names no number; and the most it may name.
    pub items: usize,
    pub most_items: usize,
    /// Length of a result in bytes, as JSON.
    pub result_bytes: usize,
    /// After this time no new call is begun and the answer is given with what there is.
    pub soft_deadline_seconds: u64,
    /// After this time calls in flight are given up.
    pub hard_deadline_seconds: u64,
    /// Age at which a cursor is refused.
    pub cursor_minutes: u64,
    /// Length of a query in characters.
    pub query_characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_in_flight: 16,
            calls_per_service_and_region: 4,
            regions: 8,
            attempts: 3,
            pages: 20,
            items: 1_000,
            most_items: 20_000,
            result_bytes: 32 * 1024,
            soft_deadline_seconds: 20,
            hard_deadline_seconds: 45,
            cursor_minutes: 60,
            query_characters: 4_000,
        }
    }
}

/// A model that may call the tool's own operations, within bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedModel {
    pub model_id: String,
    /// Most turns of the model.
    #[serde(default = "four")]
    pub turns: u32,
    /// Most AWS operations that it may call.
    #[serde(default = "eight")]
    pub calls: u32,
}

fn four() -> u32 {
    4
}

fn eight() -> u32 {
    8
}
