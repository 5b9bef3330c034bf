//! Configuration from environment variables, read once; nothing below reads
//! the environment. All faults are reported together.

use std::collections::HashMap;
use std::time::Duration;

use contract::agent_settings::{self, AgentSettings};
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::http_client::is_guarded;

/// What the agent function is configured with.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Model or inference profile that is asked first.
    pub model: String,
    /// Asked in this order when the one before is not available.
    pub model_fallbacks: Vec<String>,
    pub bedrock_region: String,
    pub table: String,
    pub project: String,
    pub environment: String,
    /// How long a conversation is kept after its last turn, with all of its turns.
    pub conversation_lifetime: Duration,
    /// MCP address of the gateway; the only address that a user's token is sent to.
    pub gateway_url: Url,
    pub log_level: LevelFilter,
    pub settings: AgentSettings,
}

/// Everything that is wrong with the environment, one sentence a fault.
#[derive(Debug, thiserror::Error)]
#[error("read the configuration of the agent function:\n- {}", .0.join("\n- "))]
pub struct ConfigurationFaults(pub Vec<String>);

impl Configuration {
    pub fn from_environment() -> Result<Self, ConfigurationFaults> {
        Self::from_variables(&std::env::vars().collect())
    }

    /// The same from given variables. All of them but `BEDROCK_MODEL_FALLBACKS` and `AGENT_SETTINGS` are required.
    pub fn from_variables(variables: &HashMap<String, String>) -> Result<Self, ConfigurationFaults> {
        let mut reader = Reader { variables, faults: Vec::new() };
        let configuration = Self {
            model: reader.text("BEDROCK_MODEL_ID"),
            model_fallbacks: reader.list("BEDROCK_MODEL_FALLBACKS"),
            bedrock_region: reader.text("BEDROCK_REGION"),
            table: reader.text("DYNAMODB_TABLE_NAME"),
            project: reader.text("PROJECT_NAME"),
            environment: reader.text("ENVIRONMENT"),
            conversation_lifetime: reader.minutes("CONVERSATION_TTL_MINUTES"),
            gateway_url: reader.url("GATEWAY_URL"),
            log_level: reader.level("LOG_LEVEL"),
            settings: reader.settings(),
        };
        if reader.faults.is_empty() { Ok(configuration) } else { Err(ConfigurationFaults(reader.faults)) }
    }
}

/// Reads variables and remembers what was wrong; a faulty value reads as a
/// placeholder that no caller gets to see.
struct Reader<'a> {
    variables: &'a HashMap<String, String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn text(&mut self, name: &str) -> String {
        match self.variables.get(name).map(|value| value.trim()) {
            Some(value) if !value.is_empty() => value.to_owned(),
            Some(_) => self.fault(name, "is empty"),
            None => self.fault(name, "is not set"),
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let value = self.variables.get(name).map(String::as_str).unwrap_or_default();
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(String::from).collect()
    }

    fn minutes(&mut self, name: &str) -> Duration {
        let value = self.text(name);
        match value.parse::<u64>() {
            Ok(minutes @ 1..=5_256_000) => return Duration::from_secs(minutes * 60),
            _ if value.is_empty() => {}
            _ => drop(self.fault(name, "must be a whole number of minutes from 1 to 5256000")),
        }
        Duration::ZERO
    }

    fn url(&mut self, name: &str) -> Url {
        let value = self.text(name);
        match Url::parse(&value) {
            Ok(url) if is_guarded(&url) => return url,
            _ if value.is_empty() => {}
            _ => drop(self.fault(name, "must be an https address, or an http address of this machine")),
        }
        Url::parse("https://unset.invalid").expect("a constant address")
    }

    fn level(&mut self, name: &str) -> LevelFilter {
        let value = self.text(name).to_ascii_lowercase();
        match own_directive(&value) {
            "" => LevelFilter::INFO,
            "warning" => LevelFilter::WARN,
            "critical" => LevelFilter::ERROR,
            level => level.parse().unwrap_or_else(|_| {
                self.fault(name, "must be one of off, error, warn, info, debug, trace");
                LevelFilter::INFO
            }),
        }
    }

    fn settings(&mut self) -> AgentSettings {
        let text = self.variables.get(agent_settings::VARIABLE).map(String::as_str);
        AgentSettings::parse(text).unwrap_or_else(|fault| {
            self.faults.push(fault);
            AgentSettings::default()
        })
    }

    fn fault(&mut self, name: &str, what: &str) -> String {
        self.faults.push(format!("{name} {what}"));
        String::new()
    }
}

