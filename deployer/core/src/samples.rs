//! Settings and states for the tests of this crate.

use std::collections::BTreeMap;

use crate::desired::{Desired, ImageDigests, Location, desired};
use crate::observed::{
    Fact, Observed, ObservedGateway, ObservedRepository, ObservedRole, ObservedStack, ObservedStatement, ObservedTable,
    ObservedTarget,
};
use crate::plan::StepId;
use crate::render::PARAMETER_GATEWAY_URL;
use crate::settings::*;

pub const GATEWAY_URL: &str = "https://gw-0123456789.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp";

pub fn settings() -> Settings {
    let function = Function { memory_mb: 512, timeout_seconds: 300, architecture: Architecture::X86_64 };
    Settings {
        environment: "test".into(),
        protected: false,
        iam_approval: true,
        platform: Platform::Aws,
        aws: Aws {
            profile: None,
            region: "us-east-1".into(),
            account: None,
            cloudformation_role: None,
            endpoint_url: None,
        },
        project: Project { prefix: "aws-operations-agent".into(), permissions_boundary: None, tags: BTreeMap::new() },
        issuer: Issuer {
            discovery_url: Some("https://issuer.example.com/oauth2/default/.well-known/openid-configuration".into()),
            allowed_audience: vec!["api://default".into()],
            allowed_clients: vec![],
            custom_claims: vec![],
            chat_client_id: "chat".into(),
            scopes: vec!["openid".into()],
            redirect_port: 0,
        },
        smoke: Smoke { required: false, token: TokenSource::None },
        model: Model { id: "us.anthropic.claude-sonnet-4-6".into(), fallbacks: vec![] },
        agent: function.clone(),
        tools: function,
        conversations: Conversations { ttl_minutes: 43_200 },
        logs: Logs { retention_days: 14, level: "info".into() },
        function_url: FunctionUrl { invokers: vec![], cors: None },
        deadlines: Deadlines {
            call_seconds: 30,
            attempts: 5,
            resource_seconds: 600,
            stack_seconds: 1800,
            iam_seconds: 120,
            lease_seconds: 60,
        },
    }
}

pub fn estate() -> Desired {
    let location = Location { account: "111122223333".into(), region: "us-east-1".into() };
    let digests = ImageDigests { agent: "sha256:aa".into(), tools: "sha256:bb".into() };
    desired(&settings(), &location, &digests).expect("the sample settings render")
}

pub fn nothing() -> Observed {
    Observed::nothing("111122223333")
}

/// What is observed after one step of the plan has done its work.
pub fn deploy(observed: &mut Observed, desired: &Desired, id: StepId) {
    match id {
        StepId::FoundationStack => {
            observed.foundation = stack(&desired.foundation, &[]);
            observed.agent_images = Fact::Present(ObservedRepository { digests: vec![] });
            observed.tools_images = Fact::Present(ObservedRepository { digests: vec![] });
        }
        StepId::AgentImage => observed.agent_images = repository(&desired.agent_image.digest),
        StepId::ToolsImage => observed.tools_images = repository(&desired.tools_image.digest),
        StepId::DataStack => {
            observed.data = stack(&desired.data, &[]);
            observed.conversations_table =
                Fact::Present(ObservedTable { arn: "arn:table".into(), tags: desired.data.tags.clone() });
        }
        StepId::GatewayRole => {
            let role = &desired.gateway_role;
            observed.gateway_role = Fact::Present(ObservedRole {
                arn: desired.gateway.role_arn.clone(),
                trust_policy: role.trust_policy.clone(),
                inline_policies: BTreeMap::from([(role.policy_name.clone(), role.policy.clone())]),
                attached_policies: vec![],
                permissions_boundary: role.permissions_boundary.clone(),
                tags: role.tags.clone(),
            });
        }
        StepId::Gateway => {
            let gateway = &desired.gateway;
            observed.gateway = Fact::Present(ObservedGateway {
                id: "gw-0123456789".into(),
                arn: "arn:gateway".into(),
                url: GATEWAY_URL.into(),
                status: "READY".into(),
                status_reasons: vec![],
                name: gateway.name.clone(),
                description: Some(gateway.description.clone()),
                role_arn: gateway.role_arn.clone(),
                authorizer: Some(gateway.authorizer.clone()),
                tags: gateway.tags.clone(),
                foreign_targets: vec![],
            });
        }
        StepId::ApplicationStack => {
            observed.application = stack(&desired.application, &[(PARAMETER_GATEWAY_URL, GATEWAY_URL)]);
        }
        StepId::FunctionPolicy => {
            observed.function_policy = Fact::Present(ObservedStatement {
                statement_id: desired.function_policy.statement_id.clone(),
                principal: desired.function_policy.principal.clone(),
                action: desired.function_policy.action.clone(),
                condition: None,
            });
        }
        StepId::Target => {
            let target = &desired.target;
            observed.target = Fact::Present(ObservedTarget {
                id: "TARGET0001".into(),
                gateway_id: "gw-0123456789".into(),
                name: target.name.clone(),
                status: "READY".into(),
                status_reasons: vec![],
                description: Some(target.description.clone()),
                lambda_arn: Some(target.lambda_arn.clone()),
                tools: target.tools.clone(),
            });
        }
        id => {
            let resource = desired.resources.get(&id).cloned();
            observed.resources.extend(resource.map(|resource| (id, Fact::Present(resource))));
        }
    }
}

/// What is observed after one step of a teardown has done its work.
pub fn remove(observed: &mut Observed, id: StepId) {
    match id {
        StepId::FoundationStack => {
            observed.foundation = Fact::Absent;
            observed.agent_images = Fact::Absent;
            observed.tools_images = Fact::Absent;
        }
        StepId::AgentImage => observed.agent_images = Fact::Present(ObservedRepository { digests: vec![] }),
        StepId::ToolsImage => observed.tools_images = Fact::Present(ObservedRepository { digests: vec![] }),
        StepId::DataStack => {
            observed.data = Fact::Absent;
            observed.conversations_table = Fact::Absent;
        }
        StepId::GatewayRole => observed.gateway_role = Fact::Absent,
        StepId::Gateway => observed.gateway = Fact::Absent,
        StepId::ApplicationStack => {
            observed.application = Fact::Absent;
            observed.function_policy = Fact::Absent;
        }
        StepId::FunctionPolicy => observed.function_policy = Fact::Absent,
        StepId::Target => observed.target = Fact::Absent,
        id => drop(observed.resources.remove(&id)),
    }
}

fn stack(desired: &crate::desired::DesiredStack, known_later: &[(&str, &str)]) -> Fact<ObservedStack> {
    let later = known_later.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    Fact::Present(ObservedStack {
        id: format!("arn:stack/{}", desired.name),
        status: "CREATE_COMPLETE".into(),
        status_reason: None,
        template: desired.template.clone(),
        parameters: desired.parameters.clone().into_iter().chain(later).collect(),
        outputs: BTreeMap::new(),
        tags: desired.tags.clone(),
    })
}

fn repository(digest: &str) -> Fact<ObservedRepository> {
    Fact::Present(ObservedRepository { digests: vec![digest.into()] })
}
