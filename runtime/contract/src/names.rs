//! Names of the deployed resources: one function of prefix and environment.

/// The prefix that gives every resource the name of the original system.
pub const DEFAULT_PREFIX: &str = "aws-operations-agent";

/// The target's name. Short, since it prefixes every tool name (`aws___get_time`).
pub const TARGET: &str = "aws";

/// Sid of the statement that lets the gateway role invoke the tool function.
pub const GATEWAY_STATEMENT_ID: &str = "gateway-role-invoke";

/// Names of everything that one environment deploys.
///
/// With the default prefix these are the original's names; any other prefix
/// also enters the two names that did not hold one, so that two deployments
/// with different prefixes never meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    environment: String,
}

impl Names {
    pub fn new(prefix: impl Into<String>, environment: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), environment: environment.into() }
    }

    pub fn environment(&self) -> &str {
        &self.environment
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Repositories, the deployments table.
    pub fn foundation_stack(&self) -> String {
        format!("{}-foundation", self.application_stack())
    }

    /// The conversation table.
    pub fn data_stack(&self) -> String {
        format!("{}-data", self.application_stack())
    }

    /// The policies of what the tools may read.
    pub fn read_access_stack(&self) -> String {
        format!("{}-read-access", self.application_stack())
    }

    /// What the names of the policies of what the tools may read begin with.
    pub fn read_policies(&self) -> String {
        format!("{}-read", self.application_stack())
    }

    /// One of them; counted from 1.
    pub fn read_policy(&self, number: usize) -> String {
        format!("{}-{number}", self.read_policies())
    }

    /// Functions, their roles, log groups and the function URL.
    pub fn application_stack(&self) -> String {
        format!("{}-{}", self.prefix, self.environment)
    }

    pub fn agent_repository(&self) -> String {
        format!("{}-agent", self.application_stack())
    }

    pub fn tools_repository(&self) -> String {
        format!("{}-tools", self.application_stack())
    }

    /// Lease and history of deployments.
    pub fn deployments_table(&self) -> String {
        format!("{}-deployments-{}", self.prefix, self.environment)
    }

    pub fn conversations_table(&self) -> String {
        format!("{}-conversations-{}", self.prefix, self.environment)
    }

    pub fn agent_function(&self) -> String {
        self.application_stack()
    }

    pub fn agent_role(&self) -> String {
        format!("{}-execution", self.agent_function())
    }

    pub fn tool_function(&self) -> String {
        self.with_foreign_prefix(format!("{}-bedrock-agentcore-mcp-tool", self.environment))
    }

    pub fn tool_role(&self) -> String {
        format!("{}-execution", self.tool_function())
    }

    pub fn gateway_role(&self) -> String {
        self.with_foreign_prefix(format!("BedrockAgentCoreGatewayExecutionRole-{}", self.environment))
    }

    pub fn gateway(&self) -> String {
        self.application_stack()
    }

    /// `arn:aws:lambda:<region>:<account>:function:<function>`.
    pub fn function_arn(region: &str, account: &str, function: &str) -> String {
        format!("arn:aws:lambda:{region}:{account}:function:{function}")
    }

    pub fn role_arn(account: &str, role: &str) -> String {
        format!("arn:aws:iam::{account}:role/{role}")
    }

    pub fn policy_arn(account: &str, policy: &str) -> String {
        format!("arn:aws:iam::{account}:policy/{policy}")
    }

    fn with_foreign_prefix(&self, name: String) -> String {
        if self.prefix == DEFAULT_PREFIX { name } else { format!("{}-{name}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_prefix_gives_the_original_names() {
        let names = Names::new(DEFAULT_PREFIX, "prod");
        assert_eq!(names.agent_function(), "aws-operations-agent-prod");
        assert_eq!(names.conversations_table(), "aws-operations-agent-conversations-prod");
        assert_eq!(names.tool_function(), "prod-bedrock-agentcore-mcp-tool");
        assert_eq!(names.gateway_role(), "BedrockAgentCoreGatewayExecutionRole-prod");
    }

    #[test]
    fn another_prefix_is_in_every_name() {
        let names = Names::new("acme", "prod");
        for name in [names.tool_function(), names.gateway_role(), names.gateway(), names.deployments_table()] {
            assert!(name.contains("acme") && name.contains("prod"), "{name}");
        }
    }
}
