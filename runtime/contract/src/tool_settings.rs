//! What an environment sets for the tool function. The deployer writes it, as
//! JSON, into the function's variable [`VARIABLE`]; the function reads it once.

use serde::{Deserialize, Serialize};

use crate::settings_variable::{self, out_of_range};

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

impl ToolSettings {
    /// The settings that the variable holds; the defaults when it is absent.
    ///
    /// # Errors
    /// Everything that is wrong: text that is no JSON, unknown members, values out of their range.
    pub fn parse(variable: Option<&str>) -> Result<Self, String> {
        settings_variable::parse(VARIABLE, variable, Self::faults)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = self.limits.faults();
        let malformed = |name: &&String| !name.split_once(':').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        for name in self.data_operations.iter().filter(malformed) {
            faults.push(format!("data_operations: `{name}` is not of the form service:Operation"));
        }
        if let Some(model) = &self.nested_model {
            if model.model_id.trim().is_empty() {
                faults.push("nested_model.model_id: must not be empty".into());
            }
            faults.extend(out_of_range("nested_model.turns", u64::from(model.turns), 1, 20));
            faults.extend(out_of_range("nested_model.calls", u64::from(model.calls), 1, 50));
        }
        faults
    }
}

/// Lambda answers at most 6 MB, and the result is text within text.
const MOST_RESULT_BYTES: u64 = 2 * 1024 * 1024;

/// Lambda's longest invocation.
const LONGEST_SECONDS: u64 = 900;

impl Limits {
    fn faults(&self) -> Vec<String> {
        let ranges = [
            ("calls_in_flight", self.calls_in_flight as u64, 1, 256),
            ("calls_per_service_and_region", self.calls_per_service_and_region as u64, 1, 64),
            ("regions", self.regions as u64, 1, 64),
            ("attempts", u64::from(self.attempts), 1, 10),
            ("pages", self.pages as u64, 1, 10_000),
            ("items", self.items as u64, 1, 1_000_000),
            ("most_items", self.most_items as u64, 1, 1_000_000),
            ("result_bytes", self.result_bytes as u64, 1024, MOST_RESULT_BYTES),
            ("soft_deadline_seconds", self.soft_deadline_seconds, 1, LONGEST_SECONDS),
            ("hard_deadline_seconds", self.hard_deadline_seconds, 1, LONGEST_SECONDS),
            ("cursor_minutes", self.cursor_minutes, 1, 7 * 24 * 60),
            ("query_characters", self.query_characters as u64, 1, 100_000),
        ];
        let outside = |(name, value, least, most)| out_of_range(&format!("limits.{name}"), value, least, most);
        let mut faults: Vec<_> = ranges.into_iter().filter_map(outside).collect();
        if self.items > self.most_items {
            faults.push("limits.items: must not be more than limits.most_items".into());
        }
        if self.soft_deadline_seconds > self.hard_deadline_seconds {
            faults.push("limits.soft_deadline_seconds: must not be more than limits.hard_deadline_seconds".into());
        }
        faults
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_variable_and_an_empty_object_mean_the_defaults() {
        assert_eq!(ToolSettings::parse(None), Ok(ToolSettings::default()));
        assert_eq!(ToolSettings::parse(Some("{}")), Ok(ToolSettings::default()));
        assert_eq!(ToolSettings::default().faults(), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_member_is_refused_by_its_name() {
        for text in
            [r#"{"limit": {}}"#, r#"{"limits": {"limit": 1}}"#, r#"{"nested_model": {"model_id": "m", "limit": 1}}"#]
        {
            let error = ToolSettings::parse(Some(text)).unwrap_err();
            assert!(error.starts_with("read TOOL_SETTINGS: unknown field `limit`"), "{error}");
        }
        assert!(ToolSettings::parse(Some("")).is_err());
    }

    #[test]
    fn all_values_out_of_their_range_are_named_at_once() {
        let text = r#"{"limits": {"regions": 0, "items": 5, "most_items": 4}, "data_operations": ["logs"]}"#;
        let error = ToolSettings::parse(Some(text)).unwrap_err();
        for path in ["limits.regions: 0", "limits.items: must not", "data_operations: `logs`"] {
            assert!(error.contains(path), "{error}");
        }
    }

    #[test]
    fn settings_survive_the_way_through_the_variable() {
        let nested_model = Some(NestedModel { model_id: "model".into(), turns: 2, calls: 3 });
        let settings = ToolSettings { nested_model, session_policy: true, ..ToolSettings::default() };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(ToolSettings::parse(Some(&text)), Ok(settings));
    }
}
