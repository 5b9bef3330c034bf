//! The policies of what the tools may read, as their template takes them.

use contract::Names;
use serde::Serialize;

use crate::read_access::{self, ReadPolicy, ReadStatement};
use crate::settings::Settings;

/// Of a line of actions, without its indentation.
const LINE_WIDTH: usize = 112;

/// What the template of the read access is filled with.
#[derive(Serialize)]
pub struct ReadAccessContext<'a> {
    environment: &'a str,
    description: String,
    policies: Vec<PolicyContext>,
}

impl<'a> ReadAccessContext<'a> {
    pub fn of(settings: &'a Settings) -> Self {
        let names = settings.names();
        let policies = read_access::policies_of(settings);
        Self {
            environment: &settings.environment,
            description: read_access::description(&names),
            policies: policies.iter().map(|policy| PolicyContext::new(policy, &names)).collect(),
        }
    }
}

#[derive(Serialize)]
struct PolicyContext {
    number: usize,
    name: String,
    statements: Vec<StatementContext>,
}

impl PolicyContext {
    fn new(policy: &ReadPolicy, names: &Names) -> Self {
        let statements = policy.statements.iter().map(StatementContext::from).collect();
        Self { number: policy.number, name: names.read_policy(policy.number), statements }
    }
}

#[derive(Serialize)]
struct StatementContext {
    sid: String,
    effect: &'static str,
    /// A YAML value.
    resource: String,
    /// The actions with their commas.
    lines: Vec<String>,
}

impl From<&ReadStatement> for StatementContext {
    fn from(statement: &ReadStatement) -> Self {
        let ReadStatement { sid, effect, actions, resources } = statement;
        Self { sid: sid.clone(), effect, resource: resource(resources), lines: filled_lines(actions) }
    }
}

fn resource(patterns: &[String]) -> String {
    if patterns == ["*"] {
        return "\"*\"".into();
    }
    let patterns: Vec<String> = patterns.iter().map(|arn| format!("{{ Fn::Sub: \"{arn}\" }}")).collect();
    format!("[{}]", patterns.join(", "))
}

/// As many on a line as fit: one a line would take a template beyond what CloudFormation accepts.
fn filled_lines(actions: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for action in actions {
        match lines.last_mut() {
            Some(line) if line.len() + action.len() <= LINE_WIDTH => line.push_str(&format!(" {action},")),
            _ => lines.push(format!("{action},")),
        }
    }
    lines
}
