//! What an environment should look like, from its settings alone.

use std::collections::BTreeMap;

use contract::{Names, Tool, names};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ownership::ownership_tags;
use crate::plan::StepId;
use crate::render::{self, RenderError};
use crate::resource::Resource;
use crate::settings::{CustomClaim, Settings};
use crate::template::{Contents, Source, read};

/// Name of the gateway role's only inline policy.
pub const GATEWAY_POLICY_NAME: &str = "invoke-tool-function";

/// Digests of the two images, `sha256:...`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageDigests {
    pub agent: String,
    pub tools: String,
}

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    pub account: String,
    pub region: String,
}

/// The whole estate of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    pub environment: String,
    pub location: Location,
    pub foundation: DesiredStack,
    pub data: DesiredStack,
    pub read_access: DesiredStack,
    pub application: DesiredStack,
    pub agent_image: DesiredImage,
    pub tools_image: DesiredImage,
    pub gateway_role: DesiredRole,
    pub gateway: DesiredGateway,
    pub target: DesiredTarget,
    pub function_policy: DesiredStatement,
    pub conversations_table: String,
    /// What the stacks make, by its step: the attributes that their templates say.
    pub resources: BTreeMap<StepId, Resource>,
    /// Environment variables of functions that take a parameter which only an
    /// earlier step knows: by step, the variable's name and the parameter's.
    #[serde(default)]
    pub inputs: BTreeMap<StepId, BTreeMap<String, String>>,
}

impl Desired {
    /// The stacks by their steps, in the order of deployment.
    pub fn stacks(&self) -> [(StepId, &DesiredStack); 4] {
        [
            (StepId::FoundationStack, &self.foundation),
            (StepId::DataStack, &self.data),
            (StepId::ReadAccessStack, &self.read_access),
            (StepId::ApplicationStack, &self.application),
        ]
    }
}

/// A CloudFormation stack: its template's text and the parameters that are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredStack {
    pub name: String,
    pub template: String,
    pub parameters: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredImage {
    pub repository: String,
    pub digest: String,
}

