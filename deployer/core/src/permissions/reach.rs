//! ARNs of everything that the deployer touches, names filled in.

use contract::Names;

use crate::desired::Location;
use crate::settings::{SecretSource, Settings, TokenSource};

/// One environment's things in one account and region.
pub struct Reach<'a> {
    pub settings: &'a Settings,
    pub location: &'a Location,
    pub names: Names,
}

impl<'a> Reach<'a> {
    pub fn new(settings: &'a Settings, location: &'a Location) -> Self {
        Self { settings, location, names: settings.names() }
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Location { account, region } = self.location;
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }

    pub fn stacks(&self) -> Vec<String> {
        let names = [
            self.names.foundation_stack(),
            self.names.data_stack(),
            self.names.read_access_stack(),
            self.names.application_stack(),
        ];
        names.iter().map(|name| self.arn("cloudformation", &format!("stack/{name}/*"))).collect()
    }

    pub fn repositories(&self) -> Vec<String> {
        let names = [self.names.agent_repository(), self.names.tools_repository()];
        names.iter().map(|name| self.arn("ecr", &format!("repository/{name}"))).collect()
    }

    pub fn deployments_table(&self) -> String {
        self.arn("dynamodb", &format!("table/{}", self.names.deployments_table()))
    }

    pub fn tables(&self) -> Vec<String> {
        let conversations = self.arn("dynamodb", &format!("table/{}", self.names.conversations_table()));
        vec![conversations, self.deployments_table()]
    }

    pub fn gateway_role(&self) -> String {
        Names::role_arn(&self.location.account, &self.names.gateway_role())
    }

    pub fn execution_roles(&self) -> Vec<String> {
        let names = [self.names.agent_role(), self.names.tool_role()];
        names.iter().map(|name| Names::role_arn(&self.location.account, name)).collect()
    }

    pub fn tool_role(&self) -> String {
        Names::role_arn(&self.location.account, &self.names.tool_role())
    }

    pub fn roles(&self) -> Vec<String> {
        let mut roles = self.execution_roles();
        roles.push(self.gateway_role());
        roles
    }

    /// The policies of what the tools may read, however many there are.
    pub fn read_policies(&self) -> Vec<String> {
        vec![Names::policy_arn(&self.location.account, &format!("{}-*", self.names.read_policies()))]
    }

    pub fn agent_function(&self) -> String {
        self.arn("lambda", &format!("function:{}", self.names.agent_function()))
    }

    pub fn tool_function(&self) -> String {
        self.arn("lambda", &format!("function:{}", self.names.tool_function()))
    }

    pub fn functions(&self) -> Vec<String> {
        vec![self.agent_function(), self.tool_function()]
    }

    /// Both forms of a log group's ARN: tags are asked for with the plain one,
    /// everything else with the one that ends in `:*`.
    pub fn log_groups(&self) -> Vec<String> {
        let functions = [self.names.agent_function(), self.names.tool_function()];
        let arn = |function: &String| self.arn("logs", &format!("log-group:/aws/lambda/{function}"));
        functions.iter().map(arn).flat_map(|arn| [format!("{arn}:*"), arn]).collect()
    }

    /// A gateway's id is its lower-cased name, a hyphen and ten characters.
    pub fn gateway(&self) -> String {
        self.arn("bedrock-agentcore", &format!("gateway/{}-*", self.names.gateway().to_lowercase()))
    }

    /// AgentCore keeps one for each gateway, named after its id.
    pub fn workload_identities(&self) -> Vec<String> {
        let directory = self.arn("bedrock-agentcore", "workload-identity-directory/default");
        let identity = format!("{directory}/workload-identity/{}-*", self.names.gateway().to_lowercase());
        vec![directory, identity]
    }

    /// The smoke test's client secret, where Secrets Manager holds it.
    pub fn smoke_secret(&self) -> Option<String> {
        let TokenSource::ClientCredentials { secret: SecretSource::SecretsManager(name), .. } =
            &self.settings.smoke.token
        else {
            return None;
        };
        // An ARN that is not whole lacks the six characters that Secrets Manager adds.
        match name.starts_with("arn:") {
            true => Some(name.clone()),
            false => Some(self.arn("secretsmanager", &format!("secret:{name}-??????"))),
        }
    }
}
