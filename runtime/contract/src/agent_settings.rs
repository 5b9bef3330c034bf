//! What an environment sets for the agent function. The deployer writes it, as
//! JSON, into the function's variable [`VARIABLE`]; the function reads it once.

use serde::{Deserialize, Serialize};

use crate::settings_variable::{self, out_of_range};
use crate::token_rules::TokenRules;

/// Environment variable that holds the settings.
pub const VARIABLE: &str = "AGENT_SETTINGS";

/// Everything has a default, so that an empty object is valid: then no token is
/// accepted, and every caller is without the gateway's tools.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// Which access tokens are accepted; the same rules as the gateway's.
    pub token_rules: Option<TokenRules>,
    /// Identifies the tools that the gateway serves: SHA-256 of their declarations. Tool
    /// lists are kept under it, so that a deployment with other tools finds none.
    pub tools_version: String,
    /// Guardrail that Bedrock applies to questions and answers.
    pub guardrail: Option<Guardrail>,
    /// Lets Bedrock keep the prompt's unchanging part, for models that can.
    pub prompt_caching: bool,
    /// Tools, by their name without the target's prefix, that wait for the user's yes.
    pub approval_tools: Vec<String>,
    /// Writes questions, answers and tool inputs to the log.
    pub log_content: bool,
    pub limits: Limits,
}

/// A Bedrock guardrail (Bedrock API reference, GuardrailStreamConfiguration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Its id or ARN.
    pub id: String,
    /// A version's number, or `DRAFT`.
    pub version: String,
}

/// How much one answer may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Answers of the model in one turn; between two of them tools run.
    pub rounds: usize,
    /// Tool calls of one turn that run at the same time.
    pub parallel_tools: usize,
    /// Attempts at asking one model before its fallback is asked.
    pub model_attempts: u32,
    /// Attempts at one request to the gateway.
    pub gateway_attempts: u32,
    /// Messages of the conversation that the model gets, whole turns only; a summary stands for the rest.
    pub history_messages: usize,
    /// Bytes of the same, as JSON.
    pub history_bytes: usize,
    /// Bytes of one tool result that the model gets.
    pub tool_result_bytes: usize,
    /// Seconds for one tool call.
    pub tool_seconds: u64,
}

impl AgentSettings {
    /// The settings that the variable holds; the defaults when it is absent.
    ///
    /// # Errors
    /// Everything that is wrong: text that is no JSON, unknown members, values out of their range.
    pub fn parse(variable: Option<&str>) -> Result<Self, String> {
        settings_variable::parse(VARIABLE, variable, Self::faults)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = self.limits.faults();
        if let Some(rules) = &self.token_rules {
            faults.extend(rules.faults().into_iter().map(|fault| format!("token_rules.{fault}")));
        }
        if let Some(guardrail) = &self.guardrail
            && (guardrail.id.trim().is_empty() || guardrail.version.trim().is_empty())
        {
            faults.push("guardrail: id and version must not be empty".into());
        }
        if self.approval_tools.iter().any(|name| name.trim().is_empty()) {
            faults.push("approval_tools: a name must not be empty".into());
        }
        faults
    }
}

impl Limits {
    fn faults(&self) -> Vec<String> {
        let ranges = [
            ("rounds", self.rounds as u64, 1, 50),
            ("parallel_tools", self.parallel_tools as u64, 1, 32),
            ("model_attempts", u64::from(self.model_attempts), 1, 10),
            ("gateway_attempts", u64::from(self.gateway_attempts), 1, 10),
            ("history_messages", self.history_messages as u64, 2, 1_000),
            ("history_bytes", self.history_bytes as u64, 10_000, 4_000_000),
            ("tool_result_bytes", self.tool_result_bytes as u64, 1_000, 1_000_000),
            ("tool_seconds", self.tool_seconds, 1, 900),
        ];
        let outside = |(name, value, least, most)| out_of_range(&format!("limits.{name}"), value, least, most);
        ranges.into_iter().filter_map(outside).collect()
    }
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            token_rules: None,
            tools_version: String::new(),
            guardrail: None,
            prompt_caching: true,
            approval_tools: Vec::new(),
            log_content: false,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rounds: 10,
            parallel_tools: 4,
            model_attempts: 4,
            gateway_attempts: 3,
            history_messages: 50,
            history_bytes: 400_000,
            tool_result_bytes: 100_000,
            tool_seconds: 120,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_variable_and_an_empty_object_mean_the_defaults() {
        assert_eq!(AgentSettings::parse(None), Ok(AgentSettings::default()));
        assert_eq!(AgentSettings::parse(Some("{}")), Ok(AgentSettings::default()));
        assert_eq!(AgentSettings::default().faults(), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let text = r#"{"limits": {"rounds": 0, "tool_seconds": 901}, "approval_tools": [" "],
            "guardrail": {"id": "", "version": "1"},
            "token_rules": {"discovery_url": "https://issuer/keys"}}"#;
        let error = AgentSettings::parse(Some(text)).unwrap_err();
        for path in [
            "limits.rounds: 0",
            "limits.tool_seconds: 901",
            "approval_tools",
            "guardrail",
            "token_rules.discovery_url",
            "token_rules: ",
        ] {
            assert!(error.contains(path.trim_end_matches(": ")), "{path}: {error}");
        }
    }

    #[test]
    fn an_unknown_member_is_refused_by_its_name() {
        let error = AgentSettings::parse(Some(r#"{"limits": {"limit": 1}}"#)).unwrap_err();
        assert!(error.starts_with("read AGENT_SETTINGS: unknown field `limit`"), "{error}");
    }

    #[test]
    fn settings_survive_the_way_through_the_variable() {
        let guardrail = Some(Guardrail { id: "g".into(), version: "DRAFT".into() });
        let settings = AgentSettings { guardrail, log_content: true, ..AgentSettings::default() };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(AgentSettings::parse(Some(&text)), Ok(settings));
    }
}