impl DesiredImage {
    /// `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@<digest>`
    pub fn uri(&self, location: &Location) -> String {
        let Location { account, region } = location;
        format!("{account}.dkr.ecr.{region}.amazonaws.com/{}@{}", self.repository, self.digest)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredRole {
    pub name: String,
    pub description: String,
    pub trust_policy: Value,
    pub policy_name: String,
    pub policy: Value,
    pub permissions_boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredGateway {
    pub name: String,
    pub description: String,
    pub role_arn: String,
    pub authorizer: Authorizer,
    pub tags: BTreeMap<String, String>,
}

/// CUSTOM_JWT settings. Lists are sorted, so that equal settings compare equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Authorizer {
    pub discovery_url: String,
    pub allowed_audience: Vec<String>,
    pub allowed_clients: Vec<String>,
    pub custom_claims: Vec<CustomClaim>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredTarget {
    pub name: String,
    pub description: String,
    pub lambda_arn: String,
    pub tools: Vec<ToolDefinition>,
}

/// A tool in a target's schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolDefinition {
    pub name: String,
    pub description: String,
    pub input_schema: Value,
}

impl From<&Tool> for ToolDefinition {
    fn from(tool: &Tool) -> Self {
        Self { name: tool.name.clone(), description: tool.description.clone(), input_schema: tool.input_schema.clone() }
    }
}

/// One statement of a Lambda function's resource policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredStatement {
    pub statement_id: String,
    pub function_name: String,
    /// ARN of the role that may invoke.
    pub principal: String,
    pub action: String,
}

/// The estate that the settings describe.
///
/// Fails when a template cannot be rendered or the discovery URL is not known.
pub fn desired(settings: &Settings, location: &Location, digests: &ImageDigests) -> Result<Desired, RenderError> {
    let names = settings.names();
    let agent_image = DesiredImage { repository: names.agent_repository(), digest: digests.agent.clone() };
    let tools_image = DesiredImage { repository: names.tools_repository(), digest: digests.tools.clone() };
    let images = BTreeMap::from([
        (render::PARAMETER_AGENT_IMAGE.to_string(), agent_image.uri(location)),
        (render::PARAMETER_TOOLS_IMAGE.to_string(), tools_image.uri(location)),
    ]);
    let stack = |name: String, template: String, component: &str, parameters| DesiredStack {
        name,
        template,
        parameters,
        tags: ownership_tags(settings, component),
    };
    let foundation = stack(names.foundation_stack(), render::foundation(settings)?, "foundation", BTreeMap::new());
    let data = stack(names.data_stack(), render::data(settings)?, "data", BTreeMap::new());
    let application = stack(names.application_stack(), render::application(settings)?, "application", images);
    let read_access = render::read_access(settings)?;
    let read_access = stack(names.read_access_stack(), read_access, "tools", BTreeMap::new());
    let Contents { resources, inputs } = contents([&foundation, &data, &read_access, &application], location)?;
    Ok(Desired {
        environment: settings.environment.clone(),
        location: location.clone(),
        foundation,
        data,
        read_access,
        application,
        agent_image,
        tools_image,
        gateway_role: gateway_role(settings, &names, location),
        gateway: gateway(settings, &names, location)?,
        target: target(&names, location),
        function_policy: function_policy(&names, location),
        conversations_table: names.conversations_table(),
        resources,
        inputs,
    })
}

/// What the four stacks make together.
fn contents(stacks: [&DesiredStack; 4], location: &Location) -> Result<Contents, RenderError> {
    let mut all = Contents::default();
    for DesiredStack { name, template, parameters, tags } in stacks {
        let found = read(&Source { text: template, parameters, tags, location })
            .map_err(|source| RenderError::Unreadable { stack: name.clone(), source: Box::new(source) })?;
        all.resources.extend(found.resources);
        all.inputs.extend(found.inputs);
    }
    Ok(all)
}

fn gateway_role(settings: &Settings, names: &Names, location: &Location) -> DesiredRole {
    let Location { account, region } = location;
    DesiredRole {
        name: names.gateway_role(),
        description: format!("Lets the gateway {} invoke its tool function", names.gateway()),
        trust_policy: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {
                        "aws:SourceArn":
                            format!("arn:aws:bedrock-agentcore:{region}:{account}:gateway/{}-*", names.gateway())
                    }
                }
            }]
        }),
        policy_name: GATEWAY_POLICY_NAME.into(),
        policy: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": Names::function_arn(region, account, &names.tool_function())
            }]
        }),
        permissions_boundary: settings.project.permissions_boundary.clone(),
        tags: ownership_tags(settings, "gateway"),
    }
}

fn gateway(settings: &Settings, names: &Names, location: &Location) -> Result<DesiredGateway, RenderError> {
    let issuer = &settings.issuer;
    let discovery_url = issuer.discovery_url.clone().ok_or(RenderError::NoDiscoveryUrl)?;
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    Ok(DesiredGateway {
        name: names.gateway(),
        description: format!("Tools of the AWS operations agent, environment {}", settings.environment),
        role_arn: Names::role_arn(&location.account, &names.gateway_role()),
        authorizer: Authorizer {
            discovery_url,
            allowed_audience: sorted(&issuer.allowed_audience),
            allowed_clients: sorted(&issuer.allowed_clients),
            custom_claims: issuer.custom_claims.clone(),
        },
        tags: ownership_tags(settings, "gateway"),
    })
}

fn target(names: &Names, location: &Location) -> DesiredTarget {
    DesiredTarget {
        name: names::TARGET.into(),
        description: "Read-only AWS tools".into(),
        lambda_arn: Names::function_arn(&location.region, &location.account, &names.tool_function()),
        tools: contract::catalogue().iter().map(ToolDefinition::from).collect(),
    }
}

fn function_policy(names: &Names, location: &Location) -> DesiredStatement {
    DesiredStatement {
        statement_id: names::GATEWAY_STATEMENT_ID.into(),
        function_name: names.tool_function(),
        principal: Names::role_arn(&location.account, &names.gateway_role()),
        action: "lambda:InvokeFunction".into(),
    }
}