/// Of directives, as an environment's settings may hold them (`info,agent=debug`), the one for this
/// crate, or else the one for everything.
fn own_directive(text: &str) -> &str {
    let directives = || text.split(',').map(|directive| directive.rsplit_once('=').unwrap_or(("", directive)));
    let of = |target: &str| directives().rfind(|(named, _)| *named == target).map(|(_, level)| level);
    of("agent").or_else(|| of("")).unwrap_or("info")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> HashMap<String, String> {
        let pairs = [
            ("BEDROCK_MODEL_ID", "us.anthropic.claude-sonnet-4-6"),
            ("BEDROCK_MODEL_FALLBACKS", "first, second,"),
            ("BEDROCK_REGION", "us-east-1"),
            ("DYNAMODB_TABLE_NAME", "conversations"),
            ("PROJECT_NAME", "aws-operations-agent"),
            ("ENVIRONMENT", "local"),
            ("CONVERSATION_TTL_MINUTES", "15"),
            ("GATEWAY_URL", "http://127.0.0.1:1/mcp"),
            ("LOG_LEVEL", "INFO"),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_complete_environment_is_read() {
        let configuration = Configuration::from_variables(&complete()).unwrap();
        assert_eq!(configuration.model_fallbacks, ["first", "second"]);
        assert_eq!(configuration.conversation_lifetime, Duration::from_secs(900));
        assert_eq!(configuration.gateway_url.as_str(), "http://127.0.0.1:1/mcp");
    }

    #[test]
    fn fallbacks_may_be_absent() {
        let mut variables = complete();
        variables.remove("BEDROCK_MODEL_FALLBACKS");
        assert!(Configuration::from_variables(&variables).unwrap().model_fallbacks.is_empty());
    }

    #[test]
    fn of_log_directives_the_agents_own_counts() {
        for (text, level) in [
            ("debug", LevelFilter::DEBUG),
            ("info,agent=debug", LevelFilter::DEBUG),
            ("warn,agent::turn=trace", LevelFilter::WARN),
            ("aws_config=trace", LevelFilter::INFO),
        ] {
            let mut variables = complete();
            variables.insert("LOG_LEVEL".into(), text.into());
            assert_eq!(Configuration::from_variables(&variables).unwrap().log_level, level, "{text}");
        }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let mut variables = complete();
        variables.remove("DYNAMODB_TABLE_NAME");
        variables.insert("ENVIRONMENT".into(), " ".into());
        variables.insert("CONVERSATION_TTL_MINUTES".into(), "soon".into());
        variables.insert("GATEWAY_URL".into(), "http://gateway.example/mcp".into());
        variables.insert("LOG_LEVEL".into(), "loud".into());
        variables.insert("AGENT_SETTINGS".into(), r#"{"limits": {"rounds": 0, "tool_seconds": 1000}}"#.into());
        let ConfigurationFaults(faults) = Configuration::from_variables(&variables).unwrap_err();
        assert_eq!(
            faults,
            [
                "DYNAMODB_TABLE_NAME is not set",
                "ENVIRONMENT is empty",
                "CONVERSATION_TTL_MINUTES must be a whole number of minutes from 1 to 5256000",
                "GATEWAY_URL must be an https address, or an http address of this machine",
                "LOG_LEVEL must be one of off, error, warn, info, debug, trace",
                "read AGENT_SETTINGS: limits.rounds: 0 is not between 1 and 50; \
                 limits.tool_seconds: 1000 is not between 1 and 900",
            ]
        );
    }

    #[test]
    fn settings_are_read_from_their_variable_and_have_defaults() {
        let mut variables = complete();
        assert_eq!(Configuration::from_variables(&variables).unwrap().settings, AgentSettings::default());
        variables.insert("AGENT_SETTINGS".into(), r#"{"log_content": true, "limits": {"rounds": 3}}"#.into());
        let settings = Configuration::from_variables(&variables).unwrap().settings;
        assert_eq!((settings.log_content, settings.limits.rounds), (true, 3));
        variables.insert("AGENT_SETTINGS".into(), "{".into());
        let ConfigurationFaults(faults) = Configuration::from_variables(&variables).unwrap_err();
        assert!(faults.len() == 1 && faults[0].starts_with("read AGENT_SETTINGS"), "{faults:?}");
    }
}
